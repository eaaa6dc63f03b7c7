"""Who asks Apple for a ticket: in go flags and environment, out comes an App Store Connect key or a
keychain profile.

The text of a key is a `Secret`: it is never printed and never on a command line. Where a tool wants
a file, it gets one in a private folder that is removed at once.
"""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import SigningError, show_path
from ..tools.secret import API_KEY_TEXT, Secret

API_KEY = "PLOVER_TRAY_API_KEY"
API_KEY_ID = "PLOVER_TRAY_API_KEY_ID"
API_ISSUER = "PLOVER_TRAY_API_ISSUER"
KEYCHAIN_PROFILE = "PLOVER_TRAY_KEYCHAIN_PROFILE"
KEYCHAIN = "PLOVER_TRAY_KEYCHAIN"

_MAX_KEY = 1 << 16


@dataclass(frozen=True, slots=True)
class NotaryCredentials:
    """What the notary service wants to know of who asks."""

    api_key: Path | None = None
    """AuthKey_ID.p8 as downloaded from App Store Connect; for rcodesign also its own JSON."""
    api_key_text: Secret | None = field(default=None, repr=False)
    """The same as text, as a job's secrets have it."""
    key_id: str | None = None
    issuer: str | None = None
    keychain_profile: str | None = None
    """What `xcrun notarytool store-credentials` saved; on a Mac only."""
    keychain: Path | None = None

    @property
    def has_key(self) -> bool:
        """Whether there is a key, rather than a keychain profile."""
        return self.api_key is not None or self.api_key_text is not None

    @property
    def empty(self) -> bool:
        """Whether there is nobody to ask for."""
        return not self.has_key and not self.keychain_profile

    @property
    def encoded(self) -> bool:
        """Whether the key is in rcodesign's JSON, which has key ID and issuer in it."""
        return self.api_key is not None and self.api_key.suffix == ".json"

    def check(self) -> None:
        """Raise SigningError where something is missing."""
        if self.empty:
            raise SigningError("Notarization needs credentials.", mend=f"Give {_options()}.")
        if self.has_key and not self.encoded and not (self.key_id and self.issuer):
            missing = "key ID" if not self.key_id else "issuer"
            raise SigningError(
                f"The App Store Connect key needs its {missing}.",
                mend="Give --api-key-id and --api-issuer; App Store Connect shows both.",
            )

    @contextlib.contextmanager
    def key_file(self) -> Iterator[Path]:
        """The key as a file that only this user can read, while the block lasts."""
        if self.api_key is not None:
            yield self.api_key
            return
        if self.api_key_text is None:
            raise SigningError("There is no App Store Connect key.", mend=f"Give {_options()}.")
        with tempfile.TemporaryDirectory(prefix="plover-tray-") as folder:
            file = Path(folder) / f"AuthKey_{self.key_id or 'key'}.p8"
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as stream:
                stream.write(self.api_key_text.reveal().strip() + "\n")
            yield file


def notary_credentials(
    environment: Mapping[str, str] = os.environ,
    *,
    api_key: Path | None = None,
    key_id: str | None = None,
    issuer: str | None = None,
    keychain_profile: str | None = None,
    keychain: Path | None = None,
) -> NotaryCredentials:
    """Credentials of what was given, completed from the environment.

    A key or profile that was given goes before any of the environment's. Raises SigningError where
    a file that was named is not there, or an ID is not one.
    """
    profile = keychain_profile or (environment.get(KEYCHAIN_PROFILE) if not api_key else None)
    text: Secret | None = None
    if keychain_profile:
        api_key = None
    elif api_key is None:
        named = environment.get(API_KEY)
        api_key = Path(named) if named else None
        if api_key is None and environment.get(API_KEY_TEXT):
            text = Secret(environment[API_KEY_TEXT])
    if api_key is not None and not _is_file(api_key):
        raise SigningError(
            f"The key {show_path(api_key)} does not exist or is not a file.",
            mend="Give the AuthKey_ID.p8 file that you downloaded from App Store Connect.",
        )
    if api_key is not None and api_key.stat().st_size > _MAX_KEY:
        raise SigningError(f"{show_path(api_key)} is too large to be a key.")
    given = environment.get(KEYCHAIN)
    return NotaryCredentials(
        api_key=api_key,
        api_key_text=text,
        key_id=_word(key_id or environment.get(API_KEY_ID) or _id_in(api_key), "key ID"),
        issuer=_word(issuer or environment.get(API_ISSUER), "issuer"),
        keychain_profile=profile or None,
        keychain=keychain or (Path(given) if given else None),
    )


def _options() -> str:
    """The options that help on this system."""
    key = "--api-key, --api-key-id and --api-issuer"
    return f"{key}, or --keychain-profile" if sys.platform == "darwin" else key


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _word(text: str | None, what: str) -> str | None:
    """An ID, which is handed to tools as an argument and into a file's name."""
    if not text:
        return None
    text = text.strip()
    if (
        not text.isascii()
        or text.startswith("-")
        or not text.replace("-", "").isalnum()
        or len(text) > 64
    ):
        raise SigningError(
            f"{show_path(text[:64])!r} is not an App Store Connect {what}.",
            mend="It may contain letters, digits and dashes only.",
        )
    return text


def _id_in(key: Path | None) -> str | None:
    """The key ID in the name that Apple gives the file."""
    if key is None or key.suffix != ".p8" or not key.name.startswith("AuthKey_"):
        return None
    return key.stem.removeprefix("AuthKey_") or None
