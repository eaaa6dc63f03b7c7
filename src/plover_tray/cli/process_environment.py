"""What a process may be started with and cannot work with: closed streams, an old locale."""

import os
import sys


def open_standard_streams() -> None:
    """Put /dev/null where stdin, stdout or stderr is closed, as with `>&-`.

    Python has None for such a stream, and the next file opened would take its number.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)


def run_in_utf_8() -> None:
    """Start anew in Python's UTF-8 mode where file names would be read in another encoding.

    A Mac's names are UTF-8, and a seal holds them so: read as Latin-1 or ASCII, every name with an
    accent would be another one.
    """
    if sys.getfilesystemencoding().lower() == "utf-8" or sys.flags.utf8_mode:
        return
    if sys.executable and sys.orig_argv:
        words = ["-X", "utf8", *sys.orig_argv[1:]]
        from ..tools.program import become

        become(sys.executable, words)  # the very same command line
