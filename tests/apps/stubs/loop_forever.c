/* Never ends. */
#include "own_path.h"

int main(int argc, char *argv[]) {
    (void)argc;
    (void)argv;
    volatile unsigned counter = 0;
    for (;;)
        counter++;
    return (int)(intptr_t)path_in_contents(PYTHON);
}
