/* Stand-in for libpython on macOS, for machines without one.
 *
 * It exports what a launcher looks up by name and does nothing but print: no Python code runs. A
 * test that needs Python itself uses the real one of real_runtime.py, or Linux's.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

const unsigned long Py_Version = PY_VERSION_NUMBER;

const char *Py_GetVersion(void) { return PY_VERSION_TEXT " (stand-in)"; }

void Py_SetProgramName(const wchar_t *name) { (void)name; }

void Py_SetPythonHome(const wchar_t *home) { (void)home; }

wchar_t *Py_DecodeLocale(const char *text, size_t *length) {
    size_t count = strlen(text);
    wchar_t *wide = malloc((count + 1) * sizeof *wide);
    for (size_t i = 0; i <= count; i++)
        wide[i] = (unsigned char)text[i];
    if (length != NULL)
        *length = count;
    return wide;
}

void PyMem_RawFree(void *memory) { free(memory); }

int Py_BytesMain(int argc, char **argv) {
    puts("stand-in libpython");
    for (int i = 0; i < argc; i++)
        puts(argv[i]);
    return 0;
}

int Py_RunMain(void) { return 0; }

int Py_IsInitialized(void) { return 0; }

void *PyModule_Create2(void *definition, int version) {
    (void)version;
    return definition;
}

#if PY_VERSION_NUMBER >= 0x030e0000 /* PEP 741 */
typedef struct PyInitConfig {
    int unused;
} PyInitConfig;

PyInitConfig *PyInitConfig_Create(void) { return calloc(1, sizeof(PyInitConfig)); }

void PyInitConfig_Free(PyInitConfig *config) { free(config); }

int PyInitConfig_SetInt(PyInitConfig *config, const char *name, long long value) {
    (void)config, (void)name, (void)value;
    return 0;
}

int PyInitConfig_SetStr(PyInitConfig *config, const char *name, const char *value) {
    (void)config, (void)name, (void)value;
    return 0;
}

int PyInitConfig_SetStrList(
    PyInitConfig *config, const char *name, size_t length, char *const *items) {
    (void)config, (void)name, (void)length, (void)items;
    return 0;
}

int PyInitConfig_GetError(PyInitConfig *config, const char **message) {
    (void)config;
    *message = NULL;
    return 0;
}

int PyInitConfig_GetExitCode(PyInitConfig *config, int *code) {
    (void)config, (void)code;
    return 0;
}

int Py_InitializeFromInitConfig(PyInitConfig *config) {
    (void)config;
    return 0;
}
#endif
