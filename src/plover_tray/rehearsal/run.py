"""One rehearsal from the bundle to the result.

Chooses the slices, sets each process up as LaunchServices does, and reads what became of it.
"""

import os
import stat
from collections.abc import Sequence

from ..bundle.app_bundle import AppBundle, MainExecutable, show_path
from ..errors import BundleError, MachOError, RehearsalError
from ..macho.file import Slice
from .budget import Budget
from .conclusion import conclude
from .ending import Ended, GuestFault
from .guest.filesystem import GuestFiles
from .guest.pretended_mac import PretendedMac
from .guest.process import new_process
from .guest.text import to_bytes
from .libraries.libc.process_state import environment, set_environment
from .libraries.libc.state import LibcState
from .machine.abi import ABIS
from .machine.image import read_image
from .machine.machine import Machine
from .result import Outcome, Rehearsal, SliceRehearsal
from .shell.script_chain import followed
from .shell.scripts import rehearse_script

MAX_EXECUTABLE = 512 << 20
"""Bytes of one slice; Nuitka's onefile binaries are the largest there are."""


def rehearse_bundle(
    bundle: AppBundle,
    arguments: Sequence[str],
    added: dict[str, str],
    archs: Sequence[str] | None,
    budget: Budget,
    mac: PretendedMac,
) -> Rehearsal:
    """Do what `rehearse` says."""
    main = bundle.main
    if main is None:
        raise RehearsalError(
            f"There is no main executable: {show_path(bundle.executable_name or '?')} is missing.",
            mend="Put CFBundleExecutable into Info.plist and its file into Contents/MacOS.",
        )
    files = GuestFiles(bundle.path, mac)
    variables = {**mac.environment(bundle.identifier), **added}
    if main.kind == "script":
        path = f"{files.bundle}/{main.path}"
        source = main.script or b""
        read = rehearse_script(files, path, source, arguments, variables, budget)
        return Rehearsal(tuple(followed(files, each, variables, budget) for each in read))
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
            followed(
                files,
                _rehearse_slice(files, main, slice_, arguments, variables, budget),
                variables,
                budget,
            )
            for slice_ in chosen
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
        image = read_image(path, slice_, _slice_bytes(main, slice_))
        machine = Machine(image, files, new_process(path, files.mac), budget)
        given = [to_bytes(f"{name}={value}") for name, value in variables.items()]
        words = set_up(machine, [path, *arguments], given)
    except MachOError as error:
        return SliceRehearsal(slice_.arch, Outcome.FAULT, f"It is damaged: {error.message}")
    except Ended as end:
        return SliceRehearsal(slice_.arch, end.outcome, end.message, end.call)
    try:
        machine.run(words)
    except MachOError as error:
        return _result(machine, Ended(Outcome.FAULT, f"It is damaged: {error.message}"), given)
    except Ended as end:
        return _result(machine, end, given)
    except RecursionError:
        deep = Ended(
            Outcome.BUDGET, "What it builds stands too deep in one another.", call="nesting"
        )
        return _result(machine, deep, given)
    raise AssertionError("a machine ends by an end")  # pragma: no cover


def _slice_bytes(main: MainExecutable, slice_: Slice) -> bytes:
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


def set_up(machine: Machine, argv: Sequence[str], variables: list[bytes]) -> tuple[int, ...]:
    """Put arguments and environment into memory; main's argc, argv, envp and apple."""
    memory = machine.memory
    set_environment(machine, variables)
    place = memory.keep_list([memory.keep_text(to_bytes(word)) for word in argv])
    apple = memory.keep_list([memory.keep_text(to_bytes(f"executable_path={argv[0]}"))])
    state = machine.state_of(LibcState)
    state.argc = memory.keep(len(argv).to_bytes(8, "little"))
    state.argv = memory.keep(place.to_bytes(8, "little"))
    envp = memory.u64(state.environ)
    return len(argv), place, envp, apple


def _result(machine: Machine, end: Ended, given: list[bytes]) -> SliceRehearsal:
    try:
        final = environment(machine)
    except GuestFault:
        final = given
    return conclude(
        machine.image.slice_.arch,
        machine.files,
        machine.process,
        machine.trace,
        end,
        given,
        final,
    )
