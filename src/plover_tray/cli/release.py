"""`plover-tray release APP -o FOLDER`."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import PloverTrayError
from ..report.console import print_json, print_text
from .context import SomePath, Text, common_options, format_options, signer_options
from .dmg import defines_of
from .shipping_options import credentials_of, notary_options

if TYPE_CHECKING:
    from ..releasing import ReleaseOptions
    from ..settings import Settings
    from ..signing.credentials import Credentials

_DEFAULT_OUTPUT = Path("dist")


class ReleaseInterruptedError(PloverTrayError):
    """Ctrl-C during a release, of which nothing is lost."""

    exit_code = 130


@click.command("release", short_help="From an app to its signed, notarized DMG; resumes.")
@click.argument("app", type=SomePath(), metavar="[APP]", required=False)
@click.option("-o", "--output", type=SomePath(), help="The folder; dist.")
@click.option(
    "--config",
    type=SomePath(),
    help="A pyproject.toml with [tool.plover-tray]; default: that of the current folder.",
)
@click.option(
    "--entry", type=Text(), metavar="WORDS", help="What follows `python`: '-s -m package.module'."
)
@signer_options
@click.option("--settings", type=SomePath(), help="dmgbuild's settings.")
@click.option(
    "--volume-name", type=Text(), metavar="NAME", help="Default: the settings', or the app's name."
)
@click.option("-D", "define", multiple=True, metavar="NAME=VALUE", help="For `defines` there.")
@click.option(
    "--ignore", type=Text(), multiple=True, metavar="CODE", help="Rules that do not count."
)
@click.option("--skip-notarize", is_flag=True, help="Ask Apple nothing.")
@notary_options
@format_options("json", "github")
@common_options
def command(
    app: Path | None,
    output: Path | None,
    config: Path | None,
    entry: str | None,
    identity: str | None,
    keychain: Path | None,
    p12: Path | None,
    p12_password_file: Path | None,
    no_timestamp: bool,
    settings: Path | None,
    volume_name: str | None,
    define: tuple[str, ...],
    ignore: tuple[str, ...],
    skip_notarize: bool,
    notary: str,
    api_key: Path | None,
    api_key_id: str | None,
    api_issuer: str | None,
    keychain_profile: str | None,
    timeout: float | None,
    format_: str,
) -> int:
    """Fix, check, sign, verify, notarize and staple APP, make its DMG, and do the same with that.

    Every step is recorded in the output folder; run again, the command goes on where it stopped,
    and does anew what changed. Without credentials the seal is ad-hoc: give --skip-notarize then.
    Exit status 0 all done, 1 a step found something, 2 could not be done.
    """
    from .. import api
    from ..report import github, release_json, release_text
    from ..report.release_progress import ReleaseDisplay
    from ..settings import find_settings, load_settings
    from ..signing.credentials import credentials_from_environment

    given = load_settings(config) if config is not None else find_settings(Path())
    app = app or given.app
    if app is None:
        raise click.UsageError("Give APP, or `app` in [tool.plover-tray].")
    signer = credentials_from_environment(
        identity=identity or given.sign.identity,
        keychain=keychain or given.sign.keychain,
        p12=p12 or given.sign.p12,
        p12_password_file=p12_password_file,
        timestamp=not no_timestamp,
    )
    options = dataclasses.replace(
        _options(given, signer),
        output=output or given.output or _DEFAULT_OUTPUT,
        entry=entry or given.entry,
        dmg_settings=settings or given.dmg.settings,
        volume_name=volume_name or given.dmg.volume_name,
        defines={**given.dmg.defines, **defines_of(define)},
        ignore=(*given.ignore, *(c.strip() for text in ignore for c in text.split(","))),
        skip_notarize=skip_notarize,
    )
    asked = given.notarize
    try:
        with ReleaseDisplay() as display:
            result = api.release(
                app,
                options,
                credentials=credentials_of(
                    api_key or (None if keychain_profile else asked.api_key),
                    api_key_id or asked.api_key_id,
                    api_issuer or asked.api_issuer,
                    keychain_profile or asked.keychain_profile,
                ),
                notary=notary,  # type: ignore[arg-type]
                timeout=timeout or asked.timeout,
                on_step=display.step,
                progress=display.event,
                on_seal=display.sealed,
                on_image=display.imaged,
            )
    except KeyboardInterrupt:
        raise ReleaseInterruptedError(
            "The release was interrupted; the steps that are done are recorded.",
            mend="Run the same command again to go on.",
        ) from None
    if format_ == "json":
        print_json(release_json.document(result))
    elif format_ == "github" and result.findings:
        print_text(github.annotations(result.findings, result.app))
    release_text.show(result, findings=format_ != "github", table=format_ != "json")
    return 0 if result.ok else 1


def _options(given: "Settings", signer: "Credentials") -> "ReleaseOptions":
    """What the settings alone say."""
    from ..releasing import ReleaseOptions
    from ..signing.options import SignOptions
    from .sign import entitlements_in

    hardened = given.sign.hardened if given.sign.hardened is not None else not signer.empty
    return ReleaseOptions(
        output=_DEFAULT_OUTPUT,
        dmg_name=given.dmg.name,
        dmg_format=given.dmg.format,
        credentials=signer,
        sign=SignOptions(
            identifier=given.sign.identifier,
            hardened=hardened,
            entitlements=entitlements_in(given.sign.entitlements),
            requirement=given.sign.requirement,
            drop_leftovers=given.sign.drop_leftovers,
        ),
    )
