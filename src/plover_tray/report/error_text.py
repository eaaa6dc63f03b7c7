"""What could not be done, for people: one line on stderr, and the next step in it."""

import click

from ..errors import PloverTrayError, ToolError
from .console import verbosity


def show(error: PloverTrayError) -> None:
    """A line, or one for each of several mistakes; -v: a program's output too; -vv: traceback."""
    lines = str(error).split("\n") if error.of_several else [str(error)]
    shown = "\n  ".join(" ".join(line.split()) for line in lines)
    click.echo(f"plover-tray: {shown}", err=True)
    if isinstance(error, ToolError) and error.output and verbosity() > 0:
        click.echo(error.output, err=True)
    if verbosity() > 1:
        import traceback

        traceback.print_exception(error)


def show_line(who: str, text: str) -> None:
    """`who: text`, on one line whatever is in the text."""
    click.echo(f"{who}: {' '.join(text.split())}", err=True)
