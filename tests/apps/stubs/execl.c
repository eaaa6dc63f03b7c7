/* execl: the arguments written out in the call (the user's are dropped). */
#include "own_path.h"

#include <unistd.h>

int main(int argc, char *argv[]) {
    const char *python = path_in_contents(PYTHON);
    (void)argc;
    (void)argv;
    execl(python, python, "-s", "-m", MODULE, (char *)NULL);
    return 1;
}
