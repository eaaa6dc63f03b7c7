/* Builds every path with strlcpy, strlcat, strcat, asprintf and malloc. */
#include "own_path.h"

#include <unistd.h>

int main(int argc, char *argv[]) {
    const char *found = path_in_contents("Frameworks");
    char *framework = malloc(strlen(found) + 64);
    strcpy(framework, found);
    strcat(framework, "/Python.framework");
    char python[PATH_MAX];
    strlcpy(python, framework, sizeof python);
    strlcat(python, "/Versions/Current/bin/python", sizeof python);
    free(framework);
    char *option = NULL;
    if (asprintf(&option, "pycache_prefix=/tmp/%s-%d", "pycache", argc > 0) < 0)
        return 1;
    char **arguments = calloc((size_t)argc + 5, sizeof *arguments);
    char **next = arguments;
    *next++ = strdup(python);
    *next++ = "-X";
    *next++ = option;
    *next++ = "-m";
    *next++ = MODULE;
    for (int i = 1; i < argc; i++)
        *next++ = argv[i];
    execv(python, arguments);
    return 1;
}
