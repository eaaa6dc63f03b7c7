"""Whose signature it is: identity, keychain or key file, by flag or environment.

A password is never put on a command line, printed or logged: it stays in a `Secret`, and goes to
the tool through a pipe.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import SigningError, show_path
from ..tools.secret import P12_PASSWORD, Secret

IDENTITY = "PLOVER_TRAY_IDENTITY"
KEYCHAIN = "PLOVER_TRAY_KEYCHAIN"
P12 = "PLOVER_TRAY_P12"
P12_PASSWORD_FILE = "PLOVER_TRAY_P12_PASSWORD_FILE"  # noqa: S105 - the variable's name

MAX_PASSWORD = 4096


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a certificate's signature needs; nothing of it for an ad-hoc one."""

    identity: str | None = None
    """Name or fingerprint of an identity in a keychain, for `codesign`."""
    keychain: Path | None = None
    """Where to look for it; None: wherever codesign looks."""
    p12: Path | None = None
    """A key and certificate in a .p12 file, for `rcodesign`."""
    p12_password: Secret | None = field(default=None, repr=False)
    timestamp: bool = True
    """Ask a time stamp server to confirm the time, which notarization demands."""

    @property
    def empty(self) -> bool:
        """Whether there is nobody to sign for."""
        return not self.identity and not self.p12


def credentials_from_environment(
    environment: Mapping[str, str] = os.environ,
    *,
    identity: str | None = None,
    keychain: Path | None = None,
    p12: Path | None = None,
    p12_password_file: Path | None = None,
    timestamp: bool = True,
) -> Credentials:
    """Credentials of what was given, completed from the environment.

    Raises SigningError where a file that was named is not there.
    """
    file = p12_password_file or _path(environment, P12_PASSWORD_FILE)
    password: Secret | None = None
    if file is not None:
        password = _read_secret(file)
    elif P12_PASSWORD in environment:
        password = Secret(environment[P12_PASSWORD])
    key = p12 or _path(environment, P12)
    if key is not None and not key.is_file():
        raise SigningError(f"{show_path(str(key))} does not exist or is not a file.")
    return Credentials(
        identity=identity or environment.get(IDENTITY) or None,
        keychain=keychain or _path(environment, KEYCHAIN),
        p12=key,
        p12_password=password,
        timestamp=timestamp,
    )


def _path(environment: Mapping[str, str], name: str) -> Path | None:
    value = environment.get(name)
    return Path(value) if value else None


def _read_secret(file: Path) -> Secret:
    """The first line of a file."""
    try:
        with file.open("rb") as stream:
            text = stream.read(MAX_PASSWORD).decode()
    except (OSError, UnicodeDecodeError):
        raise SigningError(
            f"The password file {show_path(str(file))} cannot be read.",
            mend="Give a text file with the password in its first line.",
        ) from None
    return Secret(text.splitlines()[0] if text else "")
