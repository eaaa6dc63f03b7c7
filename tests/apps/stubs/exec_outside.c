/* execv of the system's env, which finds some python3 outside the bundle. */
#include "own_path.h"

#include <unistd.h>

int main(int argc, char *argv[]) {
    char *script = (char *)path_in_contents("Resources/main.py");
    char *arguments[argc + 3];
    arguments[0] = "/usr/bin/env";
    arguments[1] = "python3";
    arguments[2] = script;
    for (int i = 1; i <= argc; i++)
        arguments[2 + i] = argv[i];
    execv(arguments[0], arguments);
    return 1;
}
