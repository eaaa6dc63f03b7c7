"""The guest's process but for its memory: in goes what calls change, out what others ask.

A fork copies all of this, so nothing here refers to the machine.
"""

from dataclasses import dataclass, field

from .effects import MAX_EFFECTS, Effect, EffectKind
from .filesystem import Scratch, Status
from .pretended_mac import PretendedMac
from .states import State, States


@dataclass(slots=True)
class Child:
    """A program that was started as a child."""

    call: str
    target: str
    argv: tuple[str, ...]
    environment: tuple[bytes, ...]
    working_directory: str
    process_id: int
    waited_for: bool = False
    reaped: bool = False
    exit_status: int = 0
    program: bool = True
    """False for a fork whose child ended without starting one."""


@dataclass(slots=True)
class OpenFile:
    """What a file descriptor stands for."""

    kind: str
    """`file`, `pipe`, `output` (stdout, stderr), `null`."""
    status: Status | None = None
    position: int = 0
    readable: bool = True
    writable: bool = False
    append: bool = False
    data: bytearray = field(default_factory=bytearray)
    """Of a pipe."""
    end_of_file: bool = False
    names: list[str] | None = None
    """Of a folder opened with opendir, what is still to be read."""


@dataclass(slots=True)
class PythonState:
    """What Python has been told before and since it was started."""

    initialized_by: str | None = None
    started_by: str | None = None
    argv: list[str] = field(default_factory=list)
    program_name: str | None = None
    home: str | None = None
    settings: dict[str, str] = field(default_factory=dict)
    runs: str | None = None


@dataclass(slots=True)
class Process:
    """State of one process."""

    executable: str
    """Its path in the guest."""
    folder: str = "/"
    """Working directory."""
    descriptors: dict[int, OpenFile] = field(default_factory=dict)
    streams: dict[int, int] = field(default_factory=dict)
    """Descriptor by the address of its FILE."""
    scratch: Scratch = field(default_factory=Scratch)
    children: list[Child] = field(default_factory=list)
    next_child: int = 0
    libraries: dict[int, str] = field(default_factory=dict)
    """Path by handle of dlopen."""
    python_library: str | None = None
    python: PythonState = field(default_factory=PythonState)
    milestones: list[str] = field(default_factory=list)
    output: bytearray = field(default_factory=bytearray)
    exit_functions: list[tuple[int, int | None]] = field(default_factory=list)
    exit_status: int | None = None
    mask: int = 0o022
    replaced: str | None = None
    """A program it tried to run in its place, and that is not there."""
    lacking: list[str] = field(default_factory=list)
    """Programs and libraries of the bundle that it tried to run or load, and that are not there."""
    effects: list[Effect] = field(default_factory=list)
    """What is done besides, in order."""
    process_id: int = 0
    states: States = field(default_factory=States)
    """What each library keeps in the process."""

    def state_of(self, kind: type[State]) -> State:
        """What a library keeps in this process; a fork copies it."""
        return self.states.of(kind)

    def milestone(self, name: str) -> None:
        """Note that the process has come this far; each is noted once."""
        if name not in self.milestones and len(self.milestones) < 200:
            self.milestones.append(name)

    def does(self, kind: EffectKind, what: str) -> None:
        """Note something that is done besides starting programs; each is noted once."""
        effect = Effect(kind, what)
        if effect not in self.effects and len(self.effects) < MAX_EFFECTS:
            self.effects.append(effect)

    def lacks(self, path: str) -> None:
        """Note that a file of the bundle is not there."""
        if path not in self.lacking and len(self.lacking) < 20:
            self.lacking.append(path)

    def open(self, file: OpenFile) -> int:
        """Give a file the lowest free descriptor."""
        number = 0
        while number in self.descriptors:
            number += 1
        self.descriptors[number] = file
        return number


def new_process(path: str, mac: PretendedMac) -> Process:
    """A process as LaunchServices starts it: in `/`, with its output going nowhere."""
    process = Process(path, process_id=mac.process_id, next_child=mac.process_id + 1)
    process.descriptors[0] = OpenFile("null")
    process.descriptors[1] = OpenFile("output", writable=True)
    process.descriptors[2] = OpenFile("output", writable=True)
    return process
