"""system and popen: what /bin/sh starts by a command line."""
# ruff: noqa: D103 - a model's name says which function it answers for

from ...guest.process import OpenFile
from ...guest.text import to_text
from ...machine.frame import Frame
from ...machine.models import models
from ...shell.scripts import shell_command
from ..libc.process_state import environment
from .children import start


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
