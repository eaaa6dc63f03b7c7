/* fork, exec in the child, waitpid in the parent. */
#include "own_path.h"

#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char *argv[]) {
    const char *python = path_in_contents(PYTHON);
    pid_t child = fork();
    if (child < 0)
        return 1;
    if (child == 0) {
        char **arguments = calloc((size_t)argc + 3, sizeof *arguments);
        arguments[0] = (char *)python;
        arguments[1] = "-m";
        arguments[2] = MODULE;
        for (int i = 1; i < argc; i++)
            arguments[2 + i] = argv[i];
        execv(python, arguments);
        _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
