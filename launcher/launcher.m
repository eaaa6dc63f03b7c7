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
// where the tests run it for real. AppKit is opened at run time and its classes are looked up by name:
// that keeps it out of the interpreter role, and no stub of it is needed to link.

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "settings.h"
#include "start_python.h"

#ifdef __APPLE__
#include <mach-o/dyld.h>
#define APPKIT "/System/Library/Frameworks/AppKit.framework/AppKit"
#define CORE_GRAPHICS "/System/Library/Frameworks/CoreGraphics.framework/CoreGraphics"
#define LOG_FOLDER "Library/Logs"
#else
#include <signal.h>
#include <sys/auxv.h>
#define APPKIT "libgnustep-gui.so"
#define LOG_FOLDER ".local/state"
#endif

#include <objc/objc.h>
#include <objc/runtime.h>
#if __has_include(<AppKit/AppKit.h>)
#import <AppKit/AppKit.h>
#else
@protocol AppKit  // the messages that are sent below
+ (id)alloc;
+ (id)sharedApplication;
+ (id)stringWithUTF8String:(const char *)text;
+ (id)dataWithContentsOfFile:(id)path;
+ (id)propertyListWithData:(id)data options:(unsigned long)options format:(unsigned long *)format error:(id *)error;
+ (id)dataWithPropertyList:(id)list format:(unsigned long)format options:(unsigned long)options error:(id *)error;
- (id)init;
- (void)drain;
- (id)reason;
- (const char *)UTF8String;
- (const void *)bytes;
- (unsigned long)length;
- (BOOL)setActivationPolicy:(long)policy;
- (void)activateIgnoringOtherApps:(BOOL)flag;
- (void)setMessageText:(id)text;
- (void)setInformativeText:(id)text;
- (long)runModal;
@end
#endif
#define CLASS(name) ((id)objc_getClass(name))

static char *contents;  // the bundle's Contents folder
static bool child;      // the interpreter role

// ---- Strings and paths ---------------------------------------------------------------------------

static char *join(const char *left, const char *separator, const char *right)
{
    size_t a = strlen(left), b = strlen(separator), c = strlen(right);
    char *joined = malloc(a + b + c + 1);
    if (!joined) exit(70);
    memcpy(joined, left, a);
    memcpy(joined + a, separator, b);
    memcpy(joined + a + b, right, c + 1);
    return joined;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static char *folder_of(const char *path)
{
    char *folder = join(path, "", "");
    char *slash = strrchr(folder, '/');
    if (slash) *slash = '\0';
    return folder;
}

static char *in_contents(const char *path)
{
    return path[0] == '/' ? join(path, "", "") : join(contents, "/", path);
}

// ---- Failing -------------------------------------------------------------------------------------

// Adds a line to <log folder>/<app's name>/launcher.log; returns the log's path, NULL if it cannot be written.
static char *write_log(const char *name, const char *line)
{
    const char *home = getenv("HOME"), *state = NULL;
    struct passwd *user = home ? NULL : getpwuid(getuid());
#ifndef __APPLE__
    state = getenv("XDG_STATE_HOME");
#endif
    char *folder = state && *state ? join(state, "/", name)
                                   : join(join(home ? home : user ? user->pw_dir : "", "/", LOG_FOLDER), "/", name);
    for (char *slash = folder; slash; slash = strchr(slash + 1, '/')) {
        if (slash == folder) continue;
        *slash = '\0';
        mkdir(folder, 0700);
        *slash = '/';
    }
    mkdir(folder, 0700);
    char *path = join(folder, "/", "launcher.log"), date[32];
    FILE *log = fopen(path, "a");
    if (log && ftell(log) > 1 << 18) log = freopen(path, "w", log);  // never grows without bound
    if (!log) return NULL;
    time_t now = time(NULL);
    strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", localtime(&now));
    fprintf(log, "%s %s\n", date, line);
    return fclose(log) == 0 ? path : NULL;
}

// There is no window server to draw on, for instance over ssh or on a build machine.
static bool headless(void)
{
#ifdef __APPLE__
    void *graphics = dlopen(CORE_GRAPHICS, RTLD_NOW);
    const void *(*session)(void) = graphics ? dlsym(graphics, "CGSessionCopyCurrentDictionary") : NULL;
    return session && !session();
#else
    return !getenv("DISPLAY");
#endif
}

static id text(const char *utf8)
{
    return [CLASS("NSString") stringWithUTF8String:utf8];
}

static void show_alert(const char *title, const char *message)
{
    const char *off = getenv("PLOVER_TRAY_HEADLESS");
    if ((off && *off) || headless() || !dlopen(APPKIT, RTLD_NOW)) return;
    @try {
        id pool = [[CLASS("NSAutoreleasePool") alloc] init];
        id application = [CLASS("NSApplication") sharedApplication];
#ifdef __APPLE__  // GNUstep has no such policy
        [application setActivationPolicy:0];  // in front of other apps' windows, even from an LSUIElement
#endif
        [application activateIgnoringOtherApps:YES];
        id alert = [[CLASS("NSAlert") alloc] init];
        [alert setMessageText:text(title)];
        [alert setInformativeText:text(message)];
        [alert runModal];
        [pool drain];
    } @catch (id exception) {
        (void)exception;  // the line on stderr and in the log has to do
    }
}

// Ends the program with one sentence: what went wrong, and where the log is. The format has two "%s".
static _Noreturn void fail(const char *format, const char *first, const char *second)
{
    char reason[4096], line[6144];
    snprintf(reason, sizeof reason, format, first, second);
    for (char *c = reason; *c; c++)
        if ((unsigned char)*c < ' ') *c = ' ';  // dlerror writes paragraphs
    char *name = join(app_name && *app_name ? app_name : contents ? base_name(folder_of(contents)) : "app", "", "");
    for (char *c = name; *c; c++)
        if (*c == '/' || (unsigned char)*c < ' ') *c = '-';
    snprintf(line, sizeof line, "%s could not be started: %s", name, reason);
    char *log = write_log(name, line);
    snprintf(line, sizeof line, "%s could not be started: %s. %s%s", name, reason,
             log ? "This is also in the log " : "The log could not be written", log ? log : "");
    fprintf(stderr, "%s\n", line);
    if (!child) show_alert(name, line);
    exit(70);
}

// ---- The two roles -------------------------------------------------------------------------------

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
    const char *candidates[] = {(const char *)getauxval(AT_EXECFN), argv0, "/proc/self/exe"};
    char *real = realpath("/proc/self/exe", NULL), *path = real;
    for (size_t i = 0; real && i < 2; i++) {
        char *candidate = candidates[i] && strchr(candidates[i], '/') ? realpath(candidates[i], NULL) : NULL;
        if (!candidate || strcmp(candidate, real) != 0) continue;
        path = join(candidates[i], "", "");
        break;
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

// Info.plist as XML text; Foundation converts a binary one.
static char *info_plist_text(const char *path)
{
    size_t size = 0;
    char *plist = read_file(path, &size);
    if (!plist) fail("%s cannot be read (%s); this program works inside its app only", path, strerror(errno));
    if (size < 6 || memcmp(plist, "bplist", 6) != 0) return plist;
    if (!dlopen(APPKIT, RTLD_NOW)) fail("AppKit cannot be loaded: %s%s", dlerror(), "");
    id pool = [[CLASS("NSAutoreleasePool") alloc] init];
    id data = [CLASS("NSData") dataWithContentsOfFile:text(path)], lists = CLASS("NSPropertyListSerialization");
    id list = data ? [lists propertyListWithData:data options:0 format:NULL error:NULL] : nil;
    id xml = list ? [lists dataWithPropertyList:list format:100 options:0 error:NULL] : nil;
    if (!xml) fail("%s is broken%s", path, "");
    size = (size_t)[xml length];
    plist = malloc(size + 1);
    if (!plist) exit(70);
    memcpy(plist, [xml bytes], size);
    plist[size] = '\0';
    [pool drain];
    return plist;
}

static void read_settings(void)
{
    char *path = in_contents("Info.plist");
    if (!read_xml(info_plist_text(path))) fail("%s is broken%s", path, "");
    if (!setting("Schema")) fail("%s has no dictionary PloverTray%s", path, "");
    if (strcmp(setting("Schema"), "1") != 0) fail("%s was made for another version of this launcher%s", path, "");
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
        setenv(each->name, each->value, 1);
    const char *folder = setting("WorkingDirectory");
    if (folder && chdir(in_contents(folder)) != 0) fail("the folder %s cannot be entered (%s)", folder, strerror(errno));
}

static void make_application(void)
{
#ifdef __APPLE__
    if (headless()) return;  // AppKit would abort; Python can still run a command that needs no window
#endif
    if (!dlopen(APPKIT, RTLD_NOW)) fail("AppKit cannot be loaded: %s%s", dlerror(), "");
#ifndef __APPLE__  // GNUstep takes these signals for itself
    static const int taken[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM};
    struct sigaction ours[sizeof taken / sizeof *taken];
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) sigaction(taken[i], NULL, &ours[i]);
#endif
    @try {
        id pool = [[CLASS("NSAutoreleasePool") alloc] init];
        [CLASS("NSApplication") sharedApplication];
        [pool drain];
    } @catch (id exception) {
        fail("no application can be made: %s%s", [[exception reason] UTF8String], "");
    }
#ifndef __APPLE__
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) sigaction(taken[i], &ours[i], NULL);
#endif
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
        all[count++] = (char *)each->value;
    all[count++] = existing("Boot");
    size_t i = 0, kinds = sizeof entries / sizeof *entries;
    while (i < kinds && !setting(entries[i].key)) i++;
    if (i == kinds) fail("%s/Info.plist has no PloverTray > Module, Script, Function or Code%s", contents, "");
    all[count++] = entries[i].kind;
    all[count++] = i == 1 ? in_contents(required("Script")) : (char *)required(entries[i].key);
    position = 0;
    for (const struct setting *each; (each = next_setting("Arguments", &position)) != NULL; )
        all[count++] = (char *)each->value;
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
    child = strncmp(base_name(file), "python", 6) == 0;  // until the settings are known
    read_settings();
    char *interpreter = in_contents(required("Interpreter"));
    child = strcmp(base_name(file), base_name(interpreter)) == 0;

    if (child) {
        unsetenv("PYTHONEXECUTABLE");  // both would replace sys.executable
        unsetenv("__PYVENV_LAUNCHER__");
    } else {
        program = interpreter;
        set_environment();
        argv = app_arguments(program, &argc, argv);
        make_application();
    }

    const char *library = in_contents(required("Library")), *why;
    void *python = dlopen(library, RTLD_NOW | RTLD_GLOBAL);
    if (!python) fail("its Python cannot be loaded: %s%s", dlerror(), "");
    int status = start_python(python, program, existing("Home"), argc, argv, &why);
    if (why) fail("the Python in %s cannot be started: %s", library, why);
    return status;
}
