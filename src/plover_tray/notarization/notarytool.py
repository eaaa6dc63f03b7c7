"""The notary service through `xcrun notarytool`: arguments in, JSON out.

The exit code alone says nothing: 0 can be Invalid (known from electron/notarize#173), so that the
status is read from the JSON, and from nowhere else.
"""

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..errors import SigningError
from ..tools.program import Program, Ran, find_program
from .credentials import NotaryCredentials
from .notary import (
    IF_LATE,
    QUESTION_TIMEOUT,
    UPLOAD_TIMEOUT,
    Status,
    checked_id,
    json_in,
    status_of,
)
from .tool_errors import NotaryError, error_of

XCRUN = "Install Xcode or its command line tools: `xcode-select --install`."
_ID_LINE = re.compile(r'\bid"?\s*:\s*"?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})')


class Notarytool:
    """See Notary."""

    name = "notarytool"

    def __init__(self, credentials: NotaryCredentials, *, program: Program | None = None) -> None:
        """Ask for `credentials`. Raises ToolError where xcrun is missing, SigningError."""
        credentials.check()
        if credentials.encoded:
            raise SigningError(
                "notarytool does not read keys in rcodesign's JSON.",
                mend="Give the AuthKey_ID.p8 itself, with --api-key-id and --api-issuer.",
            )
        self._credentials = credentials
        self._program = program or find_program("xcrun", XCRUN)

    def submit(self, upload: Path, on_id: Callable[[str], object]) -> str:
        """See Notary."""

        def line(text: str) -> None:
            found = _ID_LINE.search(text)
            if found:
                on_id(found[1])

        ran, data = self._ask(
            ["submit", str(upload), "--no-progress"], UPLOAD_TIMEOUT, on_line=line
        )
        submission = data.get("id")
        if ran.code or not isinstance(submission, str):
            raise _error(ran, "send it")
        on_id(checked_id(submission))
        return submission

    def status(self, submission: str) -> Status:
        """See Notary."""
        ran, data = self._ask(["info", checked_id(submission)])
        if ran.code or "status" not in data:
            raise _error(ran, "say how it stands")
        return status_of(data["status"])

    def log(self, submission: str) -> dict[str, Any]:
        """See Notary."""
        ran, data = self._ask(["log", checked_id(submission)])
        if ran.code or "status" not in data:
            raise _error(ran, "fetch Apple's log")
        return data

    def find(self, upload_name: str) -> tuple[str, Status] | None:
        """See Notary."""
        ran, data = self._ask(["history"])
        history = data.get("history")
        if ran.code or not isinstance(history, list):
            raise _error(ran, "list what was sent")
        named = [e for e in history if isinstance(e, dict) and e.get("name") == upload_name]
        if not named:
            return None
        newest = max(named, key=lambda entry: str(entry.get("createdDate", "")))
        return checked_id(str(newest.get("id", ""))), status_of(newest.get("status"))

    def _ask(
        self,
        arguments: Sequence[str],
        timeout: float = QUESTION_TIMEOUT,
        *,
        on_line: Callable[[str], object] = lambda _: None,
    ) -> tuple[Ran, dict[str, Any]]:
        with self._who() as who:
            ran = self._program.run(
                ["notarytool", *arguments, *who, "--output-format", "json"],
                timeout=timeout,
                if_late=IF_LATE,
                on_line=on_line,
            )
        return ran, json_in(ran.stdout)

    @contextlib.contextmanager
    def _who(self) -> Iterator[list[str]]:
        c = self._credentials
        if not c.has_key:
            keychain = ["--keychain", str(c.keychain)] if c.keychain else []
            yield ["--keychain-profile", c.keychain_profile or "", *keychain]
            return
        with c.key_file() as key:
            yield ["--key", str(key), "--key-id", c.key_id or "", "--issuer", c.issuer or ""]


def _error(ran: Ran, doing: str) -> NotaryError:
    return error_of(ran, doing, name="notarytool")
