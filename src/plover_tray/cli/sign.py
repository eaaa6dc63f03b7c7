"""`plover-tray sign APP -o OUT`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..bundle.app_bundle import show_path
from ..report.console import print_json, remark, seal_progress, verbosity
from .context import (
    PATH,
    SomePath,
    Text,
    bundle_argument,
    common_options,
    format_options,
    signer_options,
)

if TYPE_CHECKING:
    from ..signing.options import SignReport

MOST = 3
"""Mended things printed without -v."""


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

    Without credentials the seal is ad-hoc and made here, on any machine. What cannot be sealed
    (flattened frameworks, Finder droppings, data among code) is mended in the copy first, and said.
    """
    from .. import api
    from ..signing.credentials import credentials_from_environment
    from ..signing.options import SignOptions

    if backup and not in_place:
        raise click.UsageError("--backup says something with --in-place only.")
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
        print_json(report_document(report, output or app))
    else:
        print_report(report)
        remark(f"Sealed: {show_path(output or app)}")
    return 0


def print_report(report: "SignReport") -> None:
    """Say what was mended and sealed."""
    listed = report.steps if verbosity() > 0 else report.steps[:MOST]
    for step in listed:
        remark(f"  Mended: {show_path(step)}")
    if len(report.steps) > len(listed):
        remark(f"  Mended: {len(report.steps) - len(listed)} more like these; -v shows all.")
    kind = "ad-hoc, built in" if report.backend == "builtin" else f"by {report.backend}"
    remark(
        f"  {report.files} files and {report.bundles} bundles sealed {kind}, "
        f"as {show_path(report.identifier)}."
    )


def report_document(report: "SignReport", output: str) -> dict[str, object]:
    """The report for machines, schema 1."""
    return {
        "schema": 1,
        "output": output,
        "backend": report.backend,
        "identifier": report.identifier,
        "cdhashes": dict(report.cdhashes),
        "files": report.files,
        "bundles": report.bundles,
        "mended": list(report.steps),
    }


def entitlements_in(path: Path | None) -> bytes | None:
    """The bytes of an entitlements file, if one is given; raises SigningError, BundleError."""
    if path is None:
        return None
    from ..bundle.plist import parse_plist
    from ..errors import SigningError

    if path.exists() and not path.is_file():
        raise SigningError(f"{show_path(str(path))} is no file.", mend="Give a property list.")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SigningError(f"{show_path(str(path))} cannot be read: {error.strerror}.") from None
    parse_plist(data, str(path))
    return data
