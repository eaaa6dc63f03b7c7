"""`plover-tray sign APP -o OUT`."""

from pathlib import Path

import click

from ..errors import show_path
from ..report.console import print_json, seal_progress
from .context import (
    PATH,
    SomePath,
    Text,
    bundle_argument,
    common_options,
    format_options,
    signer_options,
)


@click.command("sign", short_help="Seal a bundle, ad-hoc or with a Developer ID.")
@bundle_argument
@click.option("-o", "--output", type=PATH, help="Where the sealed copy goes.")
@click.option("--in-place", is_flag=True, help="Replace APP by its sealed copy, atomically.")
@click.option("--backup", is_flag=True, help="With --in-place: keep the old one beside it.")
@click.option(
    "--backend",
    type=click.Choice(["auto", "builtin", "codesign", "rcodesign"]),
    default="auto",
    show_default=True,
    help="auto: built in without credentials, else codesign on a Mac and rcodesign elsewhere.",
)
@signer_options
@click.option("--identifier", type=Text(), help="Signing identifier; default: CFBundleIdentifier.")
@click.option(
    "--entitlements",
    type=SomePath(),
    help="A plist for the executables; default: what they have, or what Python with Qt needs.",
)
@click.option("--hardened", is_flag=True, help="With the hardened runtime (for notarization).")
@click.option(
    "--requirement", type=Text(), metavar="TEXT", help="Designated requirement of the app."
)
@click.option("--no-mend", is_flag=True, help="Change nothing but signatures; fail instead.")
@click.option("--drop-leftovers", is_flag=True, help="Remove .a, .o and __pycache__ before.")
@format_options("json")
@common_options
def command(
    app: str,
    output: str | None,
    in_place: bool,
    backup: bool,
    backend: str,
    identity: str | None,
    keychain: Path | None,
    p12: Path | None,
    p12_password_file: Path | None,
    no_timestamp: bool,
    identifier: str | None,
    entitlements: Path | None,
    hardened: bool,
    requirement: str | None,
    no_mend: bool,
    drop_leftovers: bool,
    format_: str,
) -> int:
    """Seal APP: code inside code first, then the bundle. A framework or Mach-O file will do too.

    Without credentials the seal is ad-hoc and made here, on a Mac or on Linux. What cannot be
    sealed (flattened frameworks, Finder droppings, data among code) is mended in the copy first,
    and said.
    """
    from .. import api
    from ..report import sign_json, sign_text
    from ..signing.credentials import credentials_from_environment
    from ..signing.options import SignOptions

    if backup and not in_place:
        raise click.UsageError("--backup needs --in-place.")
    options = SignOptions(
        identifier=identifier,
        hardened=hardened,
        entitlements=entitlements_in(entitlements),
        requirement=requirement,
        mend=not no_mend,
        drop_leftovers=drop_leftovers,
    )
    credentials = credentials_from_environment(
        identity=identity,
        keychain=keychain,
        p12=p12,
        p12_password_file=p12_password_file,
        timestamp=not no_timestamp,
    )
    with seal_progress() as progress:
        report = api.sign(
            app,
            output,
            options,
            in_place=in_place,
            backup=backup,
            backend=backend,  # type: ignore[arg-type]
            credentials=credentials,
            progress=progress,
        )
    if format_ == "json":
        print_json(sign_json.document(report, output or app))
    else:
        sign_text.show(report, output or app)
    return 0


def entitlements_in(path: Path | None) -> bytes | None:
    """The bytes of an entitlements file, if one is given; raises SigningError, BundleError."""
    if path is None:
        return None
    from ..bundle.plist import parse_plist
    from ..errors import SigningError

    if path.exists() and not path.is_file():
        raise SigningError(f"{show_path(str(path))} is not a file.", mend="Give a property list.")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SigningError(f"{show_path(str(path))} cannot be read: {error.strerror}.") from None
    parse_plist(data, str(path))
    return data
