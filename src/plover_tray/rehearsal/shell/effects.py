"""What a script does to the world: it prints, and starts programs; both are only noted."""

import shlex
from collections.abc import Sequence

from ..budget import over
from ..guest.process import Child
from ..guest.text import to_bytes
from .state import Shell

KEPT = 16 << 10
"""Bytes of output that are kept for the person."""
MAX_CHILDREN = 50


FILE_COMMANDS = frozenset(
    {"mkdir", "rm", "rmdir", "touch", "chmod", "chown", "cp", "mv", "ln", "xattr", "plutil"}
)
"""Programs that make, change or remove files."""


def shown(words: Sequence[str]) -> str:
    """A command for people: its words as a shell takes them, cut where they are many."""
    text = shlex.join(words)
    return text if len(text) <= 300 else f"{text[:300]}..."


def write(shell: Shell, text: str) -> None:
    """Print on standard output."""
    shell.spending.output(len(text))
    if shell.output is not None:
        shell.output.append(text)
    elif len(shell.process.output) < KEPT:
        shell.process.output += to_bytes(text)


def start_child(shell: Shell, target: str, words: list[str]) -> Child:
    """Note a child."""
    process = shell.process
    if len(process.children) >= MAX_CHILDREN:
        over("calls", f"it starts more than {MAX_CHILDREN} programs")
    child = Child(
        shell.call,
        target,
        tuple(words),
        tuple(shell.environment()),
        process.folder,
        process.next_child,
        waited_for=True,
    )
    process.next_child += 1
    process.children.append(child)
    process.milestone(shell.call)
    shell.note(words[0], words[1:], f"started as process {child.process_id}")
    return child
