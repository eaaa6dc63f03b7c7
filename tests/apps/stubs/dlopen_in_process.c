/* Sound: dlopen of libpython and Py_BytesMain in this very process. */
#include "own_path.h"

#include <dlfcn.h>

int main(int argc, char *argv[]) {
    void *runtime = dlopen(path_in_contents(LIBRARY), RTLD_NOW | RTLD_GLOBAL);
    if (runtime == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    int (*start)(int, char **) = (int (*)(int, char **))dlsym(runtime, "Py_BytesMain");
    if (start == NULL)
        return 1;
    char **arguments = calloc((size_t)argc + 3, sizeof *arguments);
    arguments[0] = argv[0];
    arguments[1] = "-m";
    arguments[2] = MODULE;
    for (int i = 1; i < argc; i++)
        arguments[2 + i] = argv[i];
    return start(argc + 2, arguments);
}
