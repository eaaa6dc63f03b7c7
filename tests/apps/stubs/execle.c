/* execle: the arguments and then a whole new environment in the call. */
#include "own_path.h"

#include <unistd.h>

int main(int argc, char *argv[]) {
    const char *python = path_in_contents(PYTHON);
    char *environment[] = {"LANG=en_US.UTF-8", "PYTHONNOUSERSITE=1", NULL};
    (void)argc;
    (void)argv;
    execle(python, python, "-m", MODULE, "--quiet", (char *)NULL, environment);
    return 1;
}
