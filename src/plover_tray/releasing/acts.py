"""What each step of a release does: in go the app and the options, out comes what is recorded.

`ok: False` in it stops the release.
"""

import dataclasses
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..bundle.app_bundle import AppBundle
from ..checking import check
from ..errors import writing
from ..findings import Finding, Severity
from ..fixing.fix import fix
from ..image import load_settings, make_dmg, read_dmg
from ..image.result import Progress as ImageProgress
from ..notarization.events import Progress
from ..notarization.image_signature import sign_image
from ..notarization.notarize import SUFFIX, Notarization, notarize
from ..notarization.notary import Notary
from ..notarization.record import digest_of
from ..notarization.retry import DEFAULT_POLICY, Clock, RetryPolicy
from ..notarization.staple import Stapler, staple
from ..signature.resources import TICKET_OF_APP
from ..signature.verify import verify
from ..signing.options import Progress as SealProgress
from ..signing.sign import choose_backend, sign
from ..writing.scratch_folder import remove_tree
from .options import ReleaseOptions
from .preflight import dmg_name_of

SHOWN_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class ReleaseTools:
    """Who notarizes and staples, and how long they are waited for."""

    notary: Callable[[], Notary]
    stapler: Callable[[], Stapler]
    policy: RetryPolicy = DEFAULT_POLICY
    clock: Clock | None = None


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who is told how the long steps go on."""

    notarization: Progress = lambda _: None
    seal: SealProgress = lambda _: None
    image: ImageProgress = lambda _: None


@dataclass(frozen=True, slots=True)
class Places:
    """Where a release puts what it makes."""

    app: Path
    dmg: Path
    record: Path
    work: Path
    """A folder of the release's own, hidden, for the next run."""
    fixed: Path
    """In it: the app before it is signed."""

    @classmethod
    def of(cls, bundle: AppBundle, options: ReleaseOptions) -> "Places":
        """The places for `bundle` in the output folder."""
        folder = Path(os.path.realpath(options.output))
        name, stem = bundle.path.name, bundle.path.stem
        work = folder / f".{stem}.release"
        dmg = folder / (options.dmg_name or dmg_name_of(bundle))
        return cls(folder / name, dmg, folder / f"{stem}.release.json", work, work / name)


class Acts:
    """What the steps of one release do, and what they found that stops it."""

    def __init__(
        self,
        bundle: AppBundle,
        options: ReleaseOptions,
        places: Places,
        tools: ReleaseTools,
        listeners: Listeners,
    ) -> None:
        """For the release of `bundle`; nothing is done yet."""
        self.places = places
        self.findings: tuple[Finding, ...] = ()
        """Of the check, if it stopped the release."""
        self.verdict: Notarization | None = None
        """Apple's, if it stopped the release."""
        self._bundle, self._options, self._tools = bundle, options, tools
        self._listeners = listeners

    def fix(self) -> Mapping[str, Any]:
        """A fixed copy of the app, whatever there was to fix."""
        remove_tree(self.places.fixed)
        done = fix(self._bundle.path, self.places.fixed, entry=self._options.entry)
        return {"changed": not done.plan.nothing_to_do}

    def check(self) -> Mapping[str, Any]:
        """What the rules find in the fixed app; an error stops the release."""
        checked = self.places.fixed if self.places.fixed.exists() else self.places.app
        findings = check(checked, ignore=self._options.ignore).findings
        errors = sum(finding.severity is Severity.ERROR for finding in findings)
        if errors:
            self.findings = findings
        return {
            "ok": not errors,
            "errors": errors,
            "warnings": sum(finding.severity is Severity.WARNING for finding in findings),
            "findings": [dataclasses.asdict(finding) for finding in findings],
        }

    def sign(self) -> Mapping[str, Any]:
        """The fixed app sealed, under the output's name."""
        o = self._options
        report = sign(
            self.places.fixed,
            self.places.app,
            o.sign,
            backend=choose_backend(o.backend, o.credentials),
            replace_output=True,
            backup=False,
            progress=self._listeners.seal,
        )
        return {
            "by": report.backend,
            "identifier": report.identifier,
            "cdhashes": dict(report.cdhashes),
            "files": report.files,
            "mended": list(report.steps),
        }

    def verify(self) -> Mapping[str, Any]:
        """Whether the seal holds."""
        found = verify(self.places.app)
        broken = [problem for problem in found.problems if problem.breaks]
        return {
            "ok": found.ok,
            "code": len(found.objects),
            "problems": [f"{p.path}: {p.message}" for p in broken[:SHOWN_PROBLEMS]],
        }

    def notarize(self, path: Path) -> Mapping[str, Any]:
        """Apple's verdict on the app or the DMG at `path`; a refusal stops the release."""
        verdict = self._verdict_on(path)
        self.verdict = None if verdict.accepted else verdict
        return {
            "ok": verdict.accepted,
            "submission": verdict.submission,
            "status": str(verdict.status),
            "path": path.name,
        }

    def _verdict_on(self, path: Path, *, resume: bool = False) -> Notarization:
        return notarize(
            path,
            self._tools.notary(),
            record=self.places.work / (path.name + SUFFIX),
            resume=resume,
            policy=self._tools.policy,
            clock=self._tools.clock,
            progress=self._listeners.notarization,
        )

    def staple(self, path: Path) -> Mapping[str, Any]:
        """The ticket stapled to what Apple accepted."""
        verdict = self._verdict_on(path, resume=True)
        staple(
            verdict,
            self._tools.stapler(),
            policy=self._tools.policy,
            clock=self._tools.clock,
            progress=self._listeners.notarization,
        )
        return {"submission": verdict.submission, "path": path.name}

    def layout(self) -> tuple[object, ...]:
        """What goes into the DMG beside the app."""
        o = self._options
        common = (self.places.dmg.name, o.volume_name, o.dmg_format, sorted(o.defines.items()))
        if o.dmg_settings is None:
            return common
        settings = load_settings(
            o.dmg_settings, app=self.places.app, defines=o.defines, filename=str(self.places.dmg)
        )
        others = [path for path, _ in settings.files if not _same(path, self.places.app)]
        pictures = [settings.icon, settings.badge_icon, settings.background]
        others += [picture for picture in pictures if isinstance(picture, Path)]
        return (*common, digest_of(o.dmg_settings), [digest_of(path) for path in others])

    def sign_dmg(self) -> Mapping[str, Any]:
        """The DMG signed."""
        return {"by": sign_image(self.places.dmg, self._options.credentials)}

    def make_dmg(self, epoch: int | None) -> Mapping[str, Any]:
        """The DMG, with dates no later than `epoch`, in seconds since 1970."""
        o = self._options
        report = make_dmg(
            self.places.app,
            self.places.dmg,
            o.dmg_settings,
            volume_name=o.volume_name,
            image_format=o.dmg_format,
            defines=o.defines,
            source_date_epoch=epoch,
            replace_output=True,
            progress=self._listeners.image,
        )
        return {
            "by": report.backend,
            "size": report.size,
            "format": report.image_format,
            "volume": report.volume_name,
            "notes": list(report.notes),
        }

    def final_check(self) -> Mapping[str, Any]:
        """Look at the image as a user will have it."""
        with read_dmg(self.places.dmg) as image:
            image.check_whole()
            scratch = self.places.work / "looked-at"
            remove_tree(scratch)
            with writing(scratch):
                scratch.mkdir()
            inside = image.extract_app(scratch, composed=True)
            try:
                found = verify(inside)
                same = digest_of(inside) == digest_of(self.places.app)
                ticket = (inside / TICKET_OF_APP).is_file()
            finally:
                remove_tree(scratch)
        return {
            "ok": found.ok and same and (ticket or self._options.skip_notarize),
            "verifies": found.ok,
            "same": same,
            "ticket": ticket,
        }


def _same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)
