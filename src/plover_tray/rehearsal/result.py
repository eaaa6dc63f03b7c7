"""What a rehearsal found: frozen results.

Paths are those of the guest, where the bundle lies in /Applications; bytes that are no UTF-8 stand
as surrogate escapes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .guest.effects import Effect


class Outcome(StrEnum):
    """How the rehearsal of one slice ended."""

    EXEC = "exec"
    """The process replaces itself with another program."""
    SPAWN = "spawn"
    """Another program is started as a child, and the process itself runs no Python."""
    PYTHON = "python"
    """Python is started in this very process."""
    EXIT = "exit"
    """The process ends by itself, and has started nothing."""
    UNKNOWN_CALL = "unknown-call"
    """A function, method or construct that has no model: what follows is not known."""
    BUDGET = "budget"
    """A bound was reached: instructions, time, memory, stack, calls, output."""
    FAULT = "fault"
    """The code reads or writes where nothing is, or is damaged: a Mac would kill it too."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call that was answered by a model."""

    name: str
    """`snprintf`, `-[NSBundle bundlePath]`, a shell command's name."""
    arguments: tuple[str, ...]
    """As far as the model looked at them."""
    result: str

    def __str__(self) -> str:
        return f"{self.name}({', '.join(self.arguments)}) = {self.result}"


@dataclass(frozen=True, slots=True)
class StartedProgram:
    """A program started as a child."""

    call: str
    """`posix_spawn`, `fork+execv`, `-[NSTask launch]`, `system`, ..."""
    target: str
    target_in_bundle: str | None
    argv: tuple[str, ...]
    environment: Mapping[str, str | None]
    """Changes against the environment the app was opened with."""
    working_directory: str | None
    waited_for: bool
    """Whether the parent waits for its end."""


@dataclass(frozen=True, slots=True)
class PythonStart:
    """How Python is started in the process."""

    call: str
    """`Py_BytesMain`, `Py_RunMain`, `PyRun_SimpleFileExFlags`, ..."""
    argv: tuple[str, ...]
    """What Python is given as its command line or as sys.argv; empty where it is given none."""
    program_name: str | None
    home: str | None
    settings: Mapping[str, str]
    """Further settings by the name of their field in PyConfig, lists as JSON."""
    runs: str | None
    """What is run where argv does not say it: `file PATH`, `module NAME`, `code TEXT`."""


@dataclass(frozen=True, slots=True)
class SliceRehearsal:
    """What one slice does; a script counts as one slice named `sh`."""

    arch: str
    outcome: Outcome
    message: str
    """One sentence for people."""
    call: str | None = None
    """The call that made the outcome, or the one that has no model."""
    target: str | None = None
    """The program that is run instead, or the script or interpreter that a shell starts."""
    target_in_bundle: str | None = None
    """The same relative to the bundle, symlinks resolved; None where it lies outside."""
    argv: tuple[str, ...] = ()
    environment: Mapping[str, str | None] = field(default_factory=dict)
    """Changes that the code made: the new value, or None where the variable was removed."""
    working_directory: str | None = None
    """Where the code went with chdir; None where it stayed."""
    library: str | None = None
    """The libpython that is loaded into the process."""
    library_in_bundle: str | None = None
    python: PythonStart | None = None
    started: tuple[StartedProgram, ...] = ()
    effects: tuple[Effect, ...] = ()
    """What it does besides: to files, limits, output, other programs."""
    lacking: tuple[str, ...] = ()
    """Programs and libraries of the bundle that are not there, where the process tried to run or
    load them and then ended with an error."""
    milestones: tuple[str, ...] = ()
    """In order: `NSApplication`, `dlopen`, `Py_BytesMain`, ..."""
    output: str = ""
    """What was printed on stdout and stderr, cut to a few lines."""
    trace: tuple[Call, ...] = ()
    error: Exception | None = field(default=None, repr=False, compare=False)
    """An error of plover-tray's own that ended the rehearsal, with its traceback; not in the
    JSON."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What the main executable does, slice by slice."""

    slices: tuple[SliceRehearsal, ...]
