"""`plover-tray diff OLD NEW`."""

import click

from ..bundle.app_bundle import show_path
from ..report.console import line, print_json, stdout
from .context import PATH, common_options, format_options


@click.command("diff", short_help="Will permissions and settings survive this update?")
@click.argument("old", type=PATH)
@click.argument("new", type=PATH)
@format_options("json")
@common_options
def command(old: str, new: str, format_: str) -> int:
    """Say what changes for users who replace the app OLD by NEW.

    Exit status 0 if their permissions, preferences and menu bar choice survive, 1 if not.
    """
    from .. import api

    comparison = api.diff(old, new)
    if format_ == "json":
        print_json(comparison.to_json())
        return 0 if comparison.survives else 1
    console = stdout()
    for difference in comparison.differences:
        line(console, "", difference.what, "bold")
        line(console, "  old  ", show_path(difference.old))
        line(console, "  new  ", show_path(difference.new))
    for survival in comparison.survivals:
        word = "kept" if survival.survives else "lost"
        text = f"{word} ({show_path(survival.reason)})."
        line(console, f"{survival.what}: ", text, "" if survival.survives else "bold")
    return 0 if comparison.survives else 1
