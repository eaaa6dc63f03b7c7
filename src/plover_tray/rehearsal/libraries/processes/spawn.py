"""posix_spawn and its settings."""
# ruff: noqa: D103 - a model's name says which function it answers for

import struct
from dataclasses import dataclass, field

from ...ending import Ended
from ...guest.darwin_errno import from_host
from ...guest.filesystem import FileError
from ...guest.text import to_text
from ...machine.frame import Frame
from ...machine.models import models
from ...result import Outcome
from ..libc.process_state import environment, fail
from .children import start
from .programs import path_variable, runnable, search

SETEXEC = 0x40
"""POSIX_SPAWN_SETEXEC of macOS' sys/spawn.h: replace this process."""


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
            target = search(frame, path, path_variable(frame))
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
