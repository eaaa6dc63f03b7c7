"""Options and argument types that several commands share."""

import math
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ..report.console import set_verbosity

CONTEXT_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

F = TypeVar("F", bound=Callable[..., Any])


def _set_verbosity(_: click.Context, parameter: click.Parameter, value: int) -> None:
    if value:
        set_verbosity(-1 if parameter.name == "quiet" else value)


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
    """A number of seconds; finite."""

    name = "seconds"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """See click.ParamType."""
        seconds = float(super().convert(value, param, ctx))
        if not math.isfinite(seconds):
            self.fail(f"{value} is not a number of seconds.", param, ctx)
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


class Variable(click.ParamType[tuple[str, str | None]]):
    """A variable as (name, value): `NAME=VALUE`, or `-NAME`, which removes it."""

    name = "variable"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002
        """See click.ParamType."""
        return "NAME=VALUE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str | None]:
        """See click.ParamType."""
        if isinstance(value, tuple):
            return value
        name, equals, text = str(value).partition("=")
        removed = not equals and name.startswith("-")
        name = name.removeprefix("-") if removed else name
        if not (equals or removed) or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            self.fail(f"{value!r} is neither NAME=VALUE nor -NAME.", param, ctx)
        return name, None if removed else text


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
