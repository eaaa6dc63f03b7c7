"""Lines that fit a terminal.

On a terminal a text is wrapped, and what follows its first line hangs below its beginning.
Elsewhere each text keeps its line, for grep's sake.
"""

import os
from typing import TextIO

from rich.console import Console
from rich.text import Text

from ..findings import Severity

SEVERITY_STYLES = {
    Severity.ERROR: "bold red",
    Severity.WARNING: "yellow",
    Severity.NOTE: "cyan",
}

_NARROWEST = 20
"""Columns that are left to a text, however narrow the terminal is."""


def console(stream: TextIO | None = None, *, stderr: bool = False) -> Console:
    """A console for `stream`, or for stdout or stderr; without any style under NO_COLOR."""
    plain = bool(os.environ.get("NO_COLOR"))
    return Console(
        file=stream,
        stderr=stderr,
        highlight=False,
        emoji=False,
        soft_wrap=True,
        color_system=None if plain else "auto",
    )


def print_hanging(to: Console, label: Text | str, text: Text | str, style: str = "") -> None:
    """Print `label`, which may be blanks, and behind it the text; its lines hang below its first.

    `style` is for the text as a whole.
    """
    before = Text(label) if isinstance(label, str) else label
    body = Text(text) if isinstance(text, str) else text
    body = Text(style=style).append_text(body)
    if not to.is_terminal:
        to.print(before + body, soft_wrap=True)
        return
    hang = before.cell_len
    for number, line in enumerate(body.wrap(to, max(_NARROWEST, to.width - hang))):
        line.rstrip()
        to.print((before if number == 0 else Text(" " * hang)) + line, soft_wrap=True)
