/* Older launchers: own path from argv[0], a variable-length array on the stack, memcpy of argv. */
#include "stub.h"

#include <libgen.h>
#include <unistd.h>

int main(int argc, char *argv[]) {
    char python[PATH_MAX];
    char *arguments[4 + argc];
    char *contents = realpath(argv[0], NULL);

    contents = dirname(dirname(contents));
    snprintf(python, sizeof python, "%s/%s", contents, PYTHON);
    arguments[0] = python;
    arguments[1] = "-s";
    arguments[2] = "-m";
    arguments[3] = MODULE;
    memcpy(arguments + 4, argv + 1, (size_t)argc * sizeof argv[0]);
    return execv(arguments[0], arguments);
}
