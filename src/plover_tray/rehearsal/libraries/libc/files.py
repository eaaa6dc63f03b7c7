"""access, stat, open, read, opendir and others over descriptors.

Reading comes from the guest's view of files; the bundle cannot be changed (EROFS), what is written
elsewhere stays in memory. Layouts are those of macOS' sys/stat.h and sys/dirent.h.
"""
# ruff: noqa: D103 - a model's name says which function it answers for

import errno
import stat
import struct

from ...guest.filesystem import FileError, Status
from ...guest.process import OpenFile
from ...guest.system_paths import GROUP_ID
from ...guest.text import to_bytes
from ...machine.frame import Frame, signed
from ...machine.models import models
from .process_state import fail, lookup
from .text_output import emit_text

AT_FDCWD = -2
AT_SYMLINK_NOFOLLOW = 0x20
O_ACCMODE, O_APPEND, O_CREAT, O_TRUNC, O_EXCL = 3, 0x8, 0x200, 0x400, 0x800
O_NOFOLLOW, O_DIRECTORY = 0x100, 0x100000
"""macOS' sys/fcntl.h."""


@models("access")
def access(frame: Frame) -> int:
    return _access(frame, frame.path(0), frame.integer(1))


@models("faccessat")
def faccessat(frame: Frame) -> int:
    if signed(frame.raw(0) & 0xFFFFFFFF, 32) != AT_FDCWD and not frame.path(1).startswith("/"):
        return fail(frame, "EBADF")
    return _access(frame, frame.path(1), frame.integer(2))


def _access(frame: Frame, path: str, wanted: int) -> int:
    try:
        found = lookup(frame, path)
    except FileError as error:
        return fail(frame, error)
    if wanted & 1 and not found.executable:
        return fail(frame, "EACCES")
    if wanted & 2 and not _may_write(frame, found):
        return fail(frame, "EROFS" if found.in_bundle is not None else "EACCES")
    return 0


def _may_write(frame: Frame, found: Status) -> bool:
    return found.path == "/dev/null" or frame.machine.files.writable(found.path)


@models("stat", "lstat")
def stat_(frame: Frame) -> int:
    path, place = frame.path(0), frame.pointer(1)
    try:
        found = lookup(frame, path, follow=frame.name == "stat")
    except FileError as error:
        return fail(frame, error)
    return put_status(frame, place, found)


@models("fstat")
def fstat(frame: Frame) -> int:
    file, place = frame.process.descriptors.get(frame.integer(0)), frame.pointer(1)
    if file is None:
        return fail(frame, "EBADF")
    if file.status is None:
        return put_status(frame, place, Status("", stat.S_IFCHR | 0o620, 0, 1))
    try:
        found = lookup(frame, file.status.path)
    except FileError as error:
        return fail(frame, error)
    return put_status(frame, place, found)


@models("fstatat")
def fstatat(frame: Frame) -> int:
    folder, path, place, flags = frame.integer(0), frame.path(1), frame.pointer(2), frame.integer(3)
    if folder != AT_FDCWD and not path.startswith("/"):
        opened = frame.process.descriptors.get(folder)
        if opened is None or opened.status is None:
            return fail(frame, "EBADF")
        path = f"{opened.status.path}/{path}"
    try:
        found = lookup(frame, path, follow=not flags & AT_SYMLINK_NOFOLLOW)
    except FileError as error:
        return fail(frame, error)
    return put_status(frame, place, found)


def put_status(frame: Frame, place: int, found: Status) -> int:
    """Fill a struct stat; Intel's old one, where the symbol says so, has 32-bit inodes."""
    size = len(to_bytes(found.link)) if found.link is not None else found.size
    times = struct.pack("<qq", frame.mac.moment, 0)
    blocks = -(-size // 512)
    if frame.machine.abi.arch == "x86_64" and "$INODE64" not in frame.symbol:
        data = struct.pack(
            "<iIHHIIi", 1, found.inode & 0xFFFFFFFF, found.mode, 1, frame.mac.user_id, GROUP_ID, 0
        )
        data += times * 3 + struct.pack("<qqiIIi2q", size, blocks, 4096, 0, 0, 0, 0, 0)
    else:
        data = struct.pack(
            "<iHHQIIi4x", 1, found.mode, 1, found.inode, frame.mac.user_id, GROUP_ID, 0
        )
        data += times * 4 + struct.pack("<qqiIIi2q", size, blocks, 4096, 0, 0, 0, 0, 0)
    frame.memory.write(place, data)
    return 0


# ---- descriptors ---------------------------------------------------------------------------------


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
    if writing and not _may_write(frame, found):
        return fail(frame, "EROFS" if found.in_bundle is not None else "EACCES")
    if stat.S_ISFIFO(found.mode):
        return fail(frame, "EACCES")
    if writing and flags & O_TRUNC and found.path in process.scratch.files:
        process.scratch.files[found.path] = bytearray()
    kind = "null" if stat.S_ISCHR(found.mode) else "file"
    file = OpenFile(kind, found, readable=flags & O_ACCMODE != 1, writable=writing)
    file.append = bool(flags & O_APPEND)
    if len(process.descriptors) >= 256:
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
    if file is None or not 0 <= new < 1024:
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
    if command == 50 and file.status is not None:  # F_GETPATH
        frame.memory.write(frame.variadic(2).word(), to_bytes(file.status.path) + b"\0")
        return 0
    if command in (0, 67):  # F_DUPFD, F_DUPFD_CLOEXEC
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


# ---- names ---------------------------------------------------------------------------------------


@models("mkdir", "unlink", "rmdir", "remove", "chmod", "utimes", "mkfifo", "truncate", "chown")
def change(frame: Frame) -> int:
    """Change names outside the bundle; nothing is changed on any disk."""
    process, files = frame.process, frame.machine.files
    try:
        path = files.absolute(frame.path(0), process.folder)
        folder, name = files.parent(path, process.scratch)
    except FileError as error:
        return fail(frame, error)
    try:
        found = files.status(name, process.scratch, follow=False)
    except FileError:
        found = None
    if frame.name == "mkdir" and found is not None:
        return fail(frame, "EEXIST")
    if frame.name != "mkdir" and found is None:
        return fail(frame, "ENOENT")
    if folder.in_bundle is not None:
        return fail(frame, "EROFS")
    if not files.writable(name):
        return fail(frame, "EACCES")
    if frame.name == "mkdir":
        process.scratch.folders.add(name)
    elif frame.name in ("unlink", "rmdir", "remove"):
        process.scratch.files.pop(name, None)
        process.scratch.links.pop(name, None)
        process.scratch.folders.discard(name)
    elif frame.name == "chmod":
        process.scratch.modes[name] = frame.integer(1) & 0o7777
    return 0


@models("symlink", "rename", "link")
def rename(frame: Frame) -> int:
    process, files = frame.process, frame.machine.files
    try:
        new = files.absolute(frame.path(1), process.folder)
        folder, name = files.parent(new, process.scratch)
        if folder.in_bundle is not None:
            return fail(frame, "EROFS")
        if not files.writable(name):
            return fail(frame, "EACCES")
        if frame.name == "symlink":
            process.scratch.links[name] = frame.path(0)
            return 0
        old = lookup(frame, frame.path(0), follow=False).path
    except FileError as error:
        return fail(frame, error)
    if old not in process.scratch.files:
        return fail(frame, "EACCES")
    process.scratch.files[name] = process.scratch.files[old]
    if frame.name == "rename":
        del process.scratch.files[old]
    return 0


@models("mkdtemp", "mkstemp")
def mkdtemp(frame: Frame) -> int:
    text = frame.path(0)
    if not text.endswith("XXXXXX"):
        fail(frame, "EINVAL")
        return 0 if frame.name == "mkdtemp" else -1
    made = f"{text[:-6]}{len(frame.process.scratch.folders):06d}"
    frame.memory.write(frame.raw(0), to_bytes(made))
    if frame.name == "mkstemp":
        return open_file(frame, made, O_CREAT | 2, 0o600)
    try:
        files = frame.machine.files
        path = files.absolute(made, frame.process.folder)
        _, name = files.parent(path, frame.process.scratch)
    except FileError as error:
        fail(frame, error)
        return 0
    frame.process.scratch.folders.add(name)
    return frame.raw(0)


# ---- folders -------------------------------------------------------------------------------------


@models("opendir")
def opendir(frame: Frame) -> int:
    try:
        found = lookup(frame, frame.path(0))
        names = frame.machine.files.names(found, frame.process.scratch)
    except FileError as error:
        fail(frame, error)
        return 0
    handle = frame.memory.keep(bytes(1100))
    file = OpenFile("file", found, names=[".", "..", *names])
    frame.process.streams[handle] = frame.process.open(file)
    return handle


@models("readdir")
def readdir(frame: Frame) -> int:
    handle = frame.pointer(0)
    file = frame.process.descriptors.get(frame.process.streams.get(handle, -1))
    if file is None or file.status is None or not file.names:
        return 0
    name = file.names.pop(0)
    data = to_bytes(name)
    try:
        mode = lookup(frame, f"{file.status.path}/{name}", follow=False).mode
    except FileError:
        mode = 0
    kind = (mode >> 12) & 0xF
    head = struct.pack("<QQHHB", 1, 0, 1048, len(data), kind)
    frame.memory.write(handle, head + data + b"\0")
    frame.gives(data)
    return handle


@models("closedir")
def closedir(frame: Frame) -> int:
    descriptor = frame.process.streams.pop(frame.pointer(0), -1)
    return 0 if frame.process.descriptors.pop(descriptor, None) else fail(frame, "EBADF")


@models("dirfd")
def dirfd(frame: Frame) -> int:
    return frame.process.streams.get(frame.pointer(0), -1)
