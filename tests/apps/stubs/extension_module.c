/* Stand-in for an extension module: one PyInit function that needs libpython at run time. */
extern void *PyModule_Create2(void *definition, int version);

void *PyInit_hello_extension(void) { return PyModule_Create2((void *)0, 1013); }
