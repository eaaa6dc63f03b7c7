// failure.h - says what keeps Python from starting: on stderr, in the log, in a dialog; status 70.
//
// The log is ~/Library/Logs/<app's name>/launcher.log, on Linux $XDG_STATE_HOME/<app's name>/launcher.log.

#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "appkit.h"
#include "paths.h"

enum { MAX_LOG = 1 << 18 };  // bytes; a longer one is begun anew

static const char *failing_app = "app";  // its name, as far as it is known
static bool may_show_alert = true;

// <folder of all logs>/<name>
static char *log_folder(const char *name)
{
    const char *home = getenv("HOME");
    struct passwd *user = home ? NULL : getpwuid(getuid());
    if (!home) home = user ? user->pw_dir : "";
#ifdef __APPLE__
    return join(join(home, "/", "Library/Logs"), "/", name);
#else
    const char *state = getenv("XDG_STATE_HOME");
    return join(state && *state ? state : join(home, "/", ".local/state"), "/", name);
#endif
}

// Adds a line to the log; returns the log's path, NULL if it cannot be written.
static char *write_log(const char *name, const char *line)
{
    char *folder = log_folder(name), date[32];
    for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(folder, 0700);
        *slash = '/';
    }
    mkdir(folder, 0700);
    char *path = join(folder, "/", "launcher.log");
    FILE *log = fopen(path, "a");
    if (log && fseek(log, 0, SEEK_END) == 0 && ftell(log) > MAX_LOG) log = freopen(path, "w", log);
    if (!log) return NULL;
    time_t now = time(NULL);
    strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", localtime(&now));
    fprintf(log, "%s %s\n", date, line);
    return fclose(log) == 0 ? path : NULL;
}

// Ends the program with one sentence: what went wrong, and where the log is. The format has two "%s".
static _Noreturn void fail(const char *format, const char *first, const char *second)
{
    char reason[4096], line[6144], *name = join(failing_app, "", "");
    snprintf(reason, sizeof reason, format, first, second);
    for (char *c = reason; *c; c++)
        if ((unsigned char)*c < ' ') *c = ' ';  // dlerror writes paragraphs
    for (char *c = name; *c; c++)
        if (*c == '/' || (unsigned char)*c < ' ' || (*c == '.' && c == name)) *c = '-';
    snprintf(line, sizeof line, "%s could not be started: %s", name, reason);
    char *log = write_log(name, line);
    snprintf(line, sizeof line, "%s could not be started: %s. %s%s", name, reason,
             log ? "This is also in the log " : "The log could not be written", log ? log : "");
    fprintf(stderr, "%s\n", line);
    if (may_show_alert) show_alert(name, line);
    exit(70);
}
