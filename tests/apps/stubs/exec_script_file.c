/* execv with a script file instead of -m, after chdir into Resources. */
#include "own_path.h"

#include <unistd.h>

int main(int argc, char *argv[]) {
    char *script = strdup(path_in_contents("Resources/main.py"));
    if (chdir(dirname(strdup(script))) != 0)
        return 1;
    const char *python = path_in_contents(PYTHON);
    char **arguments = calloc((size_t)argc + 3, sizeof *arguments);
    arguments[0] = (char *)python;
    arguments[1] = "-O";
    arguments[2] = script;
    for (int i = 1; i < argc; i++)
        arguments[2 + i] = argv[i];
    execv(python, arguments);
    return 1;
}
