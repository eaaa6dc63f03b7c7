"""What several families share of the process: errno, the environment, and paths."""
# ruff: noqa: D103 - a model's name says which function it answers for

from ...guest.darwin_errno import NUMBERS, from_host
from ...guest.filesystem import FileError, Status
from ...machine.emulator import Emulator
from ...machine.frame import Frame
from ...machine.models import data, models
from .state import LibcState

MAX_VARIABLES = 10_000


def errno_cell(machine: Emulator) -> int:
    """The address of errno."""
    state = machine.state_of(LibcState)
    if not state.errno:
        state.errno = machine.memory.keep(bytes(8))
    return state.errno


def fail(frame: Frame, error: str | FileError) -> int:
    """Set errno, by Darwin's name or from a file's error, and give -1."""
    number = NUMBERS[error] if isinstance(error, str) else from_host(error.code)
    frame.memory.put_u32(errno_cell(frame.machine), number)
    name = next(name for name, value in NUMBERS.items() if value == number)
    frame.says(f"-1 {name}")
    return -1


@models("__error")
def error(frame: Frame) -> int:
    frame.silent = True
    return errno_cell(frame.machine)


@data("environ")
def environ(machine: Emulator) -> int:
    """The variable that holds the list of `NAME=value`; made by `set_environment`."""
    return machine.state_of(LibcState).environ


@models("_NSGetEnviron")
def get_environ(frame: Frame) -> int:
    return environ(frame.machine)


def environment(machine: Emulator) -> list[bytes]:
    """The environment as the guest's memory holds it."""
    start = machine.memory.u64(environ(machine))
    return machine.memory.texts(start, MAX_VARIABLES) if start else []


def set_environment(machine: Emulator, variables: list[bytes]) -> None:
    """Replace the environment."""
    memory, state = machine.memory, machine.state_of(LibcState)
    if not state.environ:
        state.environ = memory.keep(bytes(8))
    pointers = [memory.allocate_text(variable) for variable in variables]
    set_environment_list(machine, pointers)


def set_environment_list(machine: Emulator, pointers: list[int]) -> None:
    """Replace the environment by strings that are in memory already."""
    memory = machine.memory
    place = memory.allocate(8 * len(pointers) + 8)
    memory.write(place, b"".join(p.to_bytes(8, "little") for p in [*pointers, 0]))
    memory.put_u64(environ(machine), place)


def variable(machine: Emulator, name: bytes) -> tuple[int, bytes] | None:
    """Address and text of a variable's value."""
    start = machine.memory.u64(environ(machine))
    for index in range(MAX_VARIABLES):
        pointer = machine.memory.u64(start + 8 * index) if start else 0
        if not pointer:
            return None
        text = machine.memory.text(pointer)
        if text.startswith(name + b"="):
            return pointer + len(name) + 1, text[len(name) + 1 :]
    return None


def lookup(frame: Frame, path: str, *, follow: bool = True) -> Status:
    """The status of `path` as seen from the working directory. Raises FileError."""
    process, files = frame.process, frame.machine.files
    return files.status(files.absolute(path, process.folder), process.scratch, follow=follow)
