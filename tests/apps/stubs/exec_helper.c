/* execv of a program in the bundle that is not Python. */
#include "own_path.h"

#include <unistd.h>

int main(int argc, char *argv[]) {
    (void)argc;
    argv[0] = (char *)path_in_contents("MacOS/helper");
    execv(argv[0], argv);
    return 1;
}
