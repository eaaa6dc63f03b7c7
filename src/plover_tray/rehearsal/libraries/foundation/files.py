"""NSURL of files, NSFileManager, and the functions that name a user's folders."""
# ruff: noqa: D103 - a model's name says which function it answers for

from ...ending import unknown
from ...guest import path_text
from ...guest.filesystem import FileError, Status
from ...machine.frame import Frame
from ...machine.models import models
from ...machine.objects import Array, ClassObject, Data, Instance, Text, Url
from ..libc.process_state import lookup
from ..main_bundle import MAX_PLIST, read_file
from ..objc.methods import methods
from ..values import give, give_text, plain
from .state import FoundationState
from .values import give_url, receiver, text

# ---- NSURL ---------------------------------------------------------------------------------------


@methods("+[NSURL fileURLWithPath:]", "-[NSURL initFileURLWithPath:]",
         "+[NSURL fileURLWithPath:isDirectory:]", "-[NSURL initFileURLWithPath:isDirectory:]",
         "+[NSURL URLWithString:]", "-[NSURL initWithString:]")  # fmt: skip
def url(frame: Frame) -> int:
    given = text(frame, 0)
    scheme = "file"
    if "WithString" in frame.name:
        scheme, _, given = given.rpartition("://")
    elif not given.startswith("/"):
        given = f"{frame.process.folder}/{given}"
    value = frame.receiver if isinstance(frame.receiver, Url) else Url()
    value.path, value.scheme = path_text.clean(given), scheme
    return give(frame, value)


@methods("-[NSURL path]", "-[NSURL relativePath]")
def path(frame: Frame) -> int:
    return give_text(frame, receiver(frame, Url).path)


@methods("-[NSURL absoluteString]")
def absolute_string(frame: Frame) -> int:
    value = receiver(frame, Url)
    return give_text(frame, f"{value.scheme}://{value.path}{'/' if value.is_folder else ''}")


@methods("-[NSURL absoluteURL]", "-[NSURL filePathURL]", "-[NSURL standardizedURL]")
def absolute_url(frame: Frame) -> int:
    return give(frame, receiver(frame, Url))


@methods("-[NSURL URLByAppendingPathComponent:]",
         "-[NSURL URLByAppendingPathComponent:isDirectory:]")  # fmt: skip
def append(frame: Frame) -> int:
    return give_url(frame, path_text.append(receiver(frame, Url).path, text(frame, 0)))


@methods("-[NSURL URLByDeletingLastPathComponent]")
def parent(frame: Frame) -> int:
    return give_url(frame, path_text.parent(receiver(frame, Url).path), folder=True)


@methods("-[NSURL URLByDeletingPathExtension]")
def without_extension(frame: Frame) -> int:
    return give_url(frame, path_text.without_extension(receiver(frame, Url).path))


@methods("-[NSURL URLByResolvingSymlinksInPath]", "-[NSURL URLByStandardizingPath]")
def resolve(frame: Frame) -> int:
    given = receiver(frame, Url).path
    try:
        given = lookup(frame, given).path
    except FileError:
        given = path_text.standardize(given, frame.mac.home)
    return give_url(frame, given)


@methods("-[NSURL lastPathComponent]")
def last(frame: Frame) -> int:
    return give_text(frame, path_text.last(receiver(frame, Url).path))


@methods("-[NSURL pathExtension]")
def extension(frame: Frame) -> int:
    return give_text(frame, path_text.extension(receiver(frame, Url).path))


@methods("-[NSURL isFileURL]")
def is_file(frame: Frame) -> int:
    return int(receiver(frame, Url).scheme == "file")


@methods("-[NSURL checkResourceIsReachableAndReturnError:]")
def is_reachable(frame: Frame) -> int:
    return int(_status(frame, receiver(frame, Url).path) is not None)


# ---- NSFileManager -------------------------------------------------------------------------------


def _status(frame: Frame, given: str) -> Status | None:
    try:
        return lookup(frame, given)
    except FileError:
        return None


@methods("+[NSFileManager defaultManager]", "+[NSFileManager new]")
def manager(frame: Frame) -> int:
    state = frame.machine.state_of(FoundationState)
    if state.file_manager is None:
        class_object = frame.receiver if isinstance(frame.receiver, ClassObject) else None
        state.file_manager = Instance("NSFileManager", of=class_object)
    return give(frame, state.file_manager)


@methods("-[NSFileManager fileExistsAtPath:]", "-[NSFileManager fileExistsAtPath:isDirectory:]")
def exists(frame: Frame) -> int:
    found = _status(frame, text(frame, 0))
    if "isDirectory" in frame.name and found is not None and (place := frame.pointer(1)):
        frame.memory.write(place, bytes([found.is_directory]))
    return int(found is not None)


@methods("-[NSFileManager isExecutableFileAtPath:]")
def is_executable(frame: Frame) -> int:
    found = _status(frame, text(frame, 0))
    return int(found is not None and found.executable)


@methods("-[NSFileManager isReadableFileAtPath:]")
def is_readable(frame: Frame) -> int:
    return int(_status(frame, text(frame, 0)) is not None)


@methods("-[NSFileManager isWritableFileAtPath:]")
def is_writable(frame: Frame) -> int:
    found = _status(frame, text(frame, 0))
    return int(found is not None and frame.machine.files.writable(found.path))


@methods("-[NSFileManager currentDirectoryPath]")
def folder(frame: Frame) -> int:
    return give_text(frame, frame.process.folder)


@methods("-[NSFileManager changeCurrentDirectoryPath:]")
def change_folder(frame: Frame) -> int:
    found = _status(frame, text(frame, 0))
    if found is None or not found.is_directory:
        return 0
    frame.process.folder = found.path
    return 1


@methods("-[NSFileManager contentsAtPath:]", "+[NSData dataWithContentsOfFile:]",
         "-[NSData initWithContentsOfFile:]", "+[NSData dataWithContentsOfURL:]")  # fmt: skip
def contents(frame: Frame) -> int:
    try:
        return give(frame, Data(data=read_file(frame.machine, text(frame, 0), MAX_PLIST)))
    except FileError:
        return give(frame, None)


@methods("-[NSFileManager contentsOfDirectoryAtPath:error:]")
def names(frame: Frame) -> int:
    try:
        found = lookup(frame, text(frame, 0))
        listed = frame.machine.files.names(found, frame.process.scratch)
    except FileError:
        return give(frame, None)
    return give(frame, Array(items=[Text(text=name) for name in listed]))


@methods("-[NSFileManager destinationOfSymbolicLinkAtPath:error:]")
def destination(frame: Frame) -> int:
    try:
        return give_text(frame, lookup(frame, text(frame, 0), follow=False).link)
    except FileError:
        return give(frame, None)


@methods(
    "-[NSFileManager createDirectoryAtPath:withIntermediateDirectories:attributes:error:]",
    "-[NSFileManager createDirectoryAtURL:withIntermediateDirectories:attributes:error:]",
)
def create_folder(frame: Frame) -> int:
    """Made in memory; not in the bundle, nor where the user may not write."""
    files, scratch = frame.machine.files, frame.process.scratch
    try:
        path_ = path_text.clean(files.absolute(text(frame, 0), frame.process.folder))
    except FileError:
        return 0
    parts = path_.split("/")
    for count in range(2, len(parts) + 1):
        place = "/".join(parts[:count])
        try:
            files.status(place, scratch)
            continue
        except FileError:
            pass
        try:
            _, name = files.parent(place, scratch)
        except FileError:
            return 0
        if not files.writable(name):
            return 0
        scratch.folders.add(name)
    return 1


@methods("-[NSFileManager removeItemAtPath:error:]")
def remove(frame: Frame) -> int:
    found = _status(frame, text(frame, 0))
    if found is None or found.path not in frame.process.scratch.files:
        return 0
    del frame.process.scratch.files[found.path]
    return 1


# ---- a user's folders ----------------------------------------------------------------------------

_DIRECTORIES = {
    1: "/Applications",
    5: "~/Library",
    9: "~/Documents",
    12: "~/Desktop",
    13: "~/Library/Caches",
    14: "~/Library/Application Support",
    15: "~/Downloads",
}
"""NSSearchPathDirectory's numbers, for the user's domain (NSPathUtilities.h)."""


@models("NSHomeDirectory")
def home(frame: Frame) -> int:
    return give_text(frame, frame.mac.home)


@methods("-[NSFileManager homeDirectoryForCurrentUser]")
def home_url(frame: Frame) -> int:
    return give_url(frame, frame.mac.home, folder=True)


@models("NSTemporaryDirectory")
def temporary(frame: Frame) -> int:
    return give_text(frame, frame.mac.temporary)


@methods("-[NSFileManager temporaryDirectory]")
def temporary_url(frame: Frame) -> int:
    return give_url(frame, path_text.clean(frame.mac.temporary), folder=True)


@models("NSUserName", "NSFullUserName")
def user_name(frame: Frame) -> int:
    return give_text(frame, frame.mac.user)


@models("NSSearchPathForDirectoriesInDomains")
def search_path(frame: Frame) -> int:
    found = _directory(frame, frame.size(0))
    return give(frame, Array(items=[Text(text=found)]))


@methods("-[NSFileManager URLsForDirectory:inDomains:]")
def urls_for_directory(frame: Frame) -> int:
    return give(frame, Array(items=[Url(path=_directory(frame, frame.size(0)), is_folder=True)]))


def _directory(frame: Frame, number: int) -> str:
    if number not in _DIRECTORIES:
        raise unknown(frame.name, f"its folder {number} has no model")
    return path_text.expand_tilde(_DIRECTORIES[number], frame.mac.home)


@methods("-[NSURL setResourceValue:forKey:error:]")
def set_resource_value(frame: Frame) -> int:
    return len(plain(receiver(frame, Url))) and 1
