"""mkdir, rename, opendir and others over names; layouts are those of macOS' sys/dirent.h.

Nothing is changed on any disk: in the bundle it fails (EROFS), elsewhere it is kept in memory.
"""
# ruff: noqa: D103 - a model's name says which function it answers for

import struct

from ...guest.filesystem import FileError
from ...guest.process import OpenFile
from ...guest.text import to_bytes
from ...machine.frame import Frame
from ...machine.models import models
from .files import O_CREAT, open_file
from .process_state import fail, lookup


@models("mkdir", "unlink", "rmdir", "remove", "chmod", "utimes", "mkfifo", "truncate", "chown")
def change(frame: Frame) -> int:
    """Change names outside the bundle."""
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
    number = len(frame.process.scratch.folders) + len(frame.process.scratch.files)
    made = f"{text[:-6]}{frame.mac.random_name[:4]}{number:02d}"
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
