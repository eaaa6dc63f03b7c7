"""`plover-tray rehearse APP [-- ARGS]`."""

import shlex
import traceback
from typing import TYPE_CHECKING

import click

from ..report.console import line, print_json, stdout, verbosity
from .context import bundle_argument, common_options, format_options

if TYPE_CHECKING:
    from rich.console import Console

    from ..rehearsal import SliceRehearsal

FOLLOWED = {"exec", "spawn", "python", "exit"}
"""Outcomes in which the rehearsal saw the program to its end."""


@click.command("rehearse", short_help="Run a bundle's main executable in an emulator.")
@bundle_argument
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- ARGS]...")
@format_options("json")
@common_options
def command(app: str, arguments: tuple[str, ...], format_: str) -> int:
    """Say what the main executable of APP would do, without running it.

    Every architecture runs in an emulator that can touch nothing: it ends at exec, at the start of
    a child or of Python, at exit, or at the first call that it has no model of. ARGS are the
    arguments a user would give. Exit status 1 if it could not be followed to the end.
    """
    from .. import api

    rehearsal = api.rehearse(app, arguments)
    if format_ == "json":
        print_json(rehearsal.to_json())
    else:
        console = stdout()
        for slice_ in rehearsal.slices:
            _print_slice(console, slice_)
    if verbosity() > 1:
        for error in filter(None, (slice_.error for slice_ in rehearsal.slices)):
            traceback.print_exception(error)
    return 0 if all(s.outcome in FOLLOWED for s in rehearsal.slices) else 1


def _print_slice(console: "Console", slice_: "SliceRehearsal") -> None:
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
