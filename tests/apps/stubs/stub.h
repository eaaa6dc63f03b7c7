/* What every stub here needs to know; the builder sets the macros. */
#ifndef STUB_H
#define STUB_H

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef PYTHON /* the interpreter, relative to Contents */
#define PYTHON "Frameworks/Python.framework/Versions/Current/bin/python"
#endif
#ifndef LIBRARY /* libpython, relative to Contents */
#define LIBRARY "Frameworks/Python.framework/Versions/3.13/Python"
#endif
#ifndef MODULE
#define MODULE "hello_tray"
#endif

extern char **environ;
extern int _NSGetExecutablePath(char *buffer, uint32_t *size);

#endif
