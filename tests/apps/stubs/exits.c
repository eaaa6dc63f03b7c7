/* Prints a word and exits with 3: neither exec nor Python. */
#include "own_path.h"

int main(int argc, char *argv[]) {
    (void)argc;
    (void)argv;
    fprintf(stderr, "not for this machine: %s\n", path_in_contents(PYTHON));
    exit(3);
}
