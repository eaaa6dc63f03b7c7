"""exec: the process replaces itself, which ends the rehearsal."""
# ruff: noqa: D103 - a model's name says which function it answers for

import errno
from collections.abc import Sequence

from ...ending import Ended
from ...guest.filesystem import FileError
from ...guest.text import show, to_text
from ...machine.frame import Frame
from ...machine.models import models
from ...result import Outcome
from ..libc.process_state import environment, fail
from .programs import path_variable, runnable, search

NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


def replace(
    frame: Frame, path: str, argv: Sequence[bytes], variables: Sequence[bytes], *, by_name: bool
) -> int:
    """Do what exec does. Raises Ended where it succeeds."""
    try:
        target = search(frame, path, path_variable(frame)) if by_name else runnable(frame, path)
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
