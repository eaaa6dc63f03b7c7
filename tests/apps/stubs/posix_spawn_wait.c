/* posix_spawn of a child, then waitpid: the app is the child. */
#include "own_path.h"

#include <spawn.h>
#include <sys/wait.h>

int main(int argc, char *argv[]) {
    const char *python = path_in_contents(PYTHON);
    char **arguments = calloc((size_t)argc + 3, sizeof *arguments);
    arguments[0] = (char *)python;
    arguments[1] = "-m";
    arguments[2] = MODULE;
    for (int i = 1; i < argc; i++)
        arguments[2 + i] = argv[i];
    pid_t child;
    if (posix_spawn(&child, python, NULL, NULL, arguments, environ) != 0)
        return 1;
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
