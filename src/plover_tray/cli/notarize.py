"""`plover-tray notarize PATH`."""

from pathlib import Path

import click

from ..report.console import print_json
from .context import SomePath, common_options, format_options
from .shipping_options import credentials_of, notary_options


@click.command("notarize", short_help="Have Apple notarize an app or DMG, and staple it.")
@click.argument("path", type=SomePath(), metavar="PATH")
@notary_options
@click.option("--no-staple", is_flag=True, help="Only ask; staple nothing.")
@click.option("--resume", is_flag=True, help="Wait for what was sent before; send nothing.")
@click.option("--again", is_flag=True, help="Send it even if the same bytes were sent before.")
@format_options("json")
@common_options
def command(
    path: Path,
    notary: str,
    api_key: Path | None,
    api_key_id: str | None,
    api_issuer: str | None,
    keychain_profile: str | None,
    timeout: float | None,
    no_staple: bool,
    resume: bool,
    again: bool,
    format_: str,
) -> int:
    """Send PATH, an app, DMG, pkg or zip, to Apple's notary service, wait, and staple the ticket.

    What was sent is recorded beside PATH at once: a broken wait goes on with the same submission.
    Exit status 0 if Apple accepted it, 1 if not (with Apple's reasons), 2 if it could not be asked.
    """
    from .. import api
    from ..report import notarize_json, notarize_text

    if resume and again:
        raise click.UsageError("Give --resume, which sends nothing, or --again, not both.")
    verdict = api.notarize(
        path,
        credentials_of(api_key, api_key_id, api_issuer, keychain_profile),
        notary=notary,  # type: ignore[arg-type]
        staple=not no_staple,
        resume=resume,
        again=again,
        timeout=timeout,
        progress=notarize_text.show_event,
    )
    if format_ == "json":
        print_json(notarize_json.document(verdict))
    notarize_text.show(verdict)
    return 0 if verdict.accepted else 1
