"""The notary service through `rcodesign` (crate apple-codesign), on any system.

Known from the sources of version 0.29.0: `notary-submit` without `--wait` logs "created submission
ID: ..." on stderr *before* it uploads; `notary-wait` polls, logs "poll state after Ns: Status",
ends with 0 on any verdict, Invalid included, and says "reached time limit" after N seconds.
"""

import contextlib
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..errors import SigningError
from ..signing.backends.rcodesign import INSTALL
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
from .tool_errors import error_of

_CREATED = re.compile(r"created submission ID: ([0-9A-Za-z-]+)")
_STATE = re.compile(r"poll state after \d+s: (\w+)")
_TIME_LIMIT = re.compile(r"(reached|exceeded)\b.*\blimit", re.IGNORECASE)


class RcodesignNotary:
    """See Notary."""

    name = "rcodesign"

    def __init__(self, credentials: NotaryCredentials, *, program: Program | None = None) -> None:
        """Ask for `credentials`. Raises ToolError where rcodesign is missing, SigningError."""
        if not credentials.has_key:
            raise SigningError(
                "rcodesign does not read keychain profiles.",
                mend="Give an App Store Connect key: --api-key, --api-key-id and --api-issuer.",
            )
        credentials.check()
        self._credentials = credentials
        self._program = program or find_program("rcodesign", INSTALL)

    def submit(self, upload: Path, on_id: Callable[[str], object]) -> str:
        """See Notary."""
        told: list[str] = []

        def line(text: str) -> None:
            found = _CREATED.search(text)
            if found and found[1] not in told:
                told.append(found[1])
                on_id(checked_id(found[1]))

        ran = self._ask(["notary-submit", str(upload)], UPLOAD_TIMEOUT, on_line=line)
        if ran.code or not told:
            raise error_of(ran, "send it")
        return told[-1]

    def status(self, submission: str) -> Status:
        """See Notary."""
        ran = self._ask(["notary-wait", "--max-wait-seconds", "0", checked_id(submission)])
        states = _STATE.findall(ran.text)
        status = status_of(states[-1]) if states else None
        if status is None or (ran.code and not status.final and not _TIME_LIMIT.search(ran.text)):
            raise error_of(ran, "say how it stands")
        return status

    def log(self, submission: str) -> dict[str, Any]:
        """See Notary."""
        ran = self._ask(["notary-log", checked_id(submission)])
        data = json_in(ran.stdout)
        if ran.code or "status" not in data:
            raise error_of(ran, "fetch Apple's log")
        return data

    def find(self, upload_name: str) -> tuple[str, Status] | None:
        """See Notary. `notary-list` prints a line each: ID, date, name, state."""
        ran = self._ask(["notary-list"])
        if ran.code:
            raise error_of(ran, "list what was sent")
        lines = [line.split() for line in ran.stdout.splitlines() if upload_name in line]
        dated = [(words[1], words[0], words[-1]) for words in lines if len(words) >= 3]
        if not dated:
            return None
        _, submission, state = max(dated)
        return checked_id(submission), status_of(state)

    def _ask(
        self,
        arguments: Sequence[str],
        timeout: float = QUESTION_TIMEOUT,
        *,
        on_line: Callable[[str], object] = lambda _: None,
    ) -> Ran:
        """Call it with the key in its own form, and with none of the user's settings."""
        command, *rest = arguments
        with self._encoded_key() as key:
            return self._program.run(
                [command, "--config-file", os.devnull, "--api-key-file", str(key), *rest],
                timeout=timeout,
                if_late=IF_LATE,
                on_line=on_line,
            )

    @contextlib.contextmanager
    def _encoded_key(self) -> Iterator[Path]:
        c = self._credentials
        if c.encoded and c.api_key is not None:
            yield c.api_key
            return
        with tempfile.TemporaryDirectory(prefix="plover-tray-") as folder, c.key_file() as file:
            encoded = Path(folder) / "key.json"
            encoded.touch(mode=0o600)
            ran = self._program.run(
                [
                    *("encode-app-store-connect-api-key", "--config-file", os.devnull),
                    *("--output-path", str(encoded)),
                    *(c.issuer or "", c.key_id or "", str(file)),
                ],
                timeout=QUESTION_TIMEOUT,
                if_late=IF_LATE,
            )
            if ran.code:
                raise error_of(ran, "read the App Store Connect key")
            yield encoded
