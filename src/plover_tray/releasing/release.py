"""The whole chain: in goes an app, out come a sealed app and its DMG, notarized if that is wanted.

Fix, check, sign, verify, notarize and staple the app, make the DMG, sign, notarize and staple it,
look at the result as a user will have it. Each step is recorded beside the output with the digests
of what went in; run again, it goes on where it stopped and does anew what changed.
"""

import contextlib
import dataclasses
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._version import __version__
from ..bundle.app_bundle import AppBundle
from ..checking import check
from ..errors import OutputExistsError, StagingError, show_path, writing
from ..findings import Finding, Severity
from ..fixing.fix import fix
from ..image import epoch_from_environment, load_settings, make_dmg, read_dmg
from ..image.result import Progress as ImageProgress
from ..notarization.events import Progress
from ..notarization.image_signature import sign_image
from ..notarization.notarize import SUFFIX, Notarization, notarize
from ..notarization.notary import Notary
from ..notarization.record import TICKET, digest_of, load_record
from ..notarization.retry import PATIENT, Clock, Patience
from ..notarization.staple import Stapler, staple
from ..signature.verify import verify
from ..signing.options import Progress as SealProgress
from ..signing.sign import choose_backend, sign
from ..writing.scratch_folder import remove_tree
from .options import ReleaseOptions
from .preflight import check_release, dmg_name_of
from .steps import KIND, OnStep, Step, StepResult, StepRunner

SHOWN_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class ReleaseTools:
    """Who notarizes and staples, and how long they are waited for."""

    notary: Callable[[], Notary]
    stapler: Callable[[], Stapler]
    patience: Patience = PATIENT
    clock: Clock | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """How a release went."""

    app: Path
    dmg: Path
    record: Path
    steps: tuple[StepResult, ...]
    findings: tuple[Finding, ...]
    """Of the check that stopped it; empty otherwise."""
    verdict: Notarization | None
    """Apple's, if it stopped the release."""

    @property
    def ok(self) -> bool:
        """Whether everything was done."""
        return not any(step.state == "failed" for step in self.steps)


def release(
    app: Path,
    options: ReleaseOptions,
    tools: ReleaseTools,
    *,
    on_step: OnStep = lambda _, __: None,
    progress: Progress = lambda _: None,
    on_seal: SealProgress = lambda _: None,
    on_image: ImageProgress = lambda _: None,
) -> Release:
    """Take the app from where it is to the DMG, in `options.output`.

    A step that finds something wrong ends it, with `ok` False; what the person can mend otherwise
    raises PloverTrayError's subclasses. In both cases the next run goes on from there.
    """
    bundle = AppBundle.open(app)
    check_release(bundle, options)
    run = _Run(bundle, options, tools, progress, on_seal, on_image)
    choose_backend(options.backend, options.credentials)  # these raise where a tool is missing,
    if not options.skip_notarize:  # or has not the credentials that it wants
        tools.notary()
    with writing(options.output):
        options.output.mkdir(parents=True, exist_ok=True)
    with run.locked():
        return run.run(on_step)


class _Run:
    """One call of `release`."""

    def __init__(
        self,
        bundle: AppBundle,
        options: ReleaseOptions,
        tools: ReleaseTools,
        progress: Progress,
        on_seal: SealProgress,
        on_image: ImageProgress,
    ) -> None:
        self._bundle, self._options, self._tools = bundle, options, tools
        self._progress, self._on_seal, self._on_image = progress, on_seal, on_image
        folder = Path(os.path.realpath(options.output))
        stem = bundle.path.stem
        self.app = folder / bundle.path.name
        self.dmg = folder / (options.dmg_name or dmg_name_of(bundle))
        self.record = folder / f"{stem}.release.json"
        self._work = folder / f".{stem}.release"
        self._fixed = self._work / bundle.path.name
        self._findings: tuple[Finding, ...] = ()
        self._verdict: Notarization | None = None
        if bundle.path in folder.parents or bundle.path == folder:
            raise StagingError(
                f"The output {show_path(folder)} lies inside the app.",
                mend="Choose a folder beside it with -o.",
            )
        if self.app == bundle.path:
            raise OutputExistsError(
                f"The output folder is where {show_path(self.app)} itself is.",
                mend="Choose another folder with -o.",
            )

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold off other releases of this app into this folder."""
        with writing(self._work):
            self._work.mkdir(exist_ok=True)
            lock = os.open(self._work / "lock", os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise StagingError(
                    f"Another release into {show_path(self.record.parent)} is at work.",
                    mend="Wait until it is done, or choose another folder with -o.",
                ) from None
            yield
        finally:
            os.close(lock)

    def run(self, on_step: OnStep) -> Release:
        outputs = [self.app.name, self.dmg.name]
        ours = load_record(self.record, KIND).get("outputs")
        for output in (self.app, self.dmg):
            if os.path.lexists(output) and not (isinstance(ours, list) and output.name in ours):
                raise OutputExistsError(
                    f"{show_path(output)} exists already, and no release made it.",
                    mend="Remove it, or choose another folder with -o.",
                )
        head = {
            "version": __version__,
            "app": str(self._bundle.path),
            "identifier": self._bundle.identifier,
            "outputs": outputs,
        }
        runner = StepRunner(self.record, head, on_step)
        results = tuple(runner.run(self._steps()))
        done = Release(self.app, self.dmg, self.record, results, self._findings, self._verdict)
        if done.ok:
            runner.save(result=self._result())
            remove_tree(self._fixed)
        return done

    def _result(self) -> dict[str, Any]:
        return {
            "dmg": {
                "name": self.dmg.name,
                "size": self.dmg.stat().st_size,
                "sha256": _sha(self.dmg),
            },
            "app": {"name": self.app.name, "digest": digest_of(self.app)},
            "notarized": not self._options.skip_notarize,
        }

    def _steps(self) -> list[Step]:
        o, c = self._options, self._options.credentials
        source = digest_of(self._bundle.path)
        unsigned = "" if not c.empty else "ad-hoc: an image has no ad-hoc signature"
        skip = "--skip-notarize" if o.skip_notarize else ""
        dmg_chain = ("sign-dmg", "staple-dmg")
        who = (o.backend, c.identity, c.keychain, c.timestamp, c.p12 and digest_of(c.p12))
        version, epoch = __version__, epoch_from_environment()

        def ticket(_: Path) -> str:
            return digest_of(self.app / TICKET)

        return [
            Step(
                "fix",
                lambda _: (version, source, o.entry),
                self._fix,
                artifact=self._fixed,
                replaced_by=("sign",),
            ),
            Step("check", lambda out: (version, out.get("fix"), o.ignore), self._check),
            Step(
                "sign",
                lambda out: (version, out.get("fix"), o.sign, who),
                self._sign,
                artifact=self.app,
            ),
            Step("verify", lambda out: (version, out.get("sign")), self._verify),
            Step(
                "notarize-app",
                lambda out: out.get("sign"),
                lambda: self._notarize(self.app),
                skip=skip,
            ),
            Step(
                "staple-app",
                lambda out: out.get("sign"),
                lambda: self._staple(self.app),
                artifact=self.app,
                skip=skip,
                digest=ticket,
            ),
            Step(
                "dmg",
                lambda out: (
                    version,
                    out.get("sign"),
                    out.get("staple-app"),
                    *self._layout(),
                    epoch,
                ),
                lambda: self._make_dmg(epoch),
                artifact=self.dmg,
                replaced_by=dmg_chain,
            ),
            Step(
                "sign-dmg",
                lambda out: (version, out.get("dmg"), who),
                lambda: {"by": sign_image(self.dmg, c)},
                artifact=self.dmg,
                replaced_by=dmg_chain[1:],
                skip=unsigned,
            ),
            Step(
                "notarize-dmg",
                lambda out: out.get("sign-dmg", out.get("dmg")),
                lambda: self._notarize(self.dmg),
                skip=skip,
            ),
            Step(
                "staple-dmg",
                lambda out: out.get("sign-dmg", out.get("dmg")),
                lambda: self._staple(self.dmg),
                artifact=self.dmg,
                skip=skip,
            ),
            Step(
                "final-check",
                lambda out: (version, [out.get(s) for s in ("dmg", *dmg_chain)]),
                self._final_check,
                artifact=self.dmg,
            ),
        ]

    def _fix(self) -> Mapping[str, Any]:
        remove_tree(self._fixed)
        done = fix(self._bundle.path, self._fixed, entry=self._options.entry)
        return {"changed": not done.plan.nothing_to_do}

    def _check(self) -> Mapping[str, Any]:
        checked = self._fixed if self._fixed.exists() else self.app
        findings = check(checked, ignore=self._options.ignore).findings
        errors = sum(finding.severity is Severity.ERROR for finding in findings)
        if errors:
            self._findings = findings
        return {
            "ok": not errors,
            "errors": errors,
            "warnings": sum(finding.severity is Severity.WARNING for finding in findings),
            "findings": [dataclasses.asdict(finding) for finding in findings],
        }

    def _sign(self) -> Mapping[str, Any]:
        o = self._options
        report = sign(
            self._fixed,
            self.app,
            o.sign,
            backend=choose_backend(o.backend, o.credentials),
            replace_output=True,
            backup=False,
            progress=self._on_seal,
        )
        return {
            "by": report.backend,
            "identifier": report.identifier,
            "cdhashes": dict(report.cdhashes),
            "files": report.files,
            "mended": list(report.steps),
        }

    def _verify(self) -> Mapping[str, Any]:
        found = verify(self.app)
        broken = [problem for problem in found.problems if problem.breaks]
        return {
            "ok": found.ok,
            "code": len(found.objects),
            "problems": [f"{p.path}: {p.message}" for p in broken[:SHOWN_PROBLEMS]],
        }

    def _notarize(self, path: Path) -> Mapping[str, Any]:
        verdict = self._verdict_on(path)
        self._verdict = None if verdict.accepted else verdict
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
            record=self._work / (path.name + SUFFIX),
            resume=resume,
            patience=self._tools.patience,
            clock=self._tools.clock,
            progress=self._progress,
        )

    def _staple(self, path: Path) -> Mapping[str, Any]:
        verdict = self._verdict_on(path, resume=True)
        staple(
            verdict,
            self._tools.stapler(),
            patience=self._tools.patience,
            clock=self._tools.clock,
            progress=self._progress,
        )
        return {"submission": verdict.submission, "path": path.name}

    def _layout(self) -> tuple[object, ...]:
        """What goes into the DMG beside the app."""
        o = self._options
        common = (self.dmg.name, o.volume_name, o.dmg_format, sorted(o.defines.items()))
        if o.dmg_settings is None:
            return common
        settings = load_settings(
            o.dmg_settings, app=self.app, defines=o.defines, filename=str(self.dmg)
        )
        others = [path for path, _ in settings.files if not _same(path, self.app)]
        pictures = [settings.icon, settings.badge_icon, settings.background]
        others += [picture for picture in pictures if isinstance(picture, Path)]
        return (*common, digest_of(o.dmg_settings), [digest_of(path) for path in others])

    def _make_dmg(self, epoch: int | None) -> Mapping[str, Any]:
        o = self._options
        report = make_dmg(
            self.app,
            self.dmg,
            o.dmg_settings,
            volume_name=o.volume_name,
            image_format=o.dmg_format,
            defines=o.defines,
            source_date_epoch=epoch,
            replace_output=True,
            progress=self._on_image,
        )
        return {
            "by": report.backend,
            "size": report.size,
            "format": report.image_format,
            "volume": report.volume_name,
            "notes": list(report.notes),
        }

    def _final_check(self) -> Mapping[str, Any]:
        """Look at the image as a user will have it."""
        with read_dmg(self.dmg) as image:
            image.check_whole()
            scratch = self._work / "looked-at"
            remove_tree(scratch)
            with writing(scratch):
                scratch.mkdir()
            inside = image.extract_app(scratch, composed=True)
            try:
                found = verify(inside)
                same = digest_of(inside) == digest_of(self.app)
                ticket = (inside / TICKET).is_file()
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


def _sha(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
