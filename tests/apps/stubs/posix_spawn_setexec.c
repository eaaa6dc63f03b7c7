/* posix_spawn with POSIX_SPAWN_SETEXEC: Apple's way to exec. */
#include "own_path.h"

#include <spawn.h>

int main(int argc, char *argv[]) {
    const char *python = path_in_contents(PYTHON);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETEXEC);
    char **arguments = calloc((size_t)argc + 3, sizeof *arguments);
    arguments[0] = (char *)python;
    arguments[1] = "-m";
    arguments[2] = MODULE;
    for (int i = 1; i < argc; i++)
        arguments[2 + i] = argv[i];
    posix_spawn(NULL, python, NULL, &attributes, arguments, environ);
    return 1;
}
