// appkit_clock.c - linked into a launcher for measurements, around its calls of dlopen.
//
// The launcher opens AppKit, makes the NSApplication and then opens libpython. What passes in between
// is put into the environment: APPKIT_OPEN and APPKIT_SHARED, in nanoseconds.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void *__real_dlopen(const char *path, int mode);

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void put(const char *name, long long nanoseconds)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", nanoseconds);
    setenv(name, text, 1);
}

void *__wrap_dlopen(const char *path, int mode)
{
    static long long opened;
    long long start = now();
    if (opened) put("APPKIT_SHARED", start - opened);
    void *library = __real_dlopen(path, mode);
    if (strstr(path, "gnustep")) {
        opened = now();
        put("APPKIT_OPEN", opened - start);
    }
    return library;
}
