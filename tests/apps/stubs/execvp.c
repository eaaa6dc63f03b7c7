/* execvp of a bare name after PATH was changed to point into the bundle. */
#include "own_path.h"

#include <unistd.h>

int main(int argc, char *argv[]) {
    char *bin = strdup(path_in_contents("Frameworks/Python.framework/Versions/3.13/bin"));
    char *search = NULL;
    asprintf(&search, "%s:/usr/bin:/bin", bin);
    setenv("PATH", search, 1);
    free(search);
    char *arguments[argc + 3];
    arguments[0] = "python3.13";
    arguments[1] = "-m";
    arguments[2] = MODULE;
    for (int i = 1; i <= argc; i++)
        arguments[2 + i] = argv[i];
    execvp("python3.13", arguments);
    return 1;
}
