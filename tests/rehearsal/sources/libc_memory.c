/* The same on a Mac as here: memory. */
#include "libc.h"
static int by_number(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
static char *grown(char *old, size_t *room) { *room *= 2; return realloc(old, *room); }
int main(void) {
    size_t room = 4; char *text = calloc(room, 1); SHOW("%d", text[3]);
    for (int i = 0; i < 100; i++) { if ((size_t)i + 1 >= room) text = grown(text, &room); text[i] = (char)('a' + i % 26); text[i + 1] = 0; }
    SHOW("%s", text); free(text); free(NULL);
    int numbers[] = {5, -1, 9, 3, 3, 0, 8, -7}; qsort(numbers, 8, sizeof *numbers, by_number);
    for (int i = 0; i < 8; i++) printf("%d ", numbers[i]);
    printf("\n");
    setenv("NEW", "1", 1); setenv("NEW", "2", 0); SHOW("%s", getenv("NEW")); setenv("NEW", "", 1); SHOW("[%s]", getenv("NEW"));
    setenv("NEWER", "x", 1); unsetenv("NEW"); SHOW("%s", getenv("NEWER")); SHOW("%d", getenv("NEW") == NULL); static char put[] = "PUT=it"; putenv(put); SHOW("%s", getenv("PUT"));
    put[4] = 'I'; SHOW("%s", getenv("PUT")); SHOW("%d", setenv("A=B", "x", 1)); SHOW("%d", errno == EINVAL);
    char **all = malloc(3 * sizeof *all); all[0] = "X=1"; all[1] = NULL; extern char **environ; environ = all; SHOW("%s", getenv("X"));
    SHOW("%d", getenv("PATH") == NULL); setenv("Y", "2", 1); SHOW("%s", getenv("Y")); SHOW("%s", environ[1]);
    return 0;
}
