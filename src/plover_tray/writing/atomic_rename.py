"""Renames that happen at once or not at all: in go two paths, afterwards both names are right.

The kernel's own calls are used (renameat2 of Linux, renamex_np of macOS), since Python's rename
replaces what it finds; where a file system does not know them, plain renames in a safe order.
"""

import ctypes
import errno
import os
import sys
from pathlib import Path

_AT_FDCWD = -100
_LINUX_FLAGS = {"new": 1, "swap": 2}
"""RENAME_NOREPLACE, RENAME_EXCHANGE; renameat2(2)."""
_MACOS_FLAGS = {"new": 4, "swap": 2}
"""RENAME_EXCL, RENAME_SWAP; renamex_np(2)."""
_UNSUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}


def rename_new(one: Path, other: Path) -> None:
    """Rename `one` to `other`, which must not exist. Raises FileExistsError, OSError."""
    if _rename_by_kernel(one, other, "new"):
        return
    if os.path.lexists(other):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(other))
    one.rename(other)


def replace_keeping(new: Path, output: Path, aside: Path) -> None:
    """Give `new` the name `output`, and what stood there the name `aside` beside it.

    No moment is without a whole `output`, but on file systems that cannot swap two names: there
    the old one has only the name `aside` for a moment. Raises FileExistsError for an `aside` that
    exists, OSError; everything then has its old name again.
    """
    number = os.lstat(new).st_ino
    swapped = False
    try:
        rename_new(new, aside)
        swapped = _rename_by_kernel(aside, output, "swap")
    finally:
        if not swapped and not os.path.lexists(new) and os.lstat(aside).st_ino == number:
            aside.rename(new)
    if swapped:
        return
    rename_new(output, aside)
    try:
        rename_new(new, output)
    except BaseException:
        if not os.path.lexists(output):
            aside.rename(output)
        raise


def _rename_by_kernel(one: Path, other: Path, how: str) -> bool:
    """Rename with a flag; False where system or file system do not know it. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    first, second = os.fsencode(one), os.fsencode(other)
    if sys.platform == "darwin":
        failed = libc.renamex_np(first, second, _MACOS_FLAGS[how])
    elif hasattr(libc, "renameat2"):
        failed = libc.renameat2(_AT_FDCWD, first, _AT_FDCWD, second, _LINUX_FLAGS[how])
    else:
        return False
    if not failed:
        return True
    number = ctypes.get_errno()
    if number in _UNSUPPORTED:
        return False
    raise OSError(number, os.strerror(number), str(other))
