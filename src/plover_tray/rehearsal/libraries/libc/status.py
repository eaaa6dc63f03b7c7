"""access, stat and their like: what is at a path. Layouts are those of macOS' sys/stat.h."""
# ruff: noqa: D103 - a model's name says which function it answers for

import stat
import struct

from ...guest.filesystem import FileError, Status
from ...guest.system_paths import GROUP_ID
from ...guest.text import to_bytes
from ...machine.frame import Frame, signed
from ...machine.models import models
from .process_state import fail, lookup

AT_FDCWD = -2
AT_SYMLINK_NOFOLLOW = 0x20
"""macOS' sys/fcntl.h."""
BLOCK = 512
"""Bytes that st_blocks counts in (stat(2))."""
TRANSFER = 4096
"""st_blksize of APFS."""


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
    if wanted & 2 and not may_write(frame, found):
        return fail(frame, "EROFS" if found.in_bundle is not None else "EACCES")
    return 0


def may_write(frame: Frame, found: Status) -> bool:
    """Whether the guest may write to a file."""
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
    blocks = -(-size // BLOCK)
    if frame.machine.abi.arch == "x86_64" and "$INODE64" not in frame.symbol:
        data = struct.pack(
            "<iIHHIIi", 1, found.inode & 0xFFFFFFFF, found.mode, 1, frame.mac.user_id, GROUP_ID, 0
        )
        data += times * 3 + struct.pack("<qqiIIi2q", size, blocks, TRANSFER, 0, 0, 0, 0, 0)
    else:
        data = struct.pack(
            "<iHHQIIi4x", 1, found.mode, 1, found.inode, frame.mac.user_id, GROUP_ID, 0
        )
        data += times * 4 + struct.pack("<qqiIIi2q", size, blocks, TRANSFER, 0, 0, 0, 0, 0)
    frame.memory.write(place, data)
    return 0
