/* The same on a Mac as here: streams. */
#include "libc.h"

static FILE *tmp_open(void) { char name[] = "/tmp/plover-tray-XXXXXX"; int d = mkstemp(name);close(d); FILE *f = fopen(name, "w+"); unlink(name); return f; }

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
