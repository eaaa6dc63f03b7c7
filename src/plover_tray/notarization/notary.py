"""The notary service as this package sees it: send something, ask how it stands, fetch the log.

`notarytool` (on a Mac) and `rcodesign` (anywhere) fill it in.
"""

import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Protocol

from .credentials import NotaryCredentials

NotaryName = Literal["auto", "notarytool", "rcodesign"]


class Status(StrEnum):
    """How a submission stands; the values are Apple's words (notarytool's manual)."""

    ACCEPTED = "Accepted"
    INVALID = "Invalid"
    REJECTED = "Rejected"
    IN_PROGRESS = "In Progress"
    UNKNOWN = "Unknown"
    """Anything else that Apple might say; never taken for a yes."""

    @property
    def final(self) -> bool:
        """Whether it will not change any more."""
        return self in (Status.ACCEPTED, Status.INVALID, Status.REJECTED)


def status_of(text: object) -> Status:
    """The status that a tool named; UNKNOWN for a word that is not known."""
    word = text.replace(" ", "").lower() if isinstance(text, str) else ""
    return next((s for s in Status if s.replace(" ", "").lower() == word), Status.UNKNOWN)


class Notary(Protocol):
    """The service, through one tool."""

    name: str

    def submit(self, upload: Path, on_id: Callable[[str], object]) -> str:
        """Upload, and return the submission's ID; `on_id` is told it as soon as it is known.

        Raises NetworkError where the upload did not get through, NotaryError.
        """
        ...

    def status(self, submission: str) -> Status:
        """How it stands. Raises NetworkError, NotaryError."""
        ...

    def log(self, submission: str) -> dict[str, Any]:
        """Apple's log of it. Raises NetworkError, NotaryError."""
        ...

    def find(self, upload_name: str) -> tuple[str, Status] | None:
        """The newest submission of that name, if there is one. Raises NetworkError, NotaryError."""
        ...


def choose_notary(name: NotaryName, credentials: NotaryCredentials) -> Notary:
    """The notary called `name`; `auto`: notarytool on a Mac, rcodesign elsewhere.

    Raises ToolError where the tool is missing, SigningError where the credentials will not do.
    """
    from .notarytool import Notarytool  # noqa: PLC0415 - they import this module
    from .rcodesign import RcodesignNotary  # noqa: PLC0415

    credentials.check()
    if name == "auto":
        name = "notarytool" if sys.platform == "darwin" else "rcodesign"
    if name == "notarytool":
        return Notarytool(credentials)
    return RcodesignNotary(credentials)
