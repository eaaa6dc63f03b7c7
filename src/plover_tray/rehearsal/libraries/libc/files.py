"""open, read, write and others over descriptors.

Reading comes from the guest's view of files; the bundle cannot be changed (EROFS), what is written
elsewhere stays in memory.
"""
# ruff: noqa: D103 - a model's name says which function it answers for

import errno
import stat
import struct

from ...guest.filesystem import FileError
from ...guest.process import OpenFile
from ...guest.text import to_bytes
from ...machine.frame import Frame
from ...machine.models import models
from .process_state import fail, lookup
from .status import may_write
from .text_output import emit_text

O_ACCMODE, O_APPEND, O_CREAT, O_TRUNC, O_EXCL = 3, 0x8, 0x200, 0x400, 0x800
O_NOFOLLOW, O_DIRECTORY = 0x100, 0x100000
F_DUPFD, F_GETPATH, F_DUPFD_CLOEXEC = 0, 50, 67
"""macOS' sys/fcntl.h."""
MOST_DESCRIPTORS = 256
"""What `ulimit -n` says to an app that is opened from Finder."""
LARGEST_DESCRIPTOR = 1024


def open_file(frame: Frame, path: str, flags: int, mode: int = 0o644) -> int:
    """open(2): a descriptor, or -1 with errno."""
    writing = bool(flags & O_ACCMODE)
    process, files = frame.process, frame.machine.files
    try:
        found = lookup(frame, path, follow=not flags & O_NOFOLLOW)
    except FileError as error:
        if error.code != errno.ENOENT or not flags & O_CREAT:
            return fail(frame, error)
        try:
            folder, name = files.parent(files.absolute(path, process.folder), process.scratch)
        except FileError as wrong:
            return fail(frame, wrong)
        if folder.in_bundle is not None or not files.writable(name):
            return fail(frame, "EROFS" if folder.in_bundle is not None else "EACCES")
        process.scratch.files[name] = bytearray()
        process.scratch.modes[name] = mode & ~process.mask & 0o777
        found = lookup(frame, path)
    else:
        if flags & O_CREAT and flags & O_EXCL:
            return fail(frame, "EEXIST")
        if found.link is not None:
            return fail(frame, "ELOOP")
    if found.is_directory and writing:
        return fail(frame, "EISDIR")
    if flags & O_DIRECTORY and not found.is_directory:
        return fail(frame, "ENOTDIR")
    if writing and not may_write(frame, found):
        return fail(frame, "EROFS" if found.in_bundle is not None else "EACCES")
    if stat.S_ISFIFO(found.mode):
        return fail(frame, "EACCES")
    if writing and flags & O_TRUNC and found.path in process.scratch.files:
        process.scratch.files[found.path] = bytearray()
    kind = "null" if stat.S_ISCHR(found.mode) else "file"
    file = OpenFile(kind, found, readable=flags & O_ACCMODE != 1, writable=writing)
    file.append = bool(flags & O_APPEND)
    if len(process.descriptors) >= MOST_DESCRIPTORS:
        return fail(frame, "EMFILE")
    return process.open(file)


@models("open")
def open_(frame: Frame) -> int:
    path, flags = frame.path(0), frame.integer(1)
    mode = frame.variadic(2).word() & 0o7777 if flags & O_CREAT else 0
    return open_file(frame, path, flags, mode)


@models("close")
def close(frame: Frame) -> int:
    if frame.process.descriptors.pop(frame.integer(0), None) is None:
        return fail(frame, "EBADF")
    return 0


def read_file(frame: Frame, file: OpenFile, size: int) -> bytes:
    """Bytes from where a file stands, moving on. Raises FileError."""
    if not file.readable:
        raise FileError(errno.EBADF)
    if file.kind == "pipe":
        data = bytes(file.data[:size])
        del file.data[:size]
        return data
    if file.status is None or file.kind == "null":
        return b""
    size = min(size, frame.machine.spending.budget.memory)
    files, scratch = frame.machine.files, frame.process.scratch
    data = files.read(file.status, scratch, file.position, size)
    file.position += len(data)
    return data


@models("read", "pread")
def read(frame: Frame) -> int:
    file, place, size = (
        frame.process.descriptors.get(frame.integer(0)),
        frame.pointer(1),
        frame.size(2),
    )
    if file is None:
        return fail(frame, "EBADF")
    stood = file.position
    if frame.name == "pread":
        file.position = frame.size(3)
    try:
        data = read_file(frame, file, size)
    except FileError as error:
        return fail(frame, error)
    if frame.name == "pread":
        file.position = stood
    frame.memory.write(place, data)
    return len(data)


@models("write")
def write(frame: Frame) -> int:
    descriptor, place, size = frame.integer(0), frame.pointer(1), frame.size(2)
    return emit_text(frame, descriptor, frame.memory.read(place, size))


@models("lseek")
def lseek(frame: Frame) -> int:
    file, offset, whence = (
        frame.process.descriptors.get(frame.integer(0)),
        frame.long(1),
        frame.integer(2),
    )
    if file is None:
        return fail(frame, "EBADF")
    return seek(frame, file, offset, whence)


def seek(frame: Frame, file: OpenFile, offset: int, whence: int) -> int:
    """Move in a file; the new position, or -1 with errno."""
    if file.status is None or whence not in (0, 1, 2):
        return fail(frame, "EINVAL")
    size = file.status.size
    if file.status.in_bundle is None:
        size = len(frame.process.scratch.files.get(file.status.path, b""))
    position = offset + (0, file.position, size)[whence]
    if position < 0:
        return fail(frame, "EINVAL")
    file.position = position
    file.end_of_file = False
    return position


@models("dup")
def dup(frame: Frame) -> int:
    file = frame.process.descriptors.get(frame.integer(0))
    return fail(frame, "EBADF") if file is None else frame.process.open(file)


@models("dup2")
def dup2(frame: Frame) -> int:
    old, new = frame.integer(0), frame.integer(1)
    file = frame.process.descriptors.get(old)
    if file is None or not 0 <= new < LARGEST_DESCRIPTOR:
        return fail(frame, "EBADF")
    frame.process.descriptors[new] = file
    return new


@models("pipe")
def pipe(frame: Frame) -> int:
    file = OpenFile("pipe", writable=True)
    first, second = frame.process.open(file), frame.process.open(file)
    frame.memory.write(frame.pointer(0), struct.pack("<2i", first, second))
    return 0


@models("fcntl")
def fcntl(frame: Frame) -> int:
    descriptor, command = frame.integer(0), frame.integer(1)
    file = frame.process.descriptors.get(descriptor)
    if file is None:
        return fail(frame, "EBADF")
    if command == F_GETPATH and file.status is not None:
        frame.memory.write(frame.variadic(2).word(), to_bytes(file.status.path) + b"\0")
        return 0
    if command in (F_DUPFD, F_DUPFD_CLOEXEC):
        return frame.process.open(file)
    return 0


@models("isatty")
def isatty(frame: Frame) -> int:
    """An app that is opened from Finder has no terminal."""
    frame.integer(0)
    fail(frame, "ENOTTY")
    return 0


@models("umask")
def umask(frame: Frame) -> int:
    old, frame.process.mask = frame.process.mask, frame.raw(0) & 0o777
    return old


@models("fsync", "flock", "fchmod", "ftruncate", "sync", "fdatasync", "ioctl")
def fsync(frame: Frame) -> int:
    return 0 if frame.integer(0) in frame.process.descriptors else fail(frame, "EBADF")
