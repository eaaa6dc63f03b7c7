"""Which program a path or a name runs, as far as it can be told."""
# ruff: noqa: D103 - a model's name says which function it answers for

import errno

from ....bundle.python_names import is_python
from ...ending import unknown
from ...guest.filesystem import FileError, Status
from ...guest.text import to_bytes, to_text
from ...machine.frame import Frame
from ...machine.models import models
from ..libc.process_state import lookup, variable

ABSENT = frozenset({"/usr/bin/python", "/usr/bin/python2", "/usr/bin/python2.7"})
"""Programs that older systems had: macOS 12.3 removed them."""
DEFAULT_PATH = b"/usr/bin:/bin"
"""What execvp searches without PATH (_PATH_DEFPATH of macOS' paths.h)."""


def runnable(frame: Frame, path: str) -> str:
    """The absolute path of a program that could be run. Raises FileError.

    What lies outside the bundle and is not known to be missing is taken to be there: the executable
    says that it runs it.
    """
    process, files = frame.process, frame.machine.files
    absolute = files.absolute(path, process.folder)
    try:
        found: Status = files.status(absolute, process.scratch)
    except FileError as error:
        there = files.holds(absolute) or absolute in ABSENT
        if error.code == errno.ENOENT and not there:
            return absolute
        raise
    if not found.is_file or not found.executable:
        raise FileError(errno.EACCES)
    return absolute


def search(frame: Frame, name: str, folders: bytes | None) -> str:
    """What execvp runs for a bare name: the first in PATH that is there. Raises FileError."""
    if "/" in name:
        return runnable(frame, name)
    if not name:
        raise FileError(errno.ENOENT)
    process, files = frame.process, frame.machine.files
    for folder in to_text(folders if folders is not None else DEFAULT_PATH).split(":"):
        path = files.absolute(f"{folder or '.'}/{name}", process.folder)
        try:
            found = files.status(path, process.scratch)
        except FileError:
            continue
        if found.is_file and found.executable:
            return path
    if not is_python(name):
        raise unknown(frame.name, f"whether a Mac has the program {name} is not known")
    raise FileError(errno.ENOENT)


def path_variable(frame: Frame) -> bytes | None:
    """The guest's PATH."""
    found = variable(frame.machine, b"PATH")
    return found[1] if found else None


@models("proc_pidpath")
def proc_pidpath(frame: Frame) -> int:
    frame.integer(0)
    place, size = frame.pointer(1), frame.raw(2) & 0xFFFFFFFF
    path = to_bytes(lookup(frame, frame.process.executable).path)
    frame.memory.write(place, (path + b"\0")[:size])
    frame.gives(path)
    return len(path)


@models("LSOpenFSRef", "LSOpenCFURLRef", "LSOpenFromURLSpec")
def launch_services(frame: Frame) -> int:
    raise unknown(frame.name, "what LaunchServices would open is not modelled")
