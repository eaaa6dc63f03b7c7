"""`plover-tray diff OLD NEW`."""

import click

from ..bundle import show_path
from .context import PATH, common_options, print_json, stdout


@click.command("diff", short_help="Will permissions and settings survive this update?")
@click.argument("old", type=PATH)
@click.argument("new", type=PATH)
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text")
@click.option("--json", "format_", flag_value="json", help="The same as --format json.")
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
        console.print(difference.what, style="bold", markup=False)
        console.print(f"  old  {show_path(difference.old)}", markup=False)
        console.print(f"  new  {show_path(difference.new)}", markup=False)
    for survival in comparison.survivals:
        word = "kept" if survival.survives else "lost"
        text = f"{survival.what}: {word} ({show_path(survival.reason)})."
        console.print(text, markup=False, style=None if survival.survives else "bold")
    return 0 if comparison.survives else 1
