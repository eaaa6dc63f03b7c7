// paths.h - joining and taking apart paths; what is made here is never freed.

#include <stdlib.h>
#include <string.h>

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
