"""`plover-tray verify APP`."""

import click

from ..report.console import print_json
from .context import PATH, common_options, format_options


@click.command("verify", short_help="Check every signature and seal, offline.")
@click.argument("path", type=PATH, metavar="PATH")
@format_options("json")
@common_options
def command(path: str, format_: str) -> int:
    """Check the seal of PATH: an app, a framework, a Mach-O file, or a DMG with an app in it.

    Looked at are all pages, resources and nested code; of a DMG its checksums too.

    Reads only, needs no network and no Mac; certificates are shown and their mathematics checked,
    but whether Apple still trusts them only a Mac can say. Exit status 0 if it holds, 1 if not.
    """
    from .. import api
    from ..report import verify_json, verify_text

    result = api.verify(path)
    if format_ == "json":
        print_json(verify_json.document(result))
    else:
        verify_text.show(result)
    return 0 if result.ok else 1
