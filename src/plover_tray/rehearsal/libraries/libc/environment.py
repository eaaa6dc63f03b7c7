"""getenv, setenv, putenv, unsetenv, and who the user is."""
# ruff: noqa: D103 - a model's name says which function it answers for

from ...guest.system_paths import GROUP_ID
from ...guest.text import show
from ...machine.frame import Frame
from ...machine.models import models
from .process_state import (
    environ,
    environment,
    fail,
    set_environment_list,
    variable,
)


@models("getenv", "secure_getenv")
def getenv(frame: Frame) -> int:
    found = variable(frame.machine, frame.text(0))
    if found is None:
        frame.says("NULL")
        return 0
    frame.gives(found[1])
    return found[0]


@models("setenv")
def setenv(frame: Frame) -> int:
    name, value, overwrite = frame.text(0), frame.text(1), frame.integer(2)
    if not name or b"=" in name:
        return fail(frame, "EINVAL")
    if overwrite or variable(frame.machine, name) is None:
        _put(frame, name, frame.memory.allocate_text(name + b"=" + value))
    return 0


@models("putenv")
def putenv(frame: Frame) -> int:
    text = frame.text(0)
    if b"=" not in text:
        return fail(frame, "EINVAL")
    _put(frame, text.partition(b"=")[0], frame.raw(0))
    return 0


@models("unsetenv")
def unsetenv(frame: Frame) -> int:
    name = frame.text(0)
    if not name or b"=" in name:
        return fail(frame, "EINVAL")
    _put(frame, name, None)
    return 0


def _put(frame: Frame, name: bytes, pointer: int | None) -> None:
    start = frame.memory.u64(environ(frame.machine))
    texts = environment(frame.machine)
    pointers = [frame.memory.u64(start + 8 * index) for index in range(len(texts))]
    done = False
    kept = []
    for at, text in zip(pointers, texts, strict=True):
        if not text.startswith(name + b"="):
            kept.append(at)
        elif pointer is not None and not done:
            kept.append(pointer)
            done = True
    if pointer is not None and not done:
        kept.append(pointer)
    set_environment_list(frame.machine, kept)


@models("getuid", "geteuid")
def getuid(frame: Frame) -> int:
    return frame.mac.user_id


@models("getgid", "getegid")
def getgid(_frame: Frame) -> int:
    return GROUP_ID


@models("issetugid")
def issetugid(_frame: Frame) -> int:
    return 0


@models("getlogin")
def getlogin(frame: Frame) -> int:
    return frame.memory.keep_text(frame.mac.user.encode())


@models("getpwuid", "getpwnam")
def getpwuid(frame: Frame) -> int:
    """A struct passwd of macOS' pwd.h, for the one user there is."""
    if frame.name == "getpwnam":
        known = frame.text(0) == frame.mac.user.encode()
    else:
        known = frame.raw(0) & 0xFFFFFFFF == frame.mac.user_id
    if not known:
        frame.says("NULL")
        return 0
    frame.says(show(frame.mac.home))
    keep = frame.memory.keep_text
    name, password, empty = keep(frame.mac.user.encode()), keep(b"********"), keep(b"")
    home, shell = keep(frame.mac.home.encode()), keep(frame.mac.login_shell.encode())
    fields = (
        name.to_bytes(8, "little")
        + password.to_bytes(8, "little")
        + frame.mac.user_id.to_bytes(4, "little")
        + GROUP_ID.to_bytes(4, "little")
        + bytes(8)
        + empty.to_bytes(8, "little")
        + keep(frame.mac.user.encode()).to_bytes(8, "little")
        + home.to_bytes(8, "little")
        + shell.to_bytes(8, "little")
        + bytes(8)
    )
    return frame.memory.keep(fields)
