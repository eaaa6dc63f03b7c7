/* Stand-in for the interpreter in a framework's bin: linked against libpython, nothing else. */
extern int Py_BytesMain(int argc, char **argv);

int main(int argc, char *argv[]) { return Py_BytesMain(argc, argv); }
