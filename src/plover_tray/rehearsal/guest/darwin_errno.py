"""Darwin's error numbers and texts; those of the machine at hand may be others.

Source: sys/errno.h and strerror(3) of macOS.
"""

import errno

_TABLE = (
    (1, "EPERM", "Operation not permitted"),
    (2, "ENOENT", "No such file or directory"),
    (3, "ESRCH", "No such process"),
    (4, "EINTR", "Interrupted system call"),
    (5, "EIO", "Input/output error"),
    (7, "E2BIG", "Argument list too long"),
    (8, "ENOEXEC", "Exec format error"),
    (9, "EBADF", "Bad file descriptor"),
    (10, "ECHILD", "No child processes"),
    (12, "ENOMEM", "Cannot allocate memory"),
    (13, "EACCES", "Permission denied"),
    (14, "EFAULT", "Bad address"),
    (17, "EEXIST", "File exists"),
    (20, "ENOTDIR", "Not a directory"),
    (21, "EISDIR", "Is a directory"),
    (22, "EINVAL", "Invalid argument"),
    (24, "EMFILE", "Too many open files"),
    (25, "ENOTTY", "Inappropriate ioctl for device"),
    (30, "EROFS", "Read-only file system"),
    (34, "ERANGE", "Result too large"),
    (35, "EAGAIN", "Resource temporarily unavailable"),
    (45, "ENOTSUP", "Operation not supported"),
    (62, "ELOOP", "Too many levels of symbolic links"),
    (63, "ENAMETOOLONG", "File name too long"),
    (66, "ENOTEMPTY", "Directory not empty"),
    (78, "ENOSYS", "Function not implemented"),
    (92, "EILSEQ", "Illegal byte sequence"),
)

NUMBERS = {name: number for number, name, _ in _TABLE}
TEXTS = {number: text for number, _, text in _TABLE}


def from_host(code: int) -> int:
    """Darwin's number for one of this machine's; EIO for what has none in the table."""
    return NUMBERS.get(errno.errorcode.get(code, ""), NUMBERS["EIO"])


def text(number: int) -> str:
    """What strerror says."""
    if number == 0:
        return "Undefined error: 0"
    return TEXTS.get(number, f"Unknown error: {number}")
