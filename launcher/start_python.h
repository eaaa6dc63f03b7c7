// start_python.h - starts Python in this process, from a libpython that was loaded with dlopen.
//
// In go the library's handle, sys.executable, the home (where lib/python3.x is) and the arguments;
// out comes the exit status, or the reason why there is none. No header of Python is needed, so one
// binary serves every version from 3.9 on.
//
// Py_SetPythonHome and Py_SetProgramName with Py_BytesMain make a complete interpreter. They are
// deprecated, but belong to the stable ABI. PyInitConfig (PEP 741, Python 3.14) is for a Python that
// has dropped them, and only for that: it starts from the isolated configuration and refuses -1,
// which would mean "as the command line and the environment say", so that (seen with 3.14.3) -X dev,
// -X utf8 and PYTHONHASHSEED do nothing unless they are set here, and arguments must be UTF-8.

#include <dlfcn.h>
#include <locale.h>
#include <stdint.h>
#include <wchar.h>

#ifndef PREFER_INITCONFIG  // the tests set it to run PyInitConfig on a Python that has both
#define PREFER_INITCONFIG 0
#endif

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

// The value of -X NAME or -X NAME=VALUE among Python's own options, NULL if it is not there.
// *environment becomes false if they tell Python to ignore its variables.
static const char *x_option(char **argv, const char *name, bool *environment)
{
    const char *value = NULL;
    size_t length = strlen(name);
    for (char **word = argv + 1; *word && (*word)[0] == '-' && (*word)[1] && strcmp(*word, "--") != 0; word++) {
        if ((*word)[1] == '-') {
            if (strcmp(*word, "--check-hash-based-pycs") == 0 && !*++word) return value;
            continue;
        }
        for (const char *letter = *word + 1; *letter; letter++) {
            if (*letter == 'c' || *letter == 'm') return value;
            if (*letter == 'E' || *letter == 'I') *environment = false;
            if (*letter != 'X' && *letter != 'W') continue;
            const char *argument = letter[1] ? letter + 1 : *++word;
            if (!argument) return value;
            if (*letter == 'X' && strncmp(argument, name, length) == 0) {
                if (argument[length] == '\0') value = argument + length;
                if (argument[length] == '=') value = argument + length + 1;
            }
            break;
        }
    }
    return value;
}

static int start_with_initconfig(void *python, const char *executable, const char *home, int argc, char **argv,
                                 const char **why)
{
    static const struct { const char *option; int64_t value; } as_python[] = {
        {"isolated", 0}, {"use_environment", 1}, {"user_site_directory", 1}, {"safe_path", 0},
        {"parse_argv", 1}, {"configure_locale", 1}, {"coerce_c_locale", 1}, {"configure_c_stdio", 1},
        {"install_signal_handlers", 1}, {"pathconfig_warnings", 1}};
    static const struct { const char *option, *variable, *x; } as_asked[] = {
        {"dev_mode", "PYTHONDEVMODE", "dev"}, {"utf8_mode", "PYTHONUTF8", "utf8"},
        {"tracemalloc", "PYTHONTRACEMALLOC", "tracemalloc"}, {"perf_profiling", "PYTHONPERFSUPPORT", "perf"},
        {"int_max_str_digits", "PYTHONINTMAXSTRDIGITS", "int_max_str_digits"}};
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
    bool ready = config != NULL, environment = true;
    for (size_t i = 0; ready && i < sizeof as_python / sizeof *as_python; i++)
        ready = set_int(config, as_python[i].option, as_python[i].value) == 0;

    const char *locale = setlocale(LC_CTYPE, "");
    if (ready && (!locale || strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0))
        ready = set_int(config, "utf8_mode", 1) == 0;  // PEP 540
    for (size_t i = 0; ready && i < sizeof as_asked / sizeof *as_asked; i++) {
        const char *value = x_option(argv, as_asked[i].x, &environment);
        if (!value && environment) value = getenv(as_asked[i].variable);
        else if (value && !*value) value = "1";
        if (value && *value) ready = set_int(config, as_asked[i].option, strtoll(value, NULL, 10)) == 0;
    }
    const char *seed = environment ? getenv("PYTHONHASHSEED") : NULL;
    if (ready && seed && *seed && strcmp(seed, "random") != 0)
        ready = set_int(config, "use_hash_seed", 1) == 0
            && set_int(config, "hash_seed", strtoll(seed, NULL, 10)) == 0;

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
    bool initconfig = dlsym(python, "PyInitConfig_Create") != NULL;
    *why = NULL;
    if (initconfig && (PREFER_INITCONFIG || !dlsym(python, "Py_SetPythonHome")))
        return start_with_initconfig(python, executable, home, argc, argv, why);
    return start_with_setters(python, executable, home, argc, argv, why);
}
