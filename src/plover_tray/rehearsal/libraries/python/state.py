"""The libpython in the process, and the moment at which it runs the app's code."""

from ...ending import Ended
from ...guest.text import to_text
from ...machine.frame import Frame
from ...result import Outcome
from ..dyld import find_library, library_facts
from ..libc.wide import wide
from .fields import version_of


def library(frame: Frame) -> str | None:
    """The libpython in this process: opened with dlopen, or linked by the main executable."""
    process, machine = frame.process, frame.machine
    if process.python_library is None:
        for binding in machine.image.bindings:
            if binding.symbol == frame.symbol and binding.library:
                process.python_library = find_library(machine, binding.library)
                break
    return process.python_library


def version_in(frame: Frame) -> str | None:
    """The version of the libpython in this process: as its path says, or else it itself."""
    path = library(frame)
    if path is None:
        return None
    facts = library_facts(frame.machine, path)
    if (named := version_of(path)) is None and facts is not None and facts.version is not None:
        return f"{facts.version[0]}.{facts.version[1]}"
    return named


def begin(frame: Frame, *, runs: str | None = None) -> None:
    """End with Python running the app's code. Always raises Ended."""
    python = frame.process.python
    library(frame)
    python.started_by = frame.name
    python.runs = runs or python.runs
    frame.process.milestone(frame.name)
    raise Ended(
        Outcome.PYTHON, f"It runs Python in its own process ({frame.name}).", call=frame.name
    )


def initialized(frame: Frame) -> int:
    """Note that the interpreter is up."""
    library(frame)
    frame.process.python.initialized_by = frame.name
    frame.process.milestone(frame.name)
    return 0


def put_wide(frame: Frame, text: str) -> int:
    """Put a wchar_t string on the heap."""
    encoded = wide(text)
    address = frame.memory.allocate(len(encoded))
    frame.memory.write(address, encoded)
    return address


def wide_list(frame: Frame, count: int, place: int) -> list[str]:
    """At most `count` strings of a `wchar_t **`."""
    found = []
    for index in range(min(count, 100_000)):
        pointer = frame.memory.u64(place + 8 * index)
        if not pointer:
            break
        found.append(frame.memory.wide_text(pointer))
    return found


def bytes_list(frame: Frame, count: int, place: int) -> list[str]:
    """At most `count` strings of a `char **`."""
    found = []
    for index in range(min(count, 100_000)):
        pointer = frame.memory.u64(place + 8 * index)
        if not pointer:
            break
        found.append(to_text(frame.memory.text(pointer)))
    return found
