"""What people and machines are told on: the two consoles, progress bars, remarks, JSON.

Verbosity is -1 for `--quiet`, 0 as usual, 1 and more for each `-v`; the command line sets it once.
"""

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

    from ..signing.options import SignEvent


class _Verbosity:
    value = 0


def verbosity() -> int:
    """-1 quiet, 0 as usual, 1 and more for each `-v`."""
    return _Verbosity.value


def set_verbosity(value: int) -> None:
    """-1 for quiet, otherwise how many `-v` were given."""
    _Verbosity.value = value


def stdout() -> "Console":
    """The console for results; plain text where stdout is no terminal, or under NO_COLOR."""
    from .terminal import console

    return console()


def stderr() -> "Console":
    """The console for remarks and progress."""
    from .terminal import console

    return console(stderr=True)


def line(console: "Console", label: str, text: str, style: str = "") -> None:
    """Print a line; on a terminal what does not fit hangs below the text's beginning."""
    from .terminal import print_hanging

    print_hanging(console, label, text, style)


def remark(text: str) -> None:
    """A line for people, on stderr, unless `--quiet`."""
    if verbosity() >= 0:
        click.echo(text, err=True)


def print_json(data: object) -> None:
    """One JSON document on stdout; all but ASCII is escaped, so any file name survives."""
    sys.stdout.write(json.dumps(data, indent=2) + "\n")


@contextlib.contextmanager
def byte_progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar over `total` bytes on stderr; nothing where that is no terminal."""
    if verbosity() < 0 or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, TimeRemainingColumn(), console=stderr(), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.advance(task, done)


@contextlib.contextmanager
def seal_progress() -> Iterator[Callable[["SignEvent"], None]]:
    """A progress bar for sealing, which tells its own total."""
    if verbosity() < 0 or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, TimeRemainingColumn(), console=stderr(), transient=True) as bar:
        task = bar.add_task("Sealing", total=None)
        yield lambda event: bar.update(task, completed=event.done, total=event.total or None)
