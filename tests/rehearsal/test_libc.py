"""The C library's models, against the C library of this machine: one source, both ways."""

import subprocess
import sys
from pathlib import Path

import pytest
from apps.cache import cached_folder, digest
from apps.compile import Options

from rehearsal.guests import agreed, rehearse_source

HEAD = """
#include <ctype.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <wchar.h>
#define SHOW(format, ...) printf("%s = " format "\\n", #__VA_ARGS__, __VA_ARGS__)
static const char *at(const char *all, const char *found) { return found ? found : "(none)"; }
"""

PARTS = {
    "strings": r"""
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
""",
    "printf": r"""
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
""",
    "paths": r"""
static void both(const char *path) {
    char one[64], two[64]; strcpy(one, path); strcpy(two, path);
    printf("%s: %s | %s\n", path, dirname(one), basename(two));
}
int main(void) {
    char b[PATH_MAX];
    both("/usr/lib"); both("/usr/"); both("usr"); both("/"); both("."); both("a/b/"); both("a//b");
    SHOW("%s", realpath("/", b)); SHOW("%d", realpath("/no/such/thing", b) == NULL); SHOW("%d", errno == ENOENT);
    SHOW("%s", realpath("/usr/../usr/./bin/", b)); SHOW("%s", realpath("/usr/bin/../lib/..", NULL));
    SHOW("%d", chdir("/usr/bin")); SHOW("%s", getcwd(b, sizeof b)); SHOW("%s", realpath("..", b));
    SHOW("%d", access("/usr/bin/env", X_OK)); SHOW("%d", access("/usr/bin/no-such-program", F_OK)); SHOW("%s", strerror(errno));
    SHOW("%d", chdir("/usr/bin/env")); SHOW("%s", strerror(errno)); SHOW("%d", getcwd(b, 3) == NULL); SHOW("%d", errno == ERANGE);
    SHOW("%d", chdir("")); SHOW("%d", readlink("/usr/bin", b, sizeof b) < 0); SHOW("%d", errno == EINVAL);
    return 0;
}
""",
    "memory": r"""
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
    unsetenv("NEW"); SHOW("%d", getenv("NEW") == NULL); static char put[] = "PUT=it"; putenv(put); SHOW("%s", getenv("PUT"));
    put[4] = 'I'; SHOW("%s", getenv("PUT")); SHOW("%d", setenv("A=B", "x", 1)); SHOW("%d", errno == EINVAL);
    char **all = malloc(3 * sizeof *all); all[0] = "X=1"; all[1] = NULL; extern char **environ; environ = all; SHOW("%s", getenv("X"));
    SHOW("%d", getenv("PATH") == NULL); setenv("Y", "2", 1); SHOW("%s", getenv("Y")); SHOW("%s", environ[1]);
    return 0;
}
""",
    "streams": r"""
int main(void) {
    char line[64]; FILE *f = fopen("/tmp/plover-tray-test-no-such-folder/x", "w"); SHOW("%d", f == NULL); SHOW("%s", strerror(errno));
    f = tmp_open(); fputs("one\ntwo\nlast without an end", f); SHOW("%ld", ftell(f)); rewind(f);
    while (fgets(line, sizeof line, f)) SHOW("%s", line);
    SHOW("%d", !!feof(f)); SHOW("%d", fseek(f, 4, SEEK_SET)); SHOW("%c", fgetc(f)); SHOW("%s", fgets(line, 3, f)); SHOW("%d", fseek(f, -3, SEEK_END));
    SHOW("%d", (int)fread(line, 1, 10, f)); SHOW("%.3s", line); SHOW("%d", fgetc(f)); SHOW("%d", fclose(f));
    SHOW("%d", (int)write(77, "x", 1)); SHOW("%s", strerror(errno)); int ends[2]; SHOW("%d", pipe(ends)); SHOW("%d", (int)write(ends[1], "pipe", 4));
    SHOW("%d", (int)read(ends[0], line, 10)); SHOW("%.4s", line); SHOW("%d", close(ends[0])); SHOW("%d", close(ends[0]));
    return 0;
}
""",
}
PARTS["streams"] = (
    'static FILE *tmp_open(void) { char name[] = "/tmp/plover-tray-XXXXXX"; int d = mkstemp(name);'
    'close(d); FILE *f = fopen(name, "w+"); unlink(name); return f; }\n' + PARTS["streams"]
)


def on_this_machine(source: str) -> str:
    """What the program prints when it really runs here."""

    def build(folder: Path) -> None:
        (folder / "guest.c").write_text(source)
        command = [sys.executable, "-m", "ziglang", "cc", "-O1", "-w", "-D_GNU_SOURCE"]
        subprocess.run(
            [*command, folder / "guest.c", "-o", folder / "guest"], check=True, capture_output=True
        )

    program = cached_folder(f"host-programs/{digest(source, '1')}", build) / "guest"
    done = subprocess.run([program], capture_output=True, check=True, cwd="/")
    return done.stdout.decode()


@pytest.mark.parametrize("part", sorted(PARTS))
@pytest.mark.parametrize("fortify", [False, True], ids=["optimised", "fortified"])
def test_a_guest_prints_what_the_same_source_prints_here(
    part: str, fortify: bool, tmp_path: Path
) -> None:
    source = HEAD + PARTS[part]
    rehearsed = agreed(rehearse_source(tmp_path, source, options=Options(fortify=fortify)))
    assert (rehearsed.outcome, rehearsed.message) == ("exit", "It exits with status 0.")
    assert rehearsed.output.splitlines() == on_this_machine(source).splitlines()
