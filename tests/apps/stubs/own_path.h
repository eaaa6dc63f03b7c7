/* The usual C way to a path inside one's own bundle; what it returns is overwritten by the next call. */
#ifndef OWN_PATH_H
#define OWN_PATH_H

#include "stub.h"

#include <libgen.h>

static const char *path_in_contents(const char *relative) {
    static char own[PATH_MAX], path[PATH_MAX];
    uint32_t size = sizeof own;
    _NSGetExecutablePath(own, &size);
    char *contents = dirname(dirname(realpath(own, NULL)));
    snprintf(path, sizeof path, "%s/%s", contents, relative);
    return path;
}

#endif
