"""Children: noted when they start, taken to run and to end well."""

from collections.abc import Sequence

from ...ending import Ended
from ...guest.process import Child
from ...machine.frame import Frame
from ...result import Outcome
from ..libc.process_state import environment

MAX_CHILDREN = 50


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
