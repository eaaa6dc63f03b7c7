"""`plover-tray schema COMMAND`."""

import click

from ..report.console import print_json, print_text
from ..schemas import NAMES, schema_of
from .context import common_options


@click.command("schema", short_help="The JSON schema of what a command prints.")
@click.argument("document", type=click.Choice(NAMES), metavar="COMMAND", required=False)
@common_options
def command(document: str | None) -> int:
    """Print the JSON schema of what COMMAND prints with --json; without COMMAND, list them.

    `error` is what every command prints instead where it exits with 2 or 3, and `settings` is
    [tool.plover-tray] in pyproject.toml, for editors.
    """
    if document is not None:
        print_json(schema_of(document))
        return 0
    for name in NAMES:
        print_text(f"{name}\n")
    return 0
