/* Sound: linked against libpython, as Nuitka's and briefcase's programs are; calls Py_BytesMain. */
#include "stub.h"

extern int Py_BytesMain(int argc, char **argv);

int main(int argc, char *argv[]) {
    char **arguments = calloc((size_t)argc + 3, sizeof *arguments);
    arguments[0] = argv[0];
    arguments[1] = "-m";
    arguments[2] = MODULE;
    for (int i = 1; i < argc; i++)
        arguments[2 + i] = argv[i];
    return Py_BytesMain(argc + 2, arguments);
}
