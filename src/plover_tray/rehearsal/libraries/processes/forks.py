"""fork, whose child is followed to its end, and waiting for children."""
# ruff: noqa: D103 - a model's name says which function it answers for

from ...ending import Ended
from ...machine.frame import Frame
from ...machine.models import models
from ...result import Outcome
from ..libc.process_state import fail
from .children import start


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
