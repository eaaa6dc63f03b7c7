/* Own place from CoreFoundation: the main bundle's URL, its file system path, then execv. */
#include "stub.h"

#include <unistd.h>

typedef const void *CFTypeRef;
typedef const struct __CFBundle *CFBundleRef;
typedef const struct __CFURL *CFURLRef;
extern CFBundleRef CFBundleGetMainBundle(void);
extern CFURLRef CFBundleCopyBundleURL(CFBundleRef bundle);
extern unsigned char CFURLGetFileSystemRepresentation(
    CFURLRef url, unsigned char resolve, uint8_t *buffer, long size);
extern void CFRelease(CFTypeRef object);

int main(int argc, char *argv[]) {
    char bundle[PATH_MAX], python[PATH_MAX];
    CFURLRef url = CFBundleCopyBundleURL(CFBundleGetMainBundle());
    if (url == NULL || !CFURLGetFileSystemRepresentation(url, 1, (uint8_t *)bundle, sizeof bundle))
        return 1;
    CFRelease(url);

    snprintf(python, sizeof python, "%s/Contents/%s", bundle, PYTHON);
    char **arguments = malloc(((size_t)argc + 3) * sizeof *arguments);
    int count = 0;
    arguments[count++] = argv[0];
    arguments[count++] = "-m";
    arguments[count++] = MODULE;
    for (int i = 1; i < argc; i++)
        arguments[count++] = argv[i];
    arguments[count] = NULL;
    execv(python, arguments);
    return 1;
}
