"""`plover-tray check APP`."""

import click

from ..report.console import print_json, print_text
from .context import Text, bundle_argument, common_options, format_options


@click.command("check", short_help="Say what is wrong with a bundle, and why.")
@bundle_argument
@format_options("json", "github", "sarif")
@click.option(
    "--select", type=Text(), multiple=True, metavar="CODE", help="Only rules whose code begins so."
)
@click.option(
    "--ignore", type=Text(), multiple=True, metavar="CODE", help="No rules whose code begins so."
)
@common_options
def command(app: str, format_: str, select: tuple[str, ...], ignore: tuple[str, ...]) -> int:
    """Say what is wrong with APP, an .app bundle or a DMG with one in it, and why.

    Exit status 0 if there is no error (warnings are allowed), 1 if there is, 2 if APP is not a
    usable bundle.
    """
    from .. import api
    from ..report import check_json, check_text, github, sarif

    result = api.check(app, select=_split(select), ignore=_split(ignore))
    if format_ == "json":
        print_json(check_json.document(result))
    elif format_ == "sarif":
        print_json(sarif.document(result))
    elif format_ == "github":
        print_text(github.annotations(result.findings, result.bundle.path))
    else:
        check_text.show(result)
    return 0 if result.ok else 1


def _split(codes: tuple[str, ...]) -> list[str]:
    return [code.strip() for text in codes for code in text.split(",") if code.strip()]
