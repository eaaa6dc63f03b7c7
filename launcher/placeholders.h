// placeholders.h - what ${NAME} in a setting stands for at this very start.
//
// The settings are sealed into the app and the same for everybody, so what differs from Mac to Mac and
// from start to start stands in them as a placeholder. In goes a setting's text, out comes the text as
// a script in the launcher's place would have had it: what the app was started with, before the
// launcher itself changes the environment. `${DOLLAR}` is a dollar sign, for a text that has `${` in
// it; a name that is not in the table stays as it is. payload/boot/bundle.py knows the same names.

#include <pwd.h>

struct placeholder { const char *name, *value; };

static struct placeholder placeholders[] = {
    {"CONTENTS", ""}, {"BUNDLE_FOLDER", ""}, {"DOLLAR", "$"}, {"UID", ""}, {"PID", ""}, {"HOST", ""},
    {"HOME", ""}, {"USER", ""}, {"LOGNAME", ""}, {"SHELL", ""}, {"TMPDIR", "/tmp/"},
    {"PATH", "/usr/bin:/bin:/usr/sbin:/sbin"}};  // launchd's, as its launchctl(1) has it

static char *number_text(long number)
{
    char text[24];
    snprintf(text, sizeof text, "%ld", number);
    return join(text, "", "");
}

// Looks everything up, once, before the environment is changed. Where a variable is not set, the
// user's record says it.
static void look_up_placeholders(const char *contents)
{
    struct passwd *user = getpwuid(getuid());
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    const char *const own[] = {
        contents, folder_of(folder_of(contents)), "$", number_text(getuid()), number_text(getpid()), join(host, "", ""),
        user ? user->pw_dir : "", user ? user->pw_name : "", user ? user->pw_name : "", user ? user->pw_shell : ""};
    for (size_t i = 0; i < sizeof placeholders / sizeof *placeholders; i++) {
        const char *given = i >= 6 ? getenv(placeholders[i].name) : NULL;
        if (!given && i < sizeof own / sizeof *own) given = own[i];
        if (given) placeholders[i].value = join(given, "", "");
    }
}

// The text with a value for each placeholder in it.
static char *expanded(const char *text)
{
    const char *start = strstr(text, "${"), *end = start ? strchr(start, '}') : NULL;
    if (!end) return join(text, "", "");
    char *before = join(text, "", ""), *rest = expanded(end + 1);
    before[start - text] = '\0';
    for (size_t i = 0; i < sizeof placeholders / sizeof *placeholders; i++) {
        const char *name = placeholders[i].name;
        if (strlen(name) == (size_t)(end - start - 2) && strncmp(name, start + 2, strlen(name)) == 0)
            return join(before, placeholders[i].value, rest);
    }
    before[start - text] = '$';
    before[start - text + 2] = '\0';
    return join(before, "", expanded(start + 2));
}
