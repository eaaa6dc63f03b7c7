"""`plover-tray diff OLD NEW`."""

import click

from ..report.console import print_json
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
    from ..report import diff_json, diff_text

    comparison = api.diff(old, new)
    if format_ == "json":
        print_json(diff_json.document(comparison))
    else:
        diff_text.show(comparison)
    return 0 if comparison.survives else 1
