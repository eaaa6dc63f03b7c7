"""The notary service as this package sees it: send something, ask how it stands, fetch the log.

`notarytool.py` (on a Mac) and `rcodesign.py` (anywhere) fill it in; `choose.py` says which.
"""

import json
import re
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from .tool_errors import NotaryError

UPLOAD_TIMEOUT = 7200.0
"""Seconds for one upload: half a gigabyte over a slow line."""
QUESTION_TIMEOUT = 300.0
"""Seconds for one question."""
IF_LATE = "Check the network connection, then run the same command again."
SUBMISSION_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{5,63}")


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


def json_in(text: str) -> dict[str, Any]:
    """The JSON object in what a tool printed, whatever stands before or after; else empty."""
    start = text.find("{")
    if start < 0:
        return {}
    try:
        data, _ = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def checked_id(text: str) -> str:
    """A submission's ID, which is handed to tools; raises NotaryError where it is none."""
    if not SUBMISSION_ID.fullmatch(text):
        raise NotaryError(f"{text[:64]!r} is not the ID of a submission.")
    return text
