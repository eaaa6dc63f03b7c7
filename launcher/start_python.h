// start_python.h - starts Python in this process, from a libpython that was loaded with dlopen.
//
// In go the library's handle, sys.executable, the home (where lib/python3.x is) and the arguments;
// out comes the exit status, or the reason why there is none. No header of Python is needed, so one binary serves every version.
//
// Py_SetPythonHome and Py_SetProgramName with Py_BytesMain make a complete interpreter: options,
// PYTHON* variables, bytes that are no UTF-8 in the arguments. They are deprecated, but part of the
// stable ABI, and do the right thing on 3.9 to 3.14. PyInitConfig (PEP 741, Python 3.14) is for the
// versions that have dropped them. It starts from the isolated configuration and refuses -1, which
// would mean "as the command line and the environment say"; the table below gives back what can be.

#include <dlfcn.h>
#include <locale.h>
#include <stdint.h>
#include <wchar.h>

static int start_with_setters(void *python, const char *executable, const char *home, int argc, char **argv,
                              const char **why)
{
    wchar_t *(*decode)(const char *, size_t *) = dlsym(python, "Py_DecodeLocale");
    void (*set_home)(const wchar_t *) = dlsym(python, "Py_SetPythonHome");
    void (*set_program)(const wchar_t *) = dlsym(python, "Py_SetProgramName");
    int (*run)(int, char **) = dlsym(python, "Py_BytesMain");
    if (!decode || !set_home || !set_program || !run) {
        *why = "it is no Python 3.9 or later";
        return 0;
    }
    setlocale(LC_CTYPE, "");  // what Py_DecodeLocale decodes with; Python does the same at its start
    set_home(decode(home, NULL));
    set_program(decode(executable, NULL));
    return run(argc, argv);
}

static int start_with_initconfig(void *python, const char *executable, const char *home, int argc, char **argv,
                                 const char **why)
{
    static const struct { const char *option; int64_t value; } as_python[] = {
        {"isolated", 0}, {"use_environment", 1}, {"user_site_directory", 1}, {"safe_path", 0},
        {"parse_argv", 1}, {"configure_locale", 1}, {"coerce_c_locale", 1}, {"configure_c_stdio", 1},
        {"install_signal_handlers", 1}, {"pathconfig_warnings", 1}};
    void *(*create)(void) = dlsym(python, "PyInitConfig_Create");
    int (*set_int)(void *, const char *, int64_t) = dlsym(python, "PyInitConfig_SetInt");
    int (*set_text)(void *, const char *, const char *) = dlsym(python, "PyInitConfig_SetStr");
    int (*set_list)(void *, const char *, size_t, char *const *) = dlsym(python, "PyInitConfig_SetStrList");
    int (*initialize)(void *) = dlsym(python, "Py_InitializeFromInitConfig");
    int (*exit_code)(void *, int *) = dlsym(python, "PyInitConfig_GetExitCode");
    int (*error)(void *, const char **) = dlsym(python, "PyInitConfig_GetError");
    int (*run)(void) = dlsym(python, "Py_RunMain");
    if (!create || !set_int || !set_text || !set_list || !initialize || !exit_code || !error || !run) {
        *why = "its PyInitConfig is not complete";
        return 0;
    }
    void *config = create();
    bool ready = config != NULL;
    for (size_t i = 0; ready && i < sizeof as_python / sizeof *as_python; i++)
        ready = set_int(config, as_python[i].option, as_python[i].value) == 0;
    ready = ready && set_list(config, "argv", (size_t)argc, argv) == 0 && set_text(config, "home", home) == 0
        && set_text(config, "executable", executable) == 0 && initialize(config) == 0;
    if (ready) return run();
    int status = 0;
    if (config && exit_code(config, &status)) return status;  // --version, --help, an unknown option
    if (!config || !error(config, why)) *why = "there is no memory left";
    return 0;
}

// The program's exit status; if Python could not be started, *why says why.
static int start_python(void *python, const char *executable, const char *home, int argc, char **argv,
                        const char **why)
{
    *why = NULL;
    if (!dlsym(python, "Py_SetPythonHome") && dlsym(python, "PyInitConfig_Create"))
        return start_with_initconfig(python, executable, home, argc, argv, why);
    return start_with_setters(python, executable, home, argc, argv, why);
}
