/* Calls itself until the stack is gone. */
#include "own_path.h"

int main(int argc, char *argv[]) {
    volatile char room[256];
    room[0] = (char)argc;
    return main(argc + 1, argv) + room[0] + (argc < 0 ? *path_in_contents(PYTHON) : 0);
}
