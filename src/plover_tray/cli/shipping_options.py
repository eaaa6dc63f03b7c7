"""Options that `notarize` and `release` share."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .context import Seconds, SomePath, Text

if TYPE_CHECKING:
    from ..notarization import NotaryCredentials

F = TypeVar("F", bound=Callable[..., Any])


def notary_options(function: F) -> F:
    """Who asks Apple, and through what."""
    for option in (
        click.option(
            "--notary",
            type=click.Choice(["auto", "notarytool", "rcodesign"]),
            default="auto",
            show_default=True,
            help="auto: notarytool on a Mac, rcodesign elsewhere.",
        ),
        click.option(
            "--api-key",
            type=SomePath(),
            help="AuthKey_ID.p8 of App Store Connect. Also PLOVER_TRAY_API_KEY; or its text in "
            "PLOVER_TRAY_API_KEY_TEXT.",
        ),
        click.option(
            "--api-key-id", type=Text(), metavar="ID", help="Also PLOVER_TRAY_API_KEY_ID."
        ),
        click.option(
            "--api-issuer", type=Text(), metavar="ID", help="Also PLOVER_TRAY_API_ISSUER."
        ),
        click.option(
            "--keychain-profile",
            type=Text(),
            metavar="NAME",
            help="On a Mac: of `xcrun notarytool store-credentials`. Also "
            "PLOVER_TRAY_KEYCHAIN_PROFILE.",
        ),
        click.option(
            "--timeout",
            type=Seconds(min=0, min_open=True),
            help="Seconds to wait for Apple's verdict. [default: 3600]",
        ),
    ):
        function = option(function)
    return function


def credentials_of(
    api_key: Path | None,
    api_key_id: str | None,
    api_issuer: str | None,
    keychain_profile: str | None,
) -> "NotaryCredentials":
    """The credentials that the options and the environment give."""
    from ..notarization import notary_credentials

    return notary_credentials(
        api_key=api_key, key_id=api_key_id, issuer=api_issuer, keychain_profile=keychain_profile
    )
