/* What the sources for comparison with this machine's C library share. */
#include <ctype.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <wchar.h>
#define SHOW(format, ...) printf("%s = " format "\n", #__VA_ARGS__, __VA_ARGS__)
static const char *at(const char *all, const char *found) { return found ? found : "(none)"; }
