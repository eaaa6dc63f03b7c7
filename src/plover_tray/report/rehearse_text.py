"""A rehearsal for people: slice by slice, how it ended; with -v also its calls."""

import shlex
import traceback
from typing import TYPE_CHECKING

from .console import line, stdout, verbosity

if TYPE_CHECKING:
    from rich.console import Console

    from ..rehearsal import Rehearsal, SliceRehearsal


def show(rehearsal: "Rehearsal") -> None:
    """Print all slices."""
    console = stdout()
    for slice_ in rehearsal.slices:
        _show_slice(console, slice_)
    if verbosity() > 1:
        for error in filter(None, (slice_.error for slice_ in rehearsal.slices)):
            traceback.print_exception(error)


def _show_slice(console: "Console", slice_: "SliceRehearsal") -> None:
    line(console, "", slice_.arch, "bold")
    rows = [("outcome", slice_.outcome), ("", slice_.message)]
    rows += [("call", slice_.call or ""), ("program", slice_.target or "")]
    rows.append(("arguments", shlex.join(slice_.argv) if slice_.argv else ""))
    for name, value in slice_.environment.items():
        rows.append(("environment", f"{name} removed" if value is None else f"{name}={value}"))
    rows.append(("folder", slice_.working_directory or ""))
    for label, text in rows:
        if text:
            line(console, f"  {label:<12} ", _one_line(text))
    if verbosity() > 0:
        for call in slice_.trace:
            line(console, "    ", _one_line(str(call)), "dim")


def _one_line(text: str) -> str:
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
