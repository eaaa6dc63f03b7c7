"""Dialogues with the notary service, as notarytool, stapler and rcodesign print them.

Recorded from: notarytool's JSON in electron/notarize#173 and enso-org/enso#14644, its errors in its
users' reports; rcodesign's lines from the sources of apple-codesign 0.29.0. Goes out: a `Dialogue`
that a stand-in plays, a notary and a stapler that talk to it, and a clock that never waits.
"""

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from plover_tray.notarization.credentials import NotaryCredentials
from plover_tray.notarization.notary import Notary
from plover_tray.notarization.notarytool import Notarytool
from plover_tray.notarization.rcodesign import RcodesignNotary
from plover_tray.notarization.staple import RcodesignStapler, Stapler, XcrunStapler
from plover_tray.tools.program import Program
from plover_tray.tools.secret import Secret

STAND_IN = Path(__file__).parent / "stand_in_xcrun"
SUBMISSION = "6f17b4b8-cb49-4ae6-855d-929d75eea6ce"
KEY = "-----BEGIN PRIVATE KEY-----\nMIGTAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----"
Answer = tuple[int, str, str]

INVALID_LOG: dict[str, Any] = {
    "logFormatVersion": 1,
    "jobId": SUBMISSION,
    "status": "Invalid",
    "statusSummary": "Archive contains critical validation errors",
    "statusCode": 4000,
    "archiveFilename": "Small.zip",
    "ticketContents": None,
    "issues": [
        {
            "severity": "error",
            "code": None,
            "path": "Small.zip/Small.app/Contents/MacOS/Small",
            "message": "The executable does not have the hardened runtime enabled.",
            "docUrl": "https://developer.apple.com/documentation/security/resolving",
            "architecture": "x86_64",
        },
        {
            "severity": "error",
            "code": None,
            "path": "Small.zip/Small.app/Contents/MacOS/Small",
            "message": "The signature does not include a secure timestamp.",
            "docUrl": None,
            "architecture": "arm64",
        },
        {
            "severity": "error",
            "code": None,
            "path": "Small.zip/Small.app/Contents/Frameworks/libx.dylib",
            "message": "The binary is not signed with a valid Developer ID certificate.",
            "docUrl": None,
            "architecture": "arm64",
        },
    ],
}


class PlayedClock:
    """A clock whose time passes only by sleeping."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.slept: list[float] = []
        self.kill_at_sleep: int | None = None

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if self.kill_at_sleep == len(self.slept):
            raise KeyboardInterrupt
        self.time += seconds


@dataclass
class Dialogue:
    """What the service will say, in one tool's words."""

    tool: str
    file: Path
    answers: dict[str, list[Answer]] = field(default_factory=dict)

    def play(self, verb: str, *answers: Answer) -> None:
        """Answer the next calls of `verb` so, and the last of them for ever."""
        self.answers[verb] = list(answers)
        self.file.write_text(json.dumps(self.answers))

    def forget_calls(self) -> None:
        Path(f"{self.file}.calls").unlink(missing_ok=True)

    @property
    def calls(self) -> list[dict[str, Any]]:
        calls = Path(f"{self.file}.calls")
        return (
            [json.loads(line) for line in calls.read_text().splitlines()] if calls.exists() else []
        )

    def count(self, verb: str) -> int:
        return sum(call["verb"] == verb for call in self.calls)

    def notary(self, **credentials: Any) -> Notary:
        who = NotaryCredentials(
            **(credentials or {"api_key_text": Secret(KEY), "key_id": "KEY123", "issuer": "iss-1"})
        )
        program = Program("xcrun" if self.tool == "notarytool" else "rcodesign", STAND_IN)
        if self.tool == "notarytool":
            return Notarytool(who, program=program)
        return RcodesignNotary(who, program=program)

    def stapler(self) -> Stapler:
        if self.tool == "notarytool":
            return XcrunStapler(program=Program("xcrun", STAND_IN))
        return RcodesignStapler(program=Program("rcodesign", STAND_IN))

    def sent(self, submission: str = SUBMISSION) -> Answer:
        if self.tool == "notarytool":
            said = {"id": submission, "path": "x", "message": "Successfully uploaded file"}
            return 0, json.dumps(said), ""
        return 0, "", f"created submission ID: {submission}\nS3 upload completed successfully\n"

    def status(self, status: str) -> Answer:
        if self.tool == "notarytool":
            said = {"id": SUBMISSION, "status": status, "message": "Successfully received"}
            return 0, f"Conducting pre-submission checks\n{json.dumps(said)}\n", ""
        line = f"poll state after 0s: {status.replace(' ', '')}\n"
        if status == "In Progress":
            return 1, "", f"{line}Error: reached time limit waiting for notarization to complete\n"
        return 0, "", line

    def log(self, data: dict[str, Any]) -> Answer:
        return 0, json.dumps(data), f"fetching notarization log for {SUBMISSION}\n"

    def history(self, name: str, status: str) -> Answer:
        if self.tool == "notarytool":
            entry = {"id": SUBMISSION, "name": name, "status": status, "createdDate": "2026-11-23"}
            return 0, json.dumps({"history": [entry], "message": "ok"}), ""
        return 0, f"{SUBMISSION} 2026-11-23T10:00:00Z {name} {status.replace(' ', '')}\n", ""

    def no_history(self) -> Answer:
        return (0, '{"history": []}', "") if self.tool == "notarytool" else (0, "", "")

    def unauthorized(self) -> Answer:
        if self.tool == "notarytool":
            text = "Error: HTTP status code: 401. Invalid credentials. Username or password is"
            return 69, "", f"{text} incorrect.\n"
        return 1, "", "Error: App Store Connect error: 401 Unauthorized: NOT_AUTHORIZED\n"

    def network_lost(self) -> Answer:
        if self.tool == "notarytool":
            text = (
                'Error: Error Domain=NSURLErrorDomain Code=-1005 "The network connection was lost."'
            )
            return 1, "", f"{text}\n"
        return 1, "", "Error: error sending request for url: connection reset by peer\n"

    def upload_cut(self) -> Answer:
        if self.tool == "notarytool":
            return 1, "", "Error: abortedUpload(error: connection lost)\n"
        return 1, "", f"created submission ID: {SUBMISSION}\nError: dispatch failure\n"

    def no_ticket(self) -> Answer:
        if self.tool == "notarytool":
            text = 'CloudKit query for Small.app failed due to "Record not found".\n'
            return 65, f"{text}The staple and validate action failed! Error 65.\n", ""
        return 1, "", "Error: notarization ticket lookup failure: NOT_FOUND: Record not found\n"


def rcodesign_on_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the stand-in be the rcodesign of PATH, and Python with this package its python3."""
    tools = folder / "tools"
    tools.mkdir()
    (tools / "rcodesign").symlink_to(STAND_IN)
    before = [str(tools), str(Path(sys.executable).parent), os.environ["PATH"]]
    monkeypatch.setenv("PATH", os.pathsep.join(before))


def certificate(folder: Path) -> Path:
    """A file in place of a .p12 file, which the stand-in does not look into."""
    file = folder / "certificate.p12"
    file.write_bytes(b"a key and its certificate")
    return file


def dialogue_for(tool: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Dialogue:
    """A dialogue in `folder` that ends well unless it is told otherwise."""
    played = Dialogue(tool, folder / "dialogue.json")
    monkeypatch.setenv("STAND_IN_DIALOGUE", str(played.file))
    played.play("submit", played.sent())
    played.play("info", played.status("In Progress"), played.status("Accepted"))
    played.play("history", played.no_history())
    return played
