"""What people and programs are told on: the two consoles, progress bars, remarks, JSON.

Verbosity is -1 for `--quiet`, 0 as usual, 1 and more for each `-v`; the command line sets it once.
"""

import contextlib
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

    from ..image import DmgProgress
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

    _lose_no_letter()
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


def print_json(document: Mapping[str, Any]) -> None:
    """One JSON document on stdout, with a final line end.

    All but ASCII is escaped, so that any file name passes any terminal and pipe unchanged.
    """
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


def print_text(text: str) -> None:
    """A text for programs on stdout, as it is."""
    _lose_no_letter()
    sys.stdout.write(text)


def _lose_no_letter() -> None:
    """Let stdout escape what its encoding lacks, instead of failing."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


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


@contextlib.contextmanager
def image_progress() -> Iterator[Callable[["DmgProgress"], object]]:
    """A progress bar for making an image, step by step."""
    if verbosity() < 0 or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=stderr(), transient=True) as bar:
        task = bar.add_task("Making the image", total=None)
        yield lambda event: bar.update(
            task, description=event.step, completed=event.done, total=event.total or None
        )
