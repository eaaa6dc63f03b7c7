"""One rehearsal from the bundle to the result: chooses slices, sets the process up, reads its end."""

import os
import posixpath
import stat
from collections.abc import Sequence

from ..bundle import AppBundle, MainExecutable, show_path
from ..errors import BundleError, MachOError, RehearsalError
from ..macho import Slice
from .abi import ABIS
from .budget import Budget
from .ending import Ended
from .filesystem import GuestFiles
from .frame import to_bytes, to_text
from .image import read_image
from .libc.process_state import environment, set_environment
from .machine import Machine
from .model import Outcome, PythonStart, Rehearsal, SliceRehearsal, StartedProgram
from .process import Child, OpenFile, Process
from .system_paths import ENVIRONMENT

MAX_EXECUTABLE = 512 << 20
"""Bytes of one slice; Nuitka's onefile binaries are the largest there are."""


def rehearse_bundle(
    bundle: AppBundle,
    arguments: Sequence[str],
    added: dict[str, str],
    archs: Sequence[str] | None,
    budget: Budget,
) -> Rehearsal:
    """Do what `rehearse` says."""
    main = bundle.main
    if main is None:
        raise RehearsalError(
            f"There is no main executable: {show_path(bundle.executable_name or '?')} is missing.",
            mend="Put CFBundleExecutable into Info.plist and its file into Contents/MacOS.",
        )
    files = GuestFiles(bundle.path)
    variables = {**ENVIRONMENT, **added}
    if bundle.identifier:
        variables.setdefault("__CFBundleIdentifier", bundle.identifier)
    if main.kind == "script":
        raise RehearsalError("scripts: not yet")
    if main.macho is None:
        raise RehearsalError(
            f"The main executable {show_path(main.path)} is neither Mach-O nor a script.",
            mend="A Mac cannot run it; build the bundle again.",
        )
    chosen = [
        slice_
        for slice_ in main.macho.slices
        if slice_.arch in ABIS and (archs is None or slice_.arch in archs)
    ]
    if not chosen:
        raise RehearsalError(
            f"The main executable {show_path(main.path)} has no slice for arm64 or x86_64, only "
            f"{', '.join(main.macho.archs)}.",
            mend="Build it for arm64 and x86_64.",
        )
    return Rehearsal(
        tuple(
            _rehearse_slice(files, main, slice_, arguments, variables, budget) for slice_ in chosen
        )
    )


def _rehearse_slice(
    files: GuestFiles,
    main: MainExecutable,
    slice_: Slice,
    arguments: Sequence[str],
    variables: dict[str, str],
    budget: Budget,
) -> SliceRehearsal:
    path = f"{files.bundle}/{main.path}"
    if slice_.filetype != "execute":
        return SliceRehearsal(
            slice_.arch,
            Outcome.FAULT,
            f"It is no program but a Mach-O file of type {slice_.filetype}.",
        )
    try:
        image = read_image(path, slice_, _slice_bytes(files, main, slice_))
        machine = Machine(image, files, new_process(path), budget)
        given = [to_bytes(f"{name}={value}") for name, value in variables.items()]
        words = set_up(machine, [path, *arguments], given)
    except MachOError as error:
        return SliceRehearsal(slice_.arch, Outcome.FAULT, f"It is damaged: {error.message}")
    except Ended as end:
        return SliceRehearsal(slice_.arch, end.outcome, end.message, end.call)
    try:
        machine.run(words)
    except MachOError as error:
        return result(machine, Ended(Outcome.FAULT, f"It is damaged: {error.message}"), given)
    except Ended as end:
        return result(machine, end, given)
    raise AssertionError("a machine ends by an end")  # pragma: no cover


def _slice_bytes(files: GuestFiles, main: MainExecutable, slice_: Slice) -> bytes:
    if slice_.size > MAX_EXECUTABLE:
        raise MachOError(f"the slice has {slice_.size:,} bytes.")
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(slice_.path, flags)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise BundleError(f"{show_path(main.path)} is not a regular file.")
            return os.pread(descriptor, slice_.size, slice_.offset)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise BundleError(f"{show_path(main.path)} cannot be read: {error.strerror}.") from None


def new_process(path: str) -> Process:
    """A process as LaunchServices starts it: in `/`, with its output going nowhere."""
    process = Process(path)
    process.descriptors[0] = OpenFile("null")
    process.descriptors[1] = OpenFile("output", writable=True)
    process.descriptors[2] = OpenFile("output", writable=True)
    return process


def set_up(machine: Machine, argv: Sequence[str], variables: list[bytes]) -> tuple[int, ...]:
    """Put arguments and environment into memory; main's argc, argv, envp and apple."""
    memory = machine.memory
    set_environment(machine, variables)
    place = memory.keep_list([memory.keep_text(to_bytes(word)) for word in argv])
    apple = memory.keep_list([memory.keep_text(to_bytes(f"executable_path={argv[0]}"))])
    machine.state["argc"] = memory.keep(len(argv).to_bytes(8, "little"))
    machine.state["argv"] = memory.keep(place.to_bytes(8, "little"))
    envp = memory.u64(int(machine.state["environ"]))
    return len(argv), place, envp, apple


def result(machine: Machine, end: Ended, given: list[bytes]) -> SliceRehearsal:
    """Read what the process has come to."""
    process = machine.process
    outcome, message, call = end.outcome, end.message, end.call
    target, argv, final = end.target, end.argv, end.environment
    folder = process.folder
    python = _python(process)
    programs = [child for child in process.children if child.program]
    if outcome != Outcome.EXEC and python is not None and process.python.initialized_by:
        outcome = Outcome.PYTHON
        if end.outcome != Outcome.PYTHON:
            message = f"It starts Python in its own process ({python.call}). Then: {message}"
            call = python.call
    elif outcome not in (Outcome.EXEC, Outcome.PYTHON) and programs:
        chosen = _most_telling(machine, programs)
        if outcome == Outcome.EXIT or _starts_python(machine, chosen):
            message = f"It starts {chosen.target} as a child ({chosen.call}). Then: {message}"
            outcome, call = Outcome.SPAWN, chosen.call
            target, argv, final = chosen.target, chosen.argv, list(chosen.environment)
            folder = chosen.working_directory
    elif outcome == Outcome.EXIT and process.replaced:
        message = f"{process.replaced} fails: no such program. Then: {message}"
    if outcome == Outcome.PYTHON and python is not None:
        argv = python.argv
    now = final if final is not None else _environment(machine)
    files = machine.files
    return (
        SliceRehearsal(
            arch=machine.image.slice_.arch,
            outcome=outcome,
            message=message,
            call=call,
            target=target,
            target_in_bundle=_in_bundle(machine, target),
            argv=tuple(argv),
            environment=changes(given, now),
            working_directory=folder if folder != "/" else None,
            library=process.python_library,
            library_in_bundle=_in_bundle(machine, process.python_library),
            python=python,
            started=tuple(
                StartedProgram(
                    child.call,
                    child.target,
                    _in_bundle(machine, child.target),
                    child.argv,
                    changes(given, child.environment),
                    child.working_directory if child.working_directory != "/" else None,
                    child.waited_for,
                )
                for child in programs
            ),
            milestones=tuple(process.milestones),
            output=to_text(bytes(process.output)),
            trace=tuple(machine.trace),
        )
        if files
        else SliceRehearsal("", outcome, message)
    )


def _environment(machine: Machine) -> list[bytes]:
    from .ending import GuestFault

    try:
        return environment(machine)
    except GuestFault:
        return []


def _python(process: Process) -> PythonStart | None:
    python = process.python
    call = python.started_by or python.initialized_by
    if call is None:
        return None
    return PythonStart(
        call,
        tuple(python.argv),
        python.program_name,
        python.home,
        dict(python.settings),
        python.runs,
    )


def _most_telling(machine: Machine, programs: Sequence[Child]) -> Child:
    """The child that is Python, else one in the bundle, else the last."""
    for wanted in (_starts_python, lambda m, c: _in_bundle(m, c.target) is not None):
        for child in programs:
            if wanted(machine, child):
                return child
    return programs[-1]


def _starts_python(machine: Machine, child: Child) -> bool:
    inside = _in_bundle(machine, child.target)
    return posixpath.basename(inside or child.target).lower().startswith("python")


def _in_bundle(machine: Machine, path: str | None) -> str | None:
    if path is None:
        return None
    return machine.files.in_bundle(path, machine.process.folder, machine.process.scratch)


def changes(before: Sequence[bytes], after: Sequence[bytes]) -> dict[str, str | None]:
    """What differs between two environments: new values, None for what is gone."""
    old, new = _variables(before), _variables(after)
    found: dict[str, str | None] = {
        name: value for name, value in new.items() if old.get(name) != value
    }
    found.update({name: None for name in old if name not in new})
    return dict(sorted(found.items()))


def _variables(pairs: Sequence[bytes]) -> dict[str, str]:
    named = [to_text(pair).partition("=") for pair in pairs if b"=" in pair]
    return {name: value for name, _, value in reversed(named)}
