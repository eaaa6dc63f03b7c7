"""The backend `codesign`: Apple's own tool, on a Mac.

It makes CodeResources itself; the order, innermost first, and the arguments are ours. `--deep` is
never used: it signs in the wrong order and gives the app's entitlements to every library.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import SigningError
from ...macho.file import show_version
from ...signature.constants import Flag
from ...signature.entitlements import make_xml_blob
from ...signature.requirement_text import show_requirement_set
from ...signature.requirements import parse_requirement_set
from ...signature.verify import verify
from ...tools.program import Program, find_program
from ..credentials import Credentials
from ..files import read_whole
from ..macho_seal import SignatureContent
from ..options import EventKind, Progress, SignEvent, SignOptions, SignReport
from ..order import CodeItem, signing_order
from ..signature_content import SignatureContents
from ..tool_errors import retried, run_signer

MEND = "It is part of macOS; elsewhere use rcodesign, or the built-in ad-hoc seal."
BATCH = 100
"""Libraries signed by one call."""
ADHOC = "-"


class CodesignBackend:
    """Seals bundles with `codesign`."""

    name = "codesign"

    def __init__(
        self,
        credentials: Credentials,
        *,
        tool: Program | None = None,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """Sign for the identity of `credentials`, or ad-hoc. Raises ToolError without codesign."""
        if credentials.p12 is not None and not credentials.identity:
            raise SigningError(
                "codesign takes identities from a keychain, not from a .p12 file.",
                mend="Import the file into a keychain and name the identity, or use rcodesign.",
            )
        self._tool = tool or find_program("codesign", MEND)
        self._credentials, self._wait = credentials, wait
        self._adhoc = not credentials.identity or credentials.identity == ADHOC

    def seal(
        self, folder: Path, options: SignOptions, progress: Progress, steps: Sequence[str] = ()
    ) -> SignReport:
        """Seal the bundle at `folder` in place, and verify the result.

        Raises ToolError where codesign fails, SigningError where its result does not verify.
        """
        order = signing_order(folder)
        contents = SignatureContents(options, order.main, adhoc=self._adhoc)
        jobs = [_Job(item, _content(contents, item, folder)) for item in order.items]
        total = sum(item.size for item in order.items)
        done = 0
        for batch in _batches(jobs, options):
            self._sign(folder, batch, options)
            for job in batch:
                done += job.item.size
                progress(SignEvent(job.event, job.item.path, done, total))
        return self._report(folder, jobs, steps)

    def _sign(self, folder: Path, batch: Sequence["_Job"], options: SignOptions) -> None:
        with tempfile.TemporaryDirectory(prefix="plover-tray-") as scratch:
            arguments = self._arguments(Path(scratch), batch, options)
            paths = [str(folder / job.item.path) for job in batch]
            retried(lambda: run_signer(self._tool, [*arguments, *paths]), wait=self._wait)

    def _arguments(self, scratch: Path, batch: Sequence["_Job"], options: SignOptions) -> list[str]:
        timestamp = self._credentials.timestamp and not self._adhoc
        arguments = ["--force", "--sign", self._credentials.identity or ADHOC]
        arguments.append("--timestamp" if timestamp else "--timestamp=none")
        if self._credentials.keychain is not None:
            arguments += ["--keychain", str(self._credentials.keychain)]
        content = batch[0].content
        if content.flags & Flag.RUNTIME:
            arguments += ["--options", "runtime"]
            if options.runtime_version is not None:
                arguments += ["--runtime-version", show_version(options.runtime_version)]
        if batch[0].special(options):
            arguments += ["--identifier", content.identifier]
        if content.entitlements is not None:
            file = scratch / "entitlements.plist"
            file.write_bytes(make_xml_blob(content.entitlements)[8:])
            arguments += ["--entitlements", str(file)]
        if content.requirements is not None:
            text = show_requirement_set(parse_requirement_set(content.requirements))
            arguments += ["--requirements", f"={text}"]
        return arguments

    def _report(self, folder: Path, jobs: Sequence["_Job"], steps: Sequence[str]) -> SignReport:
        found = verify(folder)
        broken = [problem for problem in found.problems if problem.breaks]
        if broken:
            raise SigningError(
                "The signature that codesign made does not verify: "
                f"{broken[0].path}: {broken[0].message}."
            )
        main = found.main
        slices = main.slices if main else ()
        return SignReport(
            backend=self.name,
            identifier=(main.identifier if main else None) or "",
            cdhashes={s.arch: s.signature.best.cdhash.hex() for s in slices if s.signature},
            files=len(jobs),
            bundles=sum(job.item.root is not None for job in jobs),
            steps=tuple(steps),
        )


@dataclass(frozen=True, slots=True)
class _Job:
    """One thing to sign, and what its signature is to say."""

    item: CodeItem
    content: SignatureContent

    @property
    def event(self) -> EventKind:
        return "sealed" if self.item.root else "signed"

    def special(self, options: SignOptions) -> bool:
        """Whether it needs arguments of its own."""
        return (
            self.item.root is not None
            or self.content.entitlements is not None
            or self.item.path in options.identifiers
        )


def _content(contents: SignatureContents, item: CodeItem, folder: Path) -> SignatureContent:
    data = read_whole(folder / item.executable)
    if item.root is not None:
        return contents.of_root(item.root, data, item.macho)
    return contents.of_file(item.path, data, item.macho)


def _batches(jobs: Sequence[_Job], options: SignOptions) -> Iterator[list[_Job]]:
    """Jobs in their order: libraries many at a time, programs and bundles one by one."""
    batch: list[_Job] = []
    for job in jobs:
        if job.special(options):
            if batch:
                yield batch
            yield [job]
            batch = []
        else:
            batch.append(job)
            if len(batch) == BATCH:
                yield batch
                batch = []
    if batch:
        yield batch
