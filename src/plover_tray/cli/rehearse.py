"""`plover-tray rehearse APP [-- ARGS]`."""

import click

from ..report.console import print_json
from .context import bundle_argument, common_options, format_options

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
    from ..report import rehearse_json, rehearse_text

    rehearsal = api.rehearse(app, arguments)
    if format_ == "json":
        print_json(rehearse_json.document(rehearsal))
    else:
        rehearse_text.show(rehearsal)
    return 0 if all(s.outcome in FOLLOWED for s in rehearsal.slices) else 1
