"""exec, spawn, fork, wait, system: how one program becomes or starts another.

An exec ends the rehearsal. A child is noted and the parent goes on, so that what it does next
(wait, exit, host Python itself) is seen too; children are taken to run and to end well.
"""
# ruff: noqa: D103 - a model's name says which function it answers for

import errno
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from ...bundle.python_names import is_python
from ..ending import Ended, unknown
from ..guest.darwin_errno import from_host
from ..guest.filesystem import FileError, Status
from ..guest.process import Child, OpenFile
from ..guest.text import show, to_bytes, to_text
from ..machine.frame import Frame
from ..machine.models import models
from ..result import Outcome
from ..shell.scripts import shell_command
from .libc.process_state import environment, fail, lookup, variable

ABSENT = frozenset({"/usr/bin/python", "/usr/bin/python2", "/usr/bin/python2.7"})
"""Programs that older systems had: macOS 12.3 removed them."""
SETEXEC = 0x40
"""POSIX_SPAWN_SETEXEC of macOS' sys/spawn.h: replace this process."""
DEFAULT_PATH = b"/usr/bin:/bin"
MAX_CHILDREN = 50


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


NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


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


def _path_variable(frame: Frame) -> bytes | None:
    found = variable(frame.machine, b"PATH")
    return found[1] if found else None


def replace(
    frame: Frame, path: str, argv: Sequence[bytes], variables: Sequence[bytes], *, by_name: bool
) -> int:
    """Do what exec does. Raises Ended where it succeeds."""
    try:
        target = search(frame, path, _path_variable(frame)) if by_name else runnable(frame, path)
    except FileError as error:
        frame.process.replaced = f"{frame.name} of {show(path)}"
        if path and error.code in NOT_THERE:
            absolute = frame.machine.files.absolute(path, frame.process.folder)
            if frame.machine.files.holds(absolute):
                frame.process.lacks(absolute)
        return fail(frame, error)
    raise Ended(
        Outcome.EXEC,
        f"It replaces itself with {target}.",
        call=frame.name,
        target=target,
        argv=[to_text(word) for word in argv],
        environment=list(variables),
    )


@models("execv", "execvp")
def execv(frame: Frame) -> int:
    path, argv = frame.path(0), frame.texts(1)
    by_name = frame.name == "execvp"
    return replace(frame, path, argv, environment(frame.machine), by_name=by_name)


@models("execve", "execvpe")
def execve(frame: Frame) -> int:
    path, argv = frame.path(0), frame.texts(1)
    variables = frame.texts(2) if frame.pointer(2) else []
    return replace(frame, path, argv, variables, by_name=frame.name == "execvpe")


@models("execvP")
def execv_p(frame: Frame) -> int:
    path, folders, argv = frame.path(0), frame.text(1), frame.texts(2)
    try:
        target = search(frame, path, folders)
    except FileError as error:
        return fail(frame, error)
    return replace(frame, target, argv, environment(frame.machine), by_name=False)


@models("execl", "execlp", "execle")
def execl(frame: Frame) -> int:
    path, first = frame.path(0), frame.text_or_none(1)
    arguments = frame.variadic(2)
    argv = [first, *arguments.texts()] if first is not None else []
    if frame.name == "execle":
        place = arguments.word()
        variables = frame.memory.texts(place) if place else []
    else:
        variables = environment(frame.machine)
    return replace(frame, path, argv, variables, by_name=frame.name == "execlp")


# ---- children ------------------------------------------------------------------------------------


def start(
    frame: Frame,
    call: str,
    target: str,
    argv: Sequence[str],
    variables: Sequence[bytes] | None = None,
    folder: str | None = None,
) -> Child:
    """Note a program that is started as a child."""
    process = frame.process
    if len(process.children) >= MAX_CHILDREN:
        raise Ended(
            Outcome.BUDGET, f"It starts more than {MAX_CHILDREN} programs.", call="children"
        )
    if variables is None:
        variables = environment(frame.machine)
    child = Child(
        call, target, tuple(argv), tuple(variables), folder or process.folder, process.next_child
    )
    process.next_child += 1
    process.children.append(child)
    process.milestone(call)
    return child


@dataclass(slots=True)
class SpawnState:
    """Settings for posix_spawn, by the address of their object; a fork copies them."""

    flags: dict[int, int] = field(default_factory=dict)
    """Of a posix_spawnattr_t."""
    folders: dict[int, str] = field(default_factory=dict)
    """The last change of folder in a posix_spawn_file_actions_t."""


@models("posix_spawn", "posix_spawnp")
def posix_spawn(frame: Frame) -> int:
    """Gives an error number, not -1."""
    place, path = frame.pointer(0), frame.path(1)
    argv = frame.texts(4) if frame.pointer(4) else []
    variables = frame.texts(5) if frame.pointer(5) else environment(frame.machine)
    state = frame.process.state_of(SpawnState)
    flags = state.flags.get(frame.raw(3), 0) if frame.raw(3) else 0
    folder = state.folders.get(frame.raw(2))
    if flags & SETEXEC:
        frame.note(3, "SETEXEC")
    try:
        if frame.name == "posix_spawnp":
            target = search(frame, path, _path_variable(frame))
        else:
            target = runnable(frame, path)
    except FileError as error:
        fail(frame, error)
        return from_host(error.code)
    words = [to_text(word) for word in argv]
    if flags & SETEXEC:
        if folder:
            frame.process.folder = folder
        raise Ended(
            Outcome.EXEC,
            f"It replaces itself with {target} ({frame.name} with POSIX_SPAWN_SETEXEC).",
            call=frame.name,
            target=target,
            argv=words,
            environment=variables,
        )
    child = start(frame, frame.name, target, words, variables, folder)
    if place:
        frame.memory.put_u32(place, child.process_id)
    return 0


@models(
    "posix_spawnattr_init", "posix_spawnattr_destroy", "posix_spawnattr_setsigdefault",
    "posix_spawnattr_setsigmask", "posix_spawnattr_setpgroup", "posix_spawnattr_setbinpref_np",
    "posix_spawnattr_set_qos_class_np", "posix_spawn_file_actions_init",
    "posix_spawn_file_actions_destroy", "posix_spawn_file_actions_addclose",
    "posix_spawn_file_actions_adddup2", "posix_spawn_file_actions_addopen",
    "posix_spawn_file_actions_addinherit_np", "responsibility_spawnattrs_setdisclaim",
    "posix_spawnattr_setarchpref_np",
)  # fmt: skip
def spawn_settings(frame: Frame) -> int:
    """Settings that do not change which program runs with what."""
    frame.pointer(0)
    return 0


@models("posix_spawnattr_setflags")
def spawn_flags(frame: Frame) -> int:
    flags = frame.raw(1) & 0xFFFF
    frame.note(1, f"{flags:#x}")
    frame.process.state_of(SpawnState).flags[frame.pointer(0)] = flags
    return 0


@models("posix_spawnattr_getflags")
def spawn_get_flags(frame: Frame) -> int:
    flags = frame.process.state_of(SpawnState).flags.get(frame.pointer(0), 0)
    frame.memory.write(frame.pointer(1), struct.pack("<H", flags))
    return 0


@models("posix_spawn_file_actions_addchdir_np", "posix_spawn_file_actions_addchdir")
def spawn_folder(frame: Frame) -> int:
    path = frame.path(1)
    folder = frame.machine.files.absolute(path, frame.process.folder)
    frame.process.state_of(SpawnState).folders[frame.pointer(0)] = folder
    return 0


@models("fork", "vfork")
def fork(frame: Frame) -> int:
    """The child is followed first, to its end; then the parent goes on with what it became."""
    machine = frame.machine
    before = len(machine.process.children)
    number = machine.process.next_child
    end = machine.fork(number)
    for grandchild in machine.child.children[before:]:
        grandchild.reaped = True  # is not the parent's to wait for
        frame.process.children.append(grandchild)
    frame.process.next_child = max(frame.process.next_child, machine.child.next_child)
    if end.outcome == Outcome.EXIT:
        child = start(frame, frame.name, frame.process.executable, ())
        child.program = False
        child.exit_status = machine.child.exit_status or 0
        frame.says(f"{child.process_id}, whose process ended by itself")
    elif end.outcome == Outcome.EXEC:
        child = start(
            frame, frame.name, end.target or "", end.argv, end.environment, machine.child.folder
        )
        frame.says(f"{child.process_id}, which became {end.target} by {end.call}")
    elif machine.child.python.started_by:
        child = start(
            frame,
            frame.name,
            frame.process.executable,
            machine.child.python.argv,
            end.environment,
            machine.child.folder,
        )
        frame.says(f"{child.process_id}, which runs Python in a copy of this process")
    elif end.outcome == Outcome.BUDGET:
        raise end
    else:
        message = f"In a forked child: {end.message}"
        raise Ended(end.outcome, message, call=end.call, error=end.error) from end
    frame.process.output = machine.child.output
    return child.process_id


@models("waitpid", "wait", "wait4", "wait3")
def waitpid(frame: Frame) -> int:
    wanted = -1
    place = frame.pointer(0)
    if frame.name in ("waitpid", "wait4"):
        wanted, place = frame.integer(0), frame.pointer(1)
    for child in frame.process.children:
        if not child.reaped and wanted in (-1, 0, child.process_id):
            child.reaped = child.waited_for = True
            if place:
                frame.memory.put_u32(place, (child.exit_status & 0xFF) << 8)
            return child.process_id
    return fail(frame, "ECHILD")


@models("waitid")
def waitid(frame: Frame) -> int:
    for child in frame.process.children:
        if not child.reaped:
            child.reaped = child.waited_for = True
            return 0
    return fail(frame, "ECHILD")


# ---- by a shell ----------------------------------------------------------------------------------


@models("system")
def system(frame: Frame) -> int:
    command = frame.text_or_none(0)
    if command is None:
        return 1
    _shell(frame, to_text(command), waited_for=True)
    return 0


@models("popen")
def popen(frame: Frame) -> int:
    """What the command prints is not known: reading it ends the rehearsal."""
    command, mode = frame.path(0), frame.path(1)
    _shell(frame, command, waited_for=False)
    stream = frame.memory.keep(bytes(160))
    file = OpenFile("unknown" if "r" in mode else "null", writable="w" in mode)
    frame.process.streams[stream] = frame.process.open(file)
    return stream


@models("pclose")
def pclose(frame: Frame) -> int:
    descriptor = frame.process.streams.pop(frame.pointer(0), -1)
    frame.process.descriptors.pop(descriptor, None)
    if frame.process.children:
        frame.process.children[-1].waited_for = True
    return 0


def _shell(frame: Frame, command: str, *, waited_for: bool) -> None:
    """Note what the shell starts; the shell itself where its command cannot be read."""
    machine = frame.machine
    pairs = [to_text(pair).partition("=") for pair in environment(machine)]
    found = shell_command(
        machine.files,
        frame.process,
        machine.spending,
        machine.trace,
        command,
        {name: value for name, _, value in pairs},
        frame.name,
    )
    if found is None:
        found = [start(frame, frame.name, "/bin/sh", ("sh", "-c", command))]
        frame.process.children.pop()
    for child in found:
        child.reaped = True
        child.waited_for = (waited_for and child.waited_for) or frame.name == "system"
        frame.process.children.append(child)
    frame.process.milestone(frame.name)


# ---- what the system says of programs ------------------------------------------------------------


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
