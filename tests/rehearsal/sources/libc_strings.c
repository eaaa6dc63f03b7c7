/* The same on a Mac as here: strings. */
#include "libc.h"
int main(void) {
    char a[64] = "one/two/three", b[64]; const char *path = "/a/b//c.txt";
    SHOW("%d", (int)strlen(a)); SHOW("%d", (int)strnlen(a, 5));
    SHOW("%s", strcpy(b, a)); SHOW("%s", strcat(b, "/four")); SHOW("%s", strncat(b, "/fivesix", 5));
    memset(b, 'x', sizeof b); b[63] = 0; strncpy(b, "ab", 4); SHOW("%d%d%c", b[2], b[3], b[4]);
    SHOW("%s", at(path, strchr(path, '/'))); SHOW("%s", at(path, strrchr(path, '/')));
    SHOW("%s", at(path, strchr(path, 'z'))); SHOW("%d", strchr(path, 0) == path + strlen(path));
    SHOW("%s", at(path, strstr(path, "//"))); SHOW("%s", at(path, strpbrk(path, ".b")));
    SHOW("%d", (int)strspn(path, "/ab")); SHOW("%d", (int)strcspn(path, "."));
    SHOW("%d", strcmp("a", "b") < 0); SHOW("%d", strncmp("abc", "abd", 2)); SHOW("%d", strcasecmp("ABC", "abc"));
    SHOW("%d", strncasecmp("ABx", "aby", 2)); SHOW("%d", memcmp("ab\0c", "ab\0d", 4) < 0);
    SHOW("%s", (char *)memchr("hello", 'l', 5)); SHOW("%d", memchr("hello", 'z', 5) == NULL);
    char *rest, words[] = "  eat the\tfood "; for (char *w = strtok_r(words, " \t", &rest); w; w = strtok_r(NULL, " \t", &rest)) SHOW("%s", w);
    char list[] = "a::b:"; char *place = list; for (char *w; (w = strsep(&place, ":")) != NULL; ) SHOW("[%s]", w);
    SHOW("%s", strdup("copy")); SHOW("%s", strndup("copying", 4));
    char *end; SHOW("%ld", strtol(" -42x", &end, 10)); SHOW("%s", end); SHOW("%ld", strtol("0x1fz", &end, 0)); SHOW("%s", end);
    SHOW("%lu", strtoul("0777", NULL, 0)); SHOW("%d", atoi("  12abc")); SHOW("%ld", strtol("none", &end, 10)); SHOW("%s", end);
    SHOW("%lld", strtoll("zz", NULL, 36));
    for (int c = 0; c < 128; c += 7) SHOW("%d%d%d%d%d", !!isalpha(c), !!isdigit(c), !!isspace(c), !!isupper(c), !!ispunct(c));
    SHOW("%c%c", toupper('q'), tolower('Q'));
    char over[] = "abcdefgh"; memmove(over + 2, over, 4); SHOW("%s", over);
    wchar_t wide[16]; SHOW("%d", (int)mbstowcs(wide, "wide", 16)); SHOW("%d", (int)wcslen(wide)); SHOW("%ls", wide);
    char narrow[16]; SHOW("%d", (int)wcstombs(narrow, L"narrow", 16)); SHOW("%s", narrow);
    return 0;
}
