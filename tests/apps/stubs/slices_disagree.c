/* Does one thing on arm64 and another on x86_64. */
#include "own_path.h"

#include <unistd.h>

int main(int argc, char *argv[]) {
    char *arguments[argc + 3];
    const char *python = path_in_contents(PYTHON);
    arguments[0] = (char *)python;
    arguments[1] = "-m";
#if defined(__arm64__)
    arguments[2] = MODULE;
#else
    arguments[2] = MODULE "_for_intel";
#endif
    for (int i = 1; i <= argc; i++)
        arguments[2 + i] = argv[i];
    execv(python, arguments);
    return 1;
}
