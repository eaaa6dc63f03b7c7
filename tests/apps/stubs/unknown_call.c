/* Asks the system something no rehearsal can answer, and decides by it. */
#include "own_path.h"

#include <sys/sysctl.h>
#include <unistd.h>

int main(int argc, char *argv[]) {
    int translated = 0;
    size_t size = sizeof translated;
    if (sysctlbyname("sysctl.proc_translated", &translated, &size, NULL, 0) != 0)
        translated = 0;
    const char *python = path_in_contents(translated ? "MacOS/helper" : PYTHON);
    (void)argc;
    argv[0] = (char *)python;
    execv(python, argv);
    return 1;
}
