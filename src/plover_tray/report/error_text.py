"""What could not be done, for people: one line on stderr, and the next step in it."""

import click

from ..errors import PloverTrayError, ToolError
from .console import verbosity


def show(error: PloverTrayError) -> None:
    """The line; with -v an outside program's output too, with -vv the traceback."""
    show_line("plover-tray", str(error))
    if isinstance(error, ToolError) and error.output and verbosity() > 0:
        click.echo(error.output, err=True)
    if verbosity() > 1:
        import traceback

        traceback.print_exception(error)


def show_line(who: str, text: str) -> None:
    """`who: text`, on one line whatever is in the text."""
    click.echo(f"{who}: {' '.join(text.split())}", err=True)
