"""Stapling: in go an app or DMG and Apple's verdict on it, out comes the same with its ticket.

Only what Apple accepted is stapled, and only while it still is what was sent. Known of `stapler`:
exit status 65 is no ticket for this, 66 a format that cannot be stapled; "Record not found" right
after Accepted means that the ticket is not to be had yet.
"""

import os
import re
import shutil
import sys
from pathlib import Path
from typing import Literal, Protocol

from ..errors import SigningError, show_path, writing
from ..signing.backends.rcodesign import INSTALL
from ..tools.program import Program, Ran, find_program
from ..writing.scratch_folder import scratch_folder
from .events import NotarizationEvent, Progress
from .notarize import Notarization
from .notary import IF_LATE, QUESTION_TIMEOUT
from .notarytool import XCRUN
from .record import digest_of
from .retry import DEFAULT_POLICY, Clock, RealClock, RetryPolicy, retry
from .tool_errors import NetworkError, NotaryError, error_of

StaplerName = Literal["auto", "stapler", "rcodesign"]

NO_TICKET = 65
CANNOT_BE_STAPLED = 66
_NOT_FOUND = re.compile(
    r"record not found|NOT_FOUND|could not find base64 encoded ticket|no ticket", re.IGNORECASE
)


class TicketNotFoundError(NetworkError):
    """The ticket is not to be had yet."""


class Stapler(Protocol):
    """Fetches a ticket and puts it onto an app or a DMG."""

    name: str

    def staple(self, path: Path) -> None:
        """Do it, in place. Raises TicketNotFoundError, NetworkError, NotaryError."""
        ...


class XcrunStapler:
    """`xcrun stapler`, on a Mac."""

    name = "stapler"

    def __init__(self, *, program: Program | None = None) -> None:
        """Raises ToolError where xcrun is missing."""
        self._program = program or find_program("xcrun", XCRUN)

    def staple(self, path: Path) -> None:
        """See Stapler. What was stapled is validated too."""
        for verb in ("staple", "validate"):
            ran = _run(self._program, ["stapler", verb, "-v", str(path)])
            if ran.code:
                raise _error("stapler", ran, path)


class RcodesignStapler:
    """`rcodesign staple`, anywhere."""

    name = "rcodesign"

    def __init__(self, *, program: Program | None = None) -> None:
        """Raises ToolError where rcodesign is missing."""
        self._program = program or find_program("rcodesign", INSTALL)

    def staple(self, path: Path) -> None:
        """See Stapler."""
        ran = _run(self._program, ["staple", "--config-file", os.devnull, str(path)])
        if ran.code:
            raise _error("rcodesign", ran, path)


def _run(program: Program, arguments: list[str]) -> Ran:
    return program.run(arguments, timeout=QUESTION_TIMEOUT, if_late=IF_LATE)


def _error(name: str, ran: Ran, path: Path) -> NotaryError:
    shown = show_path(path.name)
    if _NOT_FOUND.search(ran.text):
        return TicketNotFoundError(
            f"Apple has no ticket for {shown} yet.",
            mend="Tickets can take some minutes; run the same command again.",
            output=ran.text,
        )
    if ran.code == CANNOT_BE_STAPLED and name == "stapler":
        return NotaryError(
            f"{shown} has a format that cannot be stapled (stapler's error 66).",
            mend="Staple an .app, a signed .dmg or a .pkg; a .zip cannot have a ticket.",
            output=ran.text,
        )
    error = error_of(ran, f"staple {shown}", name=name)
    if ran.code == NO_TICKET and name == "stapler" and not isinstance(error, NetworkError):
        return NotaryError(
            f"There is no ticket for {shown} as it is (stapler's error 65).",
            mend="It was changed after it was sent, or not accepted: notarize it again.",
            output=ran.text,
        )
    return error


def choose_stapler(name: StaplerName) -> Stapler:
    """The stapler called `name`; `auto`: stapler on a Mac, rcodesign elsewhere.

    Raises ToolError where it is missing.
    """
    if name == "auto":
        name = "stapler" if sys.platform == "darwin" else "rcodesign"
    return XcrunStapler() if name == "stapler" else RcodesignStapler()


def staple(
    verdict: Notarization,
    stapler: Stapler,
    *,
    policy: RetryPolicy = DEFAULT_POLICY,
    clock: Clock | None = None,
    progress: Progress = lambda _: None,
) -> None:
    """Staple what `verdict` is about.

    Raises SigningError where Apple did not accept it, or where it is not what was sent any more;
    NotaryError, and TicketNotFoundError when the ticket does not come.
    """
    shown = show_path(verdict.path.name)
    if not verdict.accepted:
        raise SigningError(f"{shown} is not stapled: Apple's verdict is {verdict.status}.")
    if digest_of(verdict.path) != verdict.digest:
        raise SigningError(
            f"{shown} was changed after it was sent to Apple, so its ticket does not fit.",
            mend="Notarize it again.",
        )
    clock = clock or RealClock()

    def told(error: NetworkError, wait: float) -> None:
        progress(NotarizationEvent("retry", f"{error.message} Trying again in {wait:.0f} seconds."))

    def once() -> None:
        if verdict.path.is_dir():
            stapler.staple(verdict.path)
        else:
            _staple_copy(verdict.path, stapler)

    progress(NotarizationEvent("stapling", f"Stapling {shown}."))
    retry(once, policy.ticket_retries, clock, on_retry=told)
    verdict.note_stapled()
    progress(NotarizationEvent("stapled", f"{shown} has its ticket."))


def _staple_copy(path: Path, stapler: Stapler) -> None:
    """Staple a copy and give it the name, so that a kill leaves no half image."""
    with scratch_folder(path) as folder, writing(path):
        copy = folder / path.name
        shutil.copy2(path, copy)
        stapler.staple(copy)
        with copy.open("rb") as file:
            os.fsync(file.fileno())
        copy.replace(path)
