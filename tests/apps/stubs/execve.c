/* execve with a changed copy of the environment. */
#include "own_path.h"

#include <unistd.h>

int main(int argc, char *argv[]) {
    const char *python = path_in_contents(PYTHON);
    unsetenv("PYTHONHOME");
    setenv("PYTHONUTF8", "1", 1);
    if (getenv("DYLD_LIBRARY_PATH") != NULL)
        unsetenv("DYLD_LIBRARY_PATH");
    char **arguments = calloc((size_t)argc + 3, sizeof *arguments);
    arguments[0] = strdup(python);
    arguments[1] = "-m";
    arguments[2] = MODULE;
    for (int i = 1; i < argc; i++)
        arguments[2 + i] = argv[i];
    execve(python, arguments, environ);
    return 1;
}
