"""realpath, dirname, basename, getcwd, chdir, readlink."""
# ruff: noqa: D103 - a model's name says which function it answers for

import errno

from ...guest.filesystem import FileError
from ...guest.path_text import basename_of, dirname_of
from ...guest.text import to_bytes, to_text
from ...machine.frame import Frame
from ...machine.models import models
from .process_state import fail, lookup
from .state import LibcState

MAXPATHLEN = 1024


@models("realpath", "__realpath_chk")
def realpath(frame: Frame) -> int:
    path = frame.path(0)
    try:
        found = to_bytes(lookup(frame, path).path)
    except FileError as error:
        fail(frame, error)
        return 0
    frame.gives(found)
    if place := frame.pointer(1):
        frame.memory.write(place, found + b"\0")
        return place
    return frame.memory.allocate_text(found)


@models("dirname")
def dirname(frame: Frame) -> int:
    """MacOS' keeps the result in a buffer of its own and leaves the argument alone."""
    text = frame.text_or_none(0)
    return _buffer(frame, "dirname", dirname_of(text or b""))


@models("basename")
def basename(frame: Frame) -> int:
    text = frame.text_or_none(0)
    return _buffer(frame, "basename", basename_of(text or b""))


@models("dirname_r", "basename_r")
def dirname_r(frame: Frame) -> int:
    of = dirname_of if frame.name == "dirname_r" else basename_of
    result, place = of(frame.text(0)), frame.pointer(1)
    frame.memory.write(place, result + b"\0")
    return place


def _buffer(frame: Frame, name: str, result: bytes) -> int:
    if len(result) >= MAXPATHLEN:
        fail(frame, FileError(errno.ENAMETOOLONG))
        return 0
    buffers = frame.machine.state_of(LibcState).path_buffers
    if name not in buffers:
        buffers[name] = frame.memory.keep(bytes(MAXPATHLEN))
    frame.gives(result)
    frame.memory.write(buffers[name], result + b"\0")
    return buffers[name]


@models("getcwd", "__getcwd_chk")
def getcwd(frame: Frame) -> int:
    place, size = frame.pointer(0), frame.size(1)
    folder = to_bytes(frame.process.folder) + b"\0"
    frame.gives(folder[:-1])
    if not place:
        return frame.memory.allocate_text(folder[:-1])
    if size < len(folder):
        fail(frame, "ERANGE")
        return 0
    frame.memory.write(place, folder)
    return place


@models("getwd")
def getwd(frame: Frame) -> int:
    frame.memory.write(frame.pointer(0), to_bytes(frame.process.folder) + b"\0")
    return frame.raw(0)


@models("chdir")
def chdir(frame: Frame) -> int:
    try:
        found = lookup(frame, frame.path(0))
    except FileError as error:
        return fail(frame, error)
    if not found.is_directory:
        return fail(frame, "ENOTDIR")
    frame.process.folder = found.path
    return 0


@models("fchdir")
def fchdir(frame: Frame) -> int:
    file = frame.process.descriptors.get(frame.integer(0))
    if file is None or file.status is None:
        return fail(frame, "EBADF")
    if not file.status.is_directory:
        return fail(frame, "ENOTDIR")
    frame.process.folder = file.status.path
    return 0


@models("readlink")
def readlink(frame: Frame) -> int:
    path, place, size = frame.path(0), frame.pointer(1), frame.size(2)
    try:
        found = lookup(frame, path, follow=False)
    except FileError as error:
        return fail(frame, error)
    if found.link is None:
        return fail(frame, "EINVAL")
    data = to_bytes(found.link)[:size]
    frame.memory.write(place, data)
    frame.note(1, f'"{to_text(data)}"')
    return len(data)
