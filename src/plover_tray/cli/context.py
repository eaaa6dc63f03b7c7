"""What all commands share: verbosity, consoles, progress, and JSON on stdout."""

import contextlib
import json
import math
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import Console

    from ..signing.options import SignEvent

CONTEXT_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

F = TypeVar("F", bound=Callable[..., Any])


class _Verbosity:
    value = 0


def verbosity() -> int:
    """-1 quiet, 0 as usual, 1 and more for each `-v`."""
    return _Verbosity.value


def _set_verbosity(_: click.Context, parameter: click.Parameter, value: int) -> None:
    if value:
        _Verbosity.value = -1 if parameter.name == "quiet" else value


def common_options(function: F) -> F:
    """`-v` and `--quiet`, which every command takes."""
    for option in (
        click.option(
            "-v",
            "--verbose",
            count=True,
            expose_value=False,
            callback=_set_verbosity,
            help="Say more; -vv also shows the traceback of an error.",
        ),
        click.option(
            "-q",
            "--quiet",
            is_flag=True,
            expose_value=False,
            callback=_set_verbosity,
            help="Say only what was asked for.",
        ),
    ):
        function = option(function)
    return function


_FOR_WHOM = {
    "text": "text for people",
    "json": "json for scripts",
    "github": "github for annotations",
    "sarif": "sarif for code scanning",
}


def format_options(*formats: str) -> Callable[[F], F]:
    """`--format`, one of `formats` or text, and `--json` for short; the parameter is `format_`."""
    names = ("text", *formats)
    whole = click.option(
        "--format",
        "format_",
        type=click.Choice(names),
        default="text",
        show_default=True,
        help=", ".join(_FOR_WHOM[name] for name in names) + ".",
    )
    short = click.option("--json", "format_", flag_value="json", help="The same as --format json.")
    return lambda function: whole(short(function))


def signer_options(function: F) -> F:
    """Who signs, for `codesign` and for `rcodesign`."""
    for option in (
        click.option("--no-timestamp", is_flag=True, help="Ask no time stamp server."),
        click.option(
            "--p12-password-file",
            type=SomePath(),
            help="Also PLOVER_TRAY_P12_PASSWORD_FILE; or the password in PLOVER_TRAY_P12_PASSWORD.",
        ),
        click.option("--p12", type=SomePath(), help="For rcodesign. Also PLOVER_TRAY_P12."),
        click.option("--keychain", type=SomePath(), help="Also PLOVER_TRAY_KEYCHAIN."),
        click.option(
            "--identity",
            type=Text(),
            metavar="NAME",
            help="For codesign. Also PLOVER_TRAY_IDENTITY.",
        ),
    ):
        function = option(function)
    return function


class Seconds(click.FloatRange):
    """A number of seconds; neither infinite nor no number."""

    name = "seconds"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """See click.ParamType."""
        seconds = float(super().convert(value, param, ctx))
        if not math.isfinite(seconds):
            self.fail(f"{value} is no number of seconds.", param, ctx)
        return seconds


class Text(click.types.StringParamType):
    """A text that says something: an empty one is an unset variable in a script."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """See click.ParamType."""
        text = str(super().convert(value, param, ctx))
        if not text.strip():
            self.fail("It is empty; leave the option out, or give it a value.", param, ctx)
        return text


class SomePath(click.Path):
    """A path; an empty one, which would mean the current folder, is an unset variable too.

    It is looked at by the command and not by click, whose errors have no next step.
    """

    def __init__(self, kind: type[Path | str] = Path) -> None:
        """Give a `Path`, or a `str` as it was written, whatever is there."""
        super().__init__(path_type=kind, readable=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """See click.ParamType."""
        if not os.fspath(value):
            self.fail("It is empty; give a path, or leave it out.", param, ctx)
        return super().convert(value, param, ctx)


PATH = SomePath(str)

bundle_argument = click.argument("app", type=PATH, metavar="APP")


def stdout() -> "Console":
    """The console for results; plain text where stdout is no terminal, or under NO_COLOR."""
    from ..report.check_text import console

    return console()


def stderr() -> "Console":
    """The console for remarks and progress."""
    from ..report.check_text import console

    return console(stderr=True)


def line(console: "Console", label: str, text: str, style: str = "") -> None:
    """Print a line; on a terminal what does not fit hangs below the text's beginning."""
    from ..report.check_text import print_hanging

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
