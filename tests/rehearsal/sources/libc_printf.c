/* The same on a Mac as here: printf. */
#include "libc.h"
static char *made(const char *format, ...) {
    char *text; va_list list; va_start(list, format);
    if (vasprintf(&text, format, list) < 0) return NULL;
    va_end(list); return text;
}
static int into(char *to, size_t room, const char *format, ...) {
    va_list list; va_start(list, format); int n = vsnprintf(to, room, format, list); va_end(list); return n;
}
int main(void) {
    char b[32]; long big = 1234567890123L;
    printf("%d|%5d|%-5d|%05d|%+d|% d|%.3d\n", 42, 42, 42, 42, 42, 42, 42);
    printf("%i %u %x %X %o %#x %#o %c %%\n", -7, 7u, 255, 255, 8, 255, 8, 'z');
    printf("%ld %lld %zu %hd %hhd %jd %td\n", big, (long long)big, (size_t)9, (short)70000, (char)300, (intmax_t)-1, (ptrdiff_t)-2);
    printf("%s|%10s|%-10s|%.2s|%*s|%-*s|%.*s\n", "abc", "abc", "abc", "abc", 6, "abc", 6, "abc", 1, "abc");
    printf("%f %.2f %8.3f %e %g %g\n", 1.5, 2.345, -3.14159, 12345.678, 0.0001, 1e20);
    printf("%d %s %f %d %s %f %d %s %f %d %s %f\n", 1, "b", 3.0, 4, "e", 6.0, 7, "h", 9.0, 10, "k", 12.0);
    printf("%lx %lX %llx\n", 0xdeadbeefL, 0xcafeL, 0x123456789abcdefLL);
    SHOW("%d", snprintf(b, sizeof b, "%s-%d", "long enough to be cut off somewhere", 5)); SHOW("%s", b);
    SHOW("%d", snprintf(NULL, 0, "%d", 12345)); SHOW("%d", sprintf(b, "%03d", 7)); SHOW("%s", b);
    SHOW("%s", made("%s/%d/%.1f/%s/%d/%d/%d/%s", "a", 1, 2.5, "b", 3, 4, 5, "end"));
    SHOW("%d", into(b, 8, "%d and %s", 12, "more")); SHOW("%s", b);
    SHOW("%s", (char *)(asprintf(&(char *){0}, "x"), "after"));
    fprintf(stdout, "%s\n", "to a stream"); fputs("fputs\n", stdout); puts("puts"); putchar('c'); putchar('\n');
    fwrite("fwrite\n", 1, 7, stdout); fflush(stdout);
    return 0;
}
