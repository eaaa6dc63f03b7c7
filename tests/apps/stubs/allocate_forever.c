/* Takes memory without end. */
#include "own_path.h"

int main(int argc, char *argv[]) {
    (void)argc;
    (void)argv;
    for (;;) {
        char *volatile block = malloc((size_t)1 << 30);
        if (block != NULL)
            block[0] = *path_in_contents(PYTHON);
    }
}
