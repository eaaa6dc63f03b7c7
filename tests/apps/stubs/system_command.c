/* system: a command line for the shell, the user's arguments dropped. */
#include "own_path.h"

int main(int argc, char *argv[]) {
    char command[PATH_MAX + 64];
    (void)argc;
    (void)argv;
    snprintf(command, sizeof command, "\"%s\" -s -m %s", path_in_contents(PYTHON), MODULE);
    return system(command);
}
