"""Is this a Python? The one answer by name: of a program, and of a library.

A program is a Python if its file is called as one of CPython's own installs names it, in upper or
lower case, since a Mac's disk makes no difference:

- `python`, `python3`, `python3.13`; `python3.13t` and `python3.13d` (free-threaded, debug builds);
- `pythonw`, `pythonw3.13`, `python3-intel64`, `python3.13-intel64` and `python2.7-32` (python.org's
  framework builds);
- `Python` (in Python.app, or the framework's own binary).

`pypy3`, `python3-config`, `pythonize` and `ipython` are none: the first cannot be hosted by this
project's launcher, the others are scripts. Source of the names: CPython's `Makefile.pre.in` and
`Mac/Makefile.in`.
"""

import posixpath
import re

_PROGRAM = re.compile(r"pythonw?([0-9]+(\.[0-9]+)*)?(t|d|td)?(-intel64|-32)?", re.IGNORECASE)
_LIBRARY = re.compile(r"python[t3]?|libpython[^/]*", re.IGNORECASE | re.DOTALL)


def is_python(path: str) -> bool:
    """Whether the program at `path`, or of that bare name, is called as a Python is."""
    return _PROGRAM.fullmatch(posixpath.basename(path)) is not None


def is_libpython(path: str) -> bool:
    """Whether the library at `path` is called as a libpython is.

    That is `libpython3.13.dylib` and its like, or a framework's binary: `Python`, `PythonT`
    (free-threaded), `Python3` (Xcode's).
    """
    return _LIBRARY.fullmatch(posixpath.basename(path)) is not None
