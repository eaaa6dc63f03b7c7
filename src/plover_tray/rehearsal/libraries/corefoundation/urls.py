"""CFURL of files: made from paths, taken apart, given back as paths."""
# ruff: noqa: D103 - a model's name says which function it answers for

from dataclasses import dataclass, field
from urllib.parse import unquote

from ...guest import path_text
from ...guest.filesystem import FileError
from ...guest.text import to_bytes, to_text
from ...machine.frame import Frame
from ...machine.models import models
from ...machine.objects import Data, Url
from ..libc.process_state import lookup
from ..main_bundle import MAX_PLIST, read_file
from ..values import give, give_text
from .values import into_buffer, string, url

FILE_NOT_FOUND = -43
"""fnfErr of macOS' MacErrors.h."""


@dataclass(slots=True)
class CoreFoundationState:
    """What CoreFoundation and the old File Manager keep; forks share it."""

    fs_refs: dict[int, str] = field(default_factory=dict)
    """Paths by the number that stands in their FSRef."""


def _absolute(frame: Frame, path: str) -> str:
    given = path if path.startswith("/") else f"{frame.process.folder}/{path}"
    return path_text.clean(given)


@models("CFURLCreateWithFileSystemPath")
def with_path(frame: Frame) -> int:
    """(allocator, path, style, is a folder)"""
    path = string(frame, 1)
    relative = None if path.startswith("/") else path
    folder = bool(frame.raw(3) & 0xFF)
    return give(frame, Url(path=_absolute(frame, path), is_folder=folder, relative=relative))


@models("CFURLCreateWithFileSystemPathRelativeToBase")
def relative_to_base(frame: Frame) -> int:
    """(allocator, path, style, is a folder, base)"""
    path = string(frame, 1)
    if not frame.raw(4) or path.startswith("/"):
        return with_path(frame)
    base = url(frame, 4)
    start = base.path if base.is_folder else path_text.parent(base.path)
    folder = bool(frame.raw(3) & 0xFF)
    resolved = path_text.standardize(f"{start}/{path}", frame.mac.home)
    return give(frame, Url(path=resolved, is_folder=folder, relative=path))


@models("CFURLCreateWithString")
def from_string(frame: Frame) -> int:
    """(allocator, string, base): `%20` and its like stand for their characters."""
    given = string(frame, 1)
    path = unquote(given.removeprefix("file://").removeprefix("localhost"))
    scheme, colon, _ = given.partition("://")
    if colon and scheme != "file":
        return give(frame, Url(path=given, scheme=scheme))
    if path.startswith("/") or not frame.raw(2):
        return give(frame, Url(path=_absolute(frame, path), is_folder=path.endswith("/")))
    base = url(frame, 2)
    start = base.path if base.is_folder else path_text.parent(base.path)
    resolved = path_text.standardize(f"{start}/{path}", frame.mac.home)
    return give(frame, Url(path=resolved, is_folder=path.endswith("/"), relative=path))


@models("CFURLCreateFromFileSystemRepresentation", "CFURLCreateWithBytes")
def from_bytes(frame: Frame) -> int:
    """(allocator, bytes, length, is a folder)"""
    path = to_text(frame.memory.read(frame.pointer(1), frame.size(2)))
    if frame.name == "CFURLCreateWithBytes":
        path = path.removeprefix("file://").removeprefix("localhost")
    folder = bool(frame.raw(3) & 0xFF) if "System" in frame.name else path.endswith("/")
    relative = None if path.startswith("/") else path
    return give(frame, Url(path=_absolute(frame, path), is_folder=folder, relative=relative))


@models("CFURLCreateCopyAppendingPathComponent")
def append(frame: Frame) -> int:
    value, added = url(frame, 1), string(frame, 2)
    return give(
        frame,
        Url(
            path=path_text.append(value.path, added),
            is_folder=bool(frame.raw(3) & 0xFF),
            relative=path_text.append(value.relative, added) if value.relative else None,
        ),
    )


@models("CFURLCreateCopyDeletingLastPathComponent")
def parent(frame: Frame) -> int:
    value = url(frame, 1)
    relative = None
    if value.relative:
        relative = path_text.parent(value.relative) or "."
    return give(frame, Url(path=path_text.parent(value.path), is_folder=True, relative=relative))


@models("CFURLCreateCopyDeletingPathExtension")
def without_extension(frame: Frame) -> int:
    return give(frame, Url(path=path_text.without_extension(url(frame, 1).path)))


@models("CFURLCreateCopyAppendingPathExtension")
def with_extension(frame: Frame) -> int:
    return give(frame, Url(path=path_text.with_extension(url(frame, 1).path, string(frame, 2))))


@models("CFURLCopyAbsoluteURL")
def absolute(frame: Frame) -> int:
    value = url(frame, 0)
    return give(frame, Url(path=value.path, is_folder=value.is_folder))


@models("CFURLCopyFileSystemPath", "CFURLCopyPath")
def copy_path(frame: Frame) -> int:
    """Of a relative URL the relative path."""
    value = url(frame, 0)
    path = value.relative or value.path
    if frame.name == "CFURLCopyPath" and value.is_folder:
        path += "/"
    return give_text(frame, path)


@models("CFURLGetString")
def get_string(frame: Frame) -> int:
    value = url(frame, 0)
    end = "/" if value.is_folder else ""
    return give_text(frame, f"{value.relative or 'file://' + value.path}{end}")


@models("CFURLCopyLastPathComponent")
def last(frame: Frame) -> int:
    return give_text(frame, path_text.last(url(frame, 0).path))


@models("CFURLCopyPathExtension")
def extension(frame: Frame) -> int:
    found = path_text.extension(url(frame, 0).path)
    return give_text(frame, found or None)


@models("CFURLGetFileSystemRepresentation")
def file_system(frame: Frame) -> int:
    """(url, resolve against base, buffer, room)"""
    value, resolve = url(frame, 0), frame.raw(1) & 0xFF
    frame.note(1, str(bool(resolve)))
    path = value.path if resolve or value.relative is None else value.relative
    return into_buffer(frame, frame.pointer(2), frame.size(3), to_bytes(path))


@models("CFURLResourceIsReachable", "CFURLHasDirectoryPath")
def is_reachable(frame: Frame) -> int:
    value = url(frame, 0)
    if frame.name == "CFURLHasDirectoryPath":
        return int(value.is_folder)
    try:
        lookup(frame, value.path)
    except FileError:
        return 0
    return 1


@models("CFURLCreateDataAndPropertiesFromResource")
def read_resource(frame: Frame) -> int:
    """(allocator, url, data, ...): the old way to read a file."""
    try:
        data = read_file(frame.machine, url(frame, 1).path, MAX_PLIST)
    except FileError:
        return 0
    if place := frame.pointer(2):
        frame.memory.put_u64(place, frame.machine.objects.add(Data(data=data)))
    return 1


@models("FSPathMakeRef", "FSRefMakePath")
def fs_ref(frame: Frame) -> int:
    """An FSRef is 80 bytes that only the system reads: the number of the path is put there."""
    paths = frame.machine.state_of(CoreFoundationState).fs_refs
    if frame.name == "FSPathMakeRef":
        path = frame.path(0)
        try:
            found = lookup(frame, path).path
        except FileError:
            return FILE_NOT_FOUND
        number = len(paths) + 1
        paths[number] = found
        frame.memory.put_u64(frame.pointer(1), number)
        return 0
    known = paths.get(frame.memory.u64(frame.pointer(0)))
    if known is None:
        return FILE_NOT_FOUND
    into_buffer(frame, frame.pointer(1), frame.raw(2) & 0xFFFFFFFF, to_bytes(known))
    return 0
