"""`plover-tray fix APP -o OUT`."""

import click

from ..report.console import byte_progress, print_json, seal_progress
from .context import PATH, Text, Variable, bundle_argument, common_options, format_options


@click.command("fix", short_help="Rebuild a bundle so that its process is the bundle's own.")
@bundle_argument
@click.option("-o", "--output", type=PATH, help="Where the fixed bundle goes.")
@click.option("--in-place", is_flag=True, help="Replace APP; the old one is kept beside it.")
@click.option("--no-backup", is_flag=True, help="With --in-place: do not keep the old one.")
@click.option(
    "--entry", type=Text(), metavar="WORDS", help="What follows `python`: '-s -m package.module'."
)
@click.option(
    "--env",
    "variables",
    type=Variable(),
    multiple=True,
    help="Set a variable for the app, or remove it: NAME=VALUE, -NAME.",
)
@click.option(
    "--python",
    type=Text(),
    metavar="PROGRAM",
    help="A Python of the version in APP, to compile the boot module.",
)
@click.option("--force", is_flag=True, help="Also replace a launcher that hosts Python already.")
@click.option("--no-seal", is_flag=True, help="Sign only what is new; `sign` comes later.")
@click.option("--strict", is_flag=True, help="Refuse where something would be left out.")
@click.option("--dry-run", is_flag=True, help="Print the plan and change nothing.")
@format_options("json")
@common_options
def command(
    app: str,
    output: str | None,
    in_place: bool,
    no_backup: bool,
    entry: str | None,
    variables: tuple[tuple[str, str | None], ...],
    python: str | None,
    force: bool,
    no_seal: bool,
    strict: bool,
    dry_run: bool,
    format_: str,
) -> int:
    """Rebuild APP around a launcher that hosts Python in the app's own process.

    APP itself is not touched unless --in-place is given. Identifier, executable name and all else
    stay as they are, and the result is sealed ad-hoc; sign it with your own identity afterwards.

    What Python ran is read from the old main executable; --entry says it where that cannot be told.
    WORDS are what would follow `python`: '-m package.module', 'package.module:main'
    or a script's path, which is relative to Contents in APP: 'Resources/main.py'.

    In WORDS and in variables ${HOME}, ${USER}, ${TMPDIR}, ${PATH}, ${CONTENTS} and so on are filled
    in as the app starts; ${DOLLAR} is a dollar sign.
    """
    from .. import api
    from ..bundle.app_bundle import AppBundle
    from ..report import fix_json, fix_text

    if no_backup and not in_place:
        raise click.UsageError("--no-backup needs --in-place.")
    total = sum(e.size for e in AppBundle.open(app).entries.values())
    with byte_progress("Copying", total) as progress, seal_progress() as on_seal:
        result = api.fix(
            app,
            output,
            in_place=in_place,
            backup=not no_backup,
            entry=entry,
            environment=dict(variables),
            strict=strict,
            python=python,
            force=force,
            dry_run=dry_run,
            seal=not no_seal,
            on_seal=on_seal,
            progress=progress,
        )
    if format_ == "json":
        print_json(fix_json.document(result))
    else:
        fix_text.show(result, dry_run=dry_run)
    return 0
