/* Plover to 5.2.2: own path from dyld, then execv of the framework's interpreter with -s -m. */
#include "stub.h"

#include <libgen.h>
#include <unistd.h>

int main(int argc, char *argv[]) {
    char own_path[PATH_MAX];
    uint32_t size = sizeof own_path;
    if (_NSGetExecutablePath(own_path, &size) != 0) {
        fprintf(stderr, "the path of this program is too long\n");
        return 1;
    }
    char *resolved = realpath(own_path, NULL);
    if (resolved == NULL) {
        perror("realpath");
        return 1;
    }
    char contents[PATH_MAX];
    snprintf(contents, sizeof contents, "%s", dirname(resolved));
    snprintf(contents, sizeof contents, "%s", dirname(contents));

    char python[PATH_MAX];
    snprintf(python, sizeof python, "%s/%s", contents, PYTHON);

    char **arguments = calloc((size_t)argc + 4, sizeof *arguments);
    arguments[0] = python;
    arguments[1] = "-s";
    arguments[2] = "-m";
    arguments[3] = MODULE;
    for (int i = 1; i < argc; i++)
        arguments[3 + i] = argv[i];
    execv(python, arguments);
    perror("execv");
    return 1;
}
