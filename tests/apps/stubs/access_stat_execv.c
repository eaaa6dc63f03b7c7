/* Looks for the interpreter with access and stat before it execs the first one found. */
#include "own_path.h"

#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char *argv[]) {
    const char *candidates[] = {"Resources/venv/bin/python3", PYTHON, NULL};
    for (int i = 0; candidates[i] != NULL; i++) {
        const char *python = path_in_contents(candidates[i]);
        struct stat status;
        if (access(python, X_OK) != 0 || stat(python, &status) != 0 || status.st_size == 0)
            continue;
        char **arguments = calloc((size_t)argc + 3, sizeof *arguments);
        arguments[0] = (char *)python;
        arguments[1] = "-m";
        arguments[2] = MODULE;
        memcpy(arguments + 3, argv + 1, (size_t)(argc - 1) * sizeof *argv);
        execv(python, arguments);
    }
    fprintf(stderr, "no interpreter\n");
    return 1;
}
