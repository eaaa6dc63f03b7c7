"""The notary service through `xcrun notarytool`: arguments in, JSON out.

The exit code alone says nothing: 0 can be Invalid (known from electron/notarize#173), so that the
status is read from the JSON, and from nowhere else.
"""

import contextlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..errors import SigningError
from ..tools.program import CALL_TIMEOUT, UPLOAD_TIMEOUT, Program, Ran, find_program
from .credentials import NotaryCredentials
from .notary import Status, status_of
from .tool_errors import NotaryError, fault_of

XCRUN = "Install Xcode or its command line tools: `xcode-select --install`."
SUBMISSION_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{5,63}")
_ID_LINE = re.compile(r'\bid"?\s*:\s*"?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})')


class Notarytool:
    """See Notary."""

    name = "notarytool"

    def __init__(self, credentials: NotaryCredentials, *, program: Program | None = None) -> None:
        """Ask for `credentials`. Raises ToolError where xcrun is missing, SigningError."""
        credentials.check()
        if credentials.encoded:
            raise SigningError(
                "notarytool does not take rcodesign's JSON for a key.",
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
            raise fault_of("notarytool", ran, "send it")
        on_id(checked_id(submission))
        return submission

    def status(self, submission: str) -> Status:
        """See Notary."""
        ran, data = self._ask(["info", checked_id(submission)])
        if ran.code or "status" not in data:
            raise fault_of("notarytool", ran, "say how it stands")
        return status_of(data["status"])

    def log(self, submission: str) -> dict[str, Any]:
        """See Notary."""
        ran, data = self._ask(["log", checked_id(submission)])
        if ran.code or "status" not in data:
            raise fault_of("notarytool", ran, "fetch Apple's log")
        return data

    def find(self, upload_name: str) -> tuple[str, Status] | None:
        """See Notary."""
        ran, data = self._ask(["history"])
        history = data.get("history")
        if ran.code or not isinstance(history, list):
            raise fault_of("notarytool", ran, "list what was sent")
        named = [e for e in history if isinstance(e, dict) and e.get("name") == upload_name]
        if not named:
            return None
        newest = max(named, key=lambda entry: str(entry.get("createdDate", "")))
        return checked_id(str(newest.get("id", ""))), status_of(newest.get("status"))

    def _ask(
        self,
        arguments: Sequence[str],
        timeout: float = CALL_TIMEOUT,
        *,
        on_line: Callable[[str], object] = lambda _: None,
    ) -> tuple[Ran, dict[str, Any]]:
        with self._who() as who:
            ran = self._program.run(
                ["notarytool", *arguments, *who, "--output-format", "json"],
                timeout=timeout,
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
