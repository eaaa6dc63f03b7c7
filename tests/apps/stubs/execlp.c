/* execlp of a full path. */
#include "own_path.h"

#include <unistd.h>

int main(int argc, char *argv[]) {
    const char *python = path_in_contents(PYTHON);
    (void)argc;
    execlp(python, argv[0], "-E", "-s", "-m", MODULE, (char *)NULL);
    return 1;
}
