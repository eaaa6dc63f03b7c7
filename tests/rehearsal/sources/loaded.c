/* What dyld has to have done: fixups, initializers in order, a thread's variables. */
#include <stdio.h>
#include <string.h>
#include <mach-o/dyld.h>
#include <dlfcn.h>
extern char **environ;
static const char *table[] = {"zero", "one", "two"};
static const char *const *indirect = table + 1;
static int order[4], count;
static int (*volatile printer)(const char *, ...) = printf;
__thread int mine = 5; __thread char big[64]; __thread int zero;
__attribute__((constructor(101))) static void first(int n, char **v) { order[count++] = n + (v[1][0] == 'f'); }
__attribute__((constructor(102))) static void second(void) { order[count++] = 20; }
int main(int argc, char *argv[], char **envp, char **apple) {
    mine += argc; big[3] = 'b'; zero++;
    printer("%s %s %d %d %d ", table[2], *indirect, order[0], order[1], count);
    printer("%d %d %c %d ", mine, zero, big[3], envp == environ);
    Dl_info i; dladdr((void *)main, &i);
    printer("%s %d", strrchr(apple[0], '/') + 1, i.dli_fbase == (void *)_dyld_get_image_header(0));
    return 0;
}
