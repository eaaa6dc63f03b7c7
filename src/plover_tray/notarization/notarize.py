"""Notarizing one app or DMG: in go its path and a notary, out comes Apple's verdict.

What is sent is recorded beside it at once (`NAME.notarization.json`), with its digest: a broken
wait goes on with the same submission, and the same bytes are not sent twice unless that is asked
for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ..errors import show_path
from ..writing.scratch_folder import scratch_folder
from .archive import archive, upload_name
from .eligibility import check_kind
from .events import NotarizationEvent, Progress
from .log import NotaryLog, parse_log
from .notary import Notary, Status, checked_id
from .record import digest_of, load_record, save_record
from .retry import DEFAULT_POLICY, Clock, RealClock, RetryPolicy, retry
from .tool_errors import NetworkError, NotaryError

T = TypeVar("T")

KIND = "notarization"
SUFFIX = ".notarization.json"


@dataclass(frozen=True, slots=True)
class Notarization:
    """Apple's verdict."""

    path: Path
    digest: str
    """Of the bytes that were sent; a ticket stapled later does not count."""
    submission: str
    status: Status
    log: NotaryLog | None
    """Apple's log: of anything but Accepted; None where it could not be fetched."""
    resumed: bool
    record: Path

    def note_stapled(self) -> None:
        """Record the digest of the file with its ticket, so that it is not sent again."""
        known = load_record(self.record, KIND)
        if known.get("digest") == self.digest and not self.path.is_dir():
            save_record(self.record, KIND, known | {"stapled": digest_of(self.path)})

    @property
    def accepted(self) -> bool:
        """Whether there is a ticket."""
        return self.status is Status.ACCEPTED


def record_path(path: Path) -> Path:
    """Where the record of `path` lies."""
    return path.with_name(path.name + SUFFIX)


def notarize(
    path: Path,
    notary: Notary,
    *,
    record: Path | None = None,
    resume: bool = False,
    again: bool = False,
    policy: RetryPolicy = DEFAULT_POLICY,
    clock: Clock | None = None,
    progress: Progress = lambda _: None,
) -> Notarization:
    """Have the app, DMG, pkg or zip at `path` notarized, and wait for the verdict.

    A submission of the same bytes that the record knows is waited for instead of sending again;
    with `resume` nothing is sent at all, and with `again` it is sent in any case. Raises
    NotaryError, NetworkError when all retries are used up, SigningError, StagingError, BundleError.
    """
    path = Path(path)
    check_kind(path)
    return _Run(path, notary, record, policy, clock or RealClock(), progress).run(
        resume=resume, again=again
    )


class _Run:
    """One call of `notarize`."""

    def __init__(
        self,
        path: Path,
        notary: Notary,
        record: Path | None,
        policy: RetryPolicy,
        clock: Clock,
        progress: Progress,
    ) -> None:
        self._path = Path(path.absolute())
        self._notary, self._policy, self._clock = notary, policy, clock
        self._progress = progress
        self._record_path = record or record_path(self._path)
        self._digest = digest_of(self._path)

    def run(self, *, resume: bool, again: bool) -> Notarization:
        known = {} if again else self._known()
        submission = self._go_on(known)
        resumed = submission is not None
        if submission is None:
            if resume:
                raise NotaryError(
                    f"There is nothing to resume: {show_path(self._path.name)} as it is now was "
                    "not sent.",
                    mend="Run the command without --resume to send it.",
                )
            submission = self._send()
        status = self._wait(submission)
        log = None if status is Status.ACCEPTED else self._log(submission)
        return Notarization(
            self._path, self._digest, submission, status, log, resumed, self._record_path
        )

    def _known(self) -> dict[str, Any]:
        known = load_record(self._record_path, KIND)
        if self._digest not in (known.get("digest"), known.get("stapled")):
            return {}
        return known

    def _go_on(self, known: dict[str, Any]) -> str | None:
        """The submission of an earlier run, if it was sent to its end."""
        submission, state = known.get("submission"), known.get("state")
        if state == "sent" and isinstance(submission, str):
            self._tell("resumed", f"Going on with submission {submission}.")
            return checked_id(submission)
        if state != "sending":
            return None
        # Killed while sending: Apple knows whether it all arrived, if it has come to a verdict.
        found = self._retry(lambda: self._notary.find(self._upload_name))
        if found is None:
            return None
        submission, status = found
        if status.final:
            self._save(submission, "sent")
            self._tell("resumed", f"Submission {submission} had arrived.")
            return submission
        self._tell(
            "note", f"Submission {submission} was cut off while it was sent; it is sent again."
        )
        return None

    @property
    def _upload_name(self) -> str:
        return upload_name(self._path, self._digest)

    def _send(self) -> str:
        with scratch_folder(self._record_path) as folder:
            self._tell("packing", f"Packing {show_path(self._path.name)}.")
            upload = archive(self._path, folder, self._digest)
            size = upload.stat().st_size
            self._save("", "sending")
            self._tell("sending", f"Sending {size / 1e6:.1f} MB to Apple.")
            submission = self._submit(upload)
        self._save(submission, "sent")
        self._tell("sent", f"Sent; submission {submission}.")
        return submission

    def _submit(self, upload: Path) -> str:
        """Upload it; where Apple never heard of it, no record stays."""
        heard: list[str] = []

        def known(submission: str) -> None:
            heard.append(submission)
            self._save(submission, "sending")

        try:
            return self._retry(lambda: self._notary.submit(upload, known))
        except NotaryError as error:
            if heard or isinstance(error, NetworkError):
                shown = show_path(self._record_path.name)
                self._tell("note", f"{shown} keeps the state for the next run.")
            else:
                self._record_path.unlink(missing_ok=True)
            raise

    def _wait(self, submission: str) -> Status:
        start = self._clock.now()
        last = None
        for wait in self._policy.polls():
            status = self._retry(lambda: self._notary.status(submission))
            if status is not last:
                self._tell("status", f"Apple says: {status}.")
                last = status
            if status.final:
                self._save(submission, "sent", status)
                return status
            if self._clock.now() + wait - start > self._policy.timeout:
                raise NotaryError(
                    f"Apple has no verdict on submission {submission} yet "
                    f"({status}, after {self._clock.now() - start:.0f} seconds).",
                    mend="Apple continues; `plover-tray notarize --resume` waits for the verdict "
                    "and sends nothing again.",
                )
            self._clock.sleep(wait)
        raise AssertionError("the waits have no end")

    def _log(self, submission: str) -> NotaryLog | None:
        try:
            return parse_log(self._retry(lambda: self._notary.log(submission)))
        except NotaryError as error:
            self._tell("note", f"Apple's log could not be fetched: {error.message}")
            return None

    def _retry(self, call: Callable[[], T]) -> T:
        return retry(call, self._policy.retries, self._clock, on_retry=self._told_retry)

    def _told_retry(self, error: NetworkError, wait: float) -> None:
        self._tell("retry", f"{error.message} Trying again in {wait:.0f} seconds.")

    def _save(self, submission: str, state: str, status: Status | None = None) -> None:
        save_record(
            self._record_path,
            KIND,
            {
                "file": self._path.name,
                "digest": self._digest,
                "upload": self._upload_name,
                "notary": self._notary.name,
                "submission": submission,
                "state": state,
                "status": str(status) if status else "",
            },
        )

    def _tell(self, kind: Any, text: str) -> None:
        self._progress(NotarizationEvent(kind, text))
