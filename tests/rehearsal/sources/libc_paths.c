/* The same on a Mac as here: paths. */
#include "libc.h"
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
