// launcher.m - the main executable of an app that is written in Python, and its sys.executable.
//
// Since macOS 26 an icon gets its place in the menu bar only if the process that makes it is the
// bundle's own executable. A launcher that execs an interpreter is replaced by it, and its icon is
// parked off screen. So this program stays the process for the app's whole life: it makes the
// NSApplication, loads the bundle's libpython and runs the app's Python in here. It never execs.
//
// It plays two roles, told apart by the name of its own file (Info.plist > PloverTray > Interpreter):
// - app (Contents/MacOS/<CFBundleExecutable>): Python runs the boot module with the app's entry point
//   and the user's arguments. Python's option parsing ends at the boot module, so it never touches them.
// - interpreter (Contents/MacOS/python3.x): a complete, plain Python for the app's children (pip,
//   multiprocessing, subprocess, venv). No NSApplication, no dialog, no AppKit.
//
// Whatever keeps Python from starting is said in one line, on stderr, in the log and (app role, unless
// PLOVER_TRAY_HEADLESS is set) in a dialog; the exit status is then 70.
//
// One source for three compilers: Apple's, zig without Apple's SDK (build.py), and GNUstep on Linux,
// where the tests run it for real. It reads from the top: settings.h, appkit.h, failure.h,
// placeholders.h, start_python.h, and here what the two roles make of them.

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#include "settings.h"
#include "failure.h"
#include "placeholders.h"
#include "start_python.h"

#ifdef __APPLE__
#include <mach-o/dyld.h>
#else
#include <sys/auxv.h>
#endif

static char *contents;  // the bundle's Contents folder

static char *in_contents(const char *path)
{
    return path[0] == '/' ? join(path, "", "") : join(contents, "/", path);
}

// This program's path as it was started: absolute, but links are not followed (an environment made by
// venv is recognized by the folder of the link to its interpreter).
static char *own_path(const char *argv0)
{
    char folder[PATH_MAX];
#ifdef __APPLE__
    uint32_t size = 0;
    _NSGetExecutablePath(NULL, &size);
    char *path = malloc(size);
    if (!path || _NSGetExecutablePath(path, &size) != 0) fail("its own path is not known%s%s", "", "");
    (void)argv0;
#else
    // What was executed, unless that was a script with this program in its first line.
    const char *said[] = {(const char *)getauxval(AT_EXECFN), argv0};
    char *real = realpath("/proc/self/exe", NULL), *path = real;
    for (size_t i = 0; real && path == real && i < 2; i++) {
        char *meant = said[i] && strchr(said[i], '/') ? realpath(said[i], NULL) : NULL;
        if (meant && strcmp(meant, real) == 0) path = join(said[i], "", "");
    }
    if (!path) fail("its own path is not known%s%s", "", "");
#endif
    if (path[0] == '/' || !getcwd(folder, sizeof folder)) return path;
    return join(folder, "/", path);
}

static const char *required(const char *key)
{
    const char *value = setting(key);
    if (!value || !*value) fail("%s/Info.plist has no PloverTray > %s", contents, key);
    return value;
}

// The path that a setting names; it must be there.
static char *existing(const char *key)
{
    char *path = in_contents(required(key));
    if (access(path, R_OK) != 0) fail("%s cannot be read (%s)", path, strerror(errno));
    return path;
}

static void read_settings(void)
{
    size_t size = 0;
    char *path = in_contents("Info.plist"), *plist = read_file(path, &size);
    if (!plist) fail("%s cannot be read (%s); this program works inside its app only", path, strerror(errno));
    if (size >= 6 && memcmp(plist, "bplist", 6) == 0) plist = property_list_as_xml(path);
    bool whole = plist && read_xml(plist);
    if (!whole) {  // rarer forms of XML, other encodings: Foundation knows them all
        reset_settings();
        whole = (plist = property_list_as_xml(path)) && read_xml(plist);
    }
    if (app_name && *app_name) failing_app = app_name;
    if (!whole) fail("%s is broken%s", path, "");
    if (!setting("Schema")) fail("%s has no dictionary PloverTray%s", path, "");
    if (strcmp(setting("Schema"), "1") != 0) fail("%s was made for another version of this launcher%s", path, "");
}

// Where lib/python3.x is. What Python would say without its library reaches neither log nor dialog.
static char *python_home(void)
{
    char *home = existing("Home");
    const char *version = required("Version");
    if (strchr(home, ':')) fail("Python does not start from a folder with a colon in its name (the Finder shows it as a slash): %s. Move the app%s", home, "");
    char *library = join(home, "/lib/python", version), *archive = join(library, ".zip", "");
    char *dot = strchr(archive + strlen(archive) - strlen(version) - strlen(".zip"), '.');
    memmove(dot, dot + 1, strlen(dot));  // python313.zip
    bool there = access(archive, R_OK) == 0;
    for (size_t i = 0; i < 2 && !there; i++)
        there = access(join(library, i ? "t" : "", "/encodings"), R_OK) == 0;  // t: without the GIL
    if (!there) fail("its Python is not complete: %s lacks encodings%s", library, "");
    return home;
}

// A standard file that is closed would become one of AppKit's own, into which the app then writes.
static void open_standard_files(void)
{
    int file;
    do file = open("/dev/null", O_RDWR);
    while (file >= 0 && file <= STDERR_FILENO);
    if (file >= 0) close(file);
}

static bool listed(const char *key, const char *value)
{
    size_t position = 0;
    for (const struct setting *each; (each = next_setting(key, &position)) != NULL; )
        if (strcmp(each->value, value) == 0) return true;
    return false;
}

static void set_environment(void)
{
    // They belong to whoever started us and would lead Python to another installation.
    static const char *const foreign[] = {"PYTHONHOME", "PYTHONPATH", "PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__"};
    size_t position = 0;
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (!listed("KeepEnvironment", foreign[i])) unsetenv(foreign[i]);
    for (const struct setting *each; (each = next_setting("UnsetEnvironment", &position)) != NULL; )
        unsetenv(each->value);
    position = 0;
    for (const struct setting *each; (each = next_setting("Environment", &position)) != NULL; )
        setenv(each->name, expanded(each->value), 1);
    const char *folder = setting("WorkingDirectory");
    if (folder && chdir(in_contents(folder = expanded(folder))) != 0) fail("the folder %s cannot be entered (%s)", folder, strerror(errno));
}

// python3.x FLAGS boot.py KIND TARGET ARGUMENTS + the user's arguments
static char **app_arguments(char *executable, int *argc, char **argv)
{
    static const struct { const char *key; char *kind; } entries[] = {
        {"Module", "-m"}, {"Script", "script"}, {"Function", "function"}, {"Code", "-c"}};
    char **all = malloc(((size_t)*argc + setting_count + 5) * sizeof *all);
    if (!all) exit(70);
    int count = 0;
    size_t position = 0;
    all[count++] = executable;
    for (const struct setting *each; (each = next_setting("Flags", &position)) != NULL; )
        all[count++] = expanded(each->value);
    all[count++] = existing("Boot");
    size_t i = 0, kinds = sizeof entries / sizeof *entries;
    while (i < kinds && !setting(entries[i].key)) i++;
    if (i == kinds) fail("%s/Info.plist has no PloverTray > Module, Script, Function or Code%s", contents, "");
    all[count++] = entries[i].kind;
    all[count++] = i == 1 ? in_contents(required("Script")) : expanded(required(entries[i].key));
    position = 0;
    for (const struct setting *each; (each = next_setting("Arguments", &position)) != NULL; )
        all[count++] = expanded(each->value);
    for (int user = 1; user < *argc; user++)
        all[count++] = argv[user];
    all[count] = NULL;
    *argc = count;
    return all;
}

int main(int argc, char **argv)
{
    char *program = own_path(argc > 0 ? argv[0] : "");
    char *file = realpath(program, NULL);
    if (!file) fail("%s cannot be found (%s)", program, strerror(errno));
    contents = folder_of(folder_of(file));
    failing_app = base_name(folder_of(contents));
    may_show_alert = strncmp(base_name(file), "python", 6) != 0;  // until the settings tell the role
    read_settings();
    char *interpreter = in_contents(required("Interpreter"));
    bool child = strcmp(base_name(file), base_name(interpreter)) == 0;
    may_show_alert = !child;

    if (child) {
        unsetenv("PYTHONEXECUTABLE");  // both would replace sys.executable
        unsetenv("__PYVENV_LAUNCHER__");
    } else {
        program = interpreter;
        open_standard_files();
        look_up_placeholders(contents);
        set_environment();
        argv = app_arguments(program, &argc, argv);
        const char *why = make_application();
        if (why) fail("no application can be made: %s%s", why, "");
    }

    const char *why, *library = in_contents(required("Library"));
    void *python = dlopen(library, RTLD_NOW | RTLD_GLOBAL);
    if (!python) fail("its Python cannot be loaded: %s%s", dlerror(), "");
    int status = start_python(python, program, python_home(), argc, argv, &why);
    if (why) fail("the Python in %s cannot be started: %s", library, why);
    return status;
}
