"""Everything the command line does, as typed calls: in go paths and options, out come results.

Heavy libraries are imported by the call that needs them, so that `import plover_tray` is cheap.
"""

import os
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .bundle.app_bundle import AppBundle, show_path
from .bundle.entry import Entry, parse_entry
from .errors import FixError, OutputExistsError, RehearsalError, SigningError
from .findings import Finding, Severity
from .writing.staging import Committed, Progress, Staged, staged_copy

if TYPE_CHECKING:
    from .comparing import Comparison
    from .fixing.apply import StepDone
    from .fixing.plan import FixPlan
    from .image import DmgReport
    from .image.make import Backend as ImageBackend
    from .image.result import Progress as ImageProgress
    from .notarization import Notarization, NotaryCredentials
    from .notarization.events import Progress as ShippingProgress
    from .notarization.notary import NotaryName
    from .rehearsal import Rehearsal
    from .releasing import Release, ReleaseOptions
    from .releasing.steps import OnStep
    from .rules import Rule
    from .signature.verification import Verification
    from .signing.credentials import Credentials
    from .signing.options import Progress as SealProgress
    from .signing.options import SignOptions, SignReport
    from .signing.sign import BackendName
    from .tray.probe import ProbeResult


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What `check` found."""

    bundle: AppBundle
    rehearsal: "Rehearsal | None"
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether there is no error; warnings are allowed."""
        return not any(finding.severity is Severity.ERROR for finding in self.findings)


@dataclass(frozen=True, slots=True)
class FixResult:
    """What `fix` did, or would do."""

    plan: "FixPlan"
    committed: Committed | None
    """None after a dry run, or where nothing had to be written."""
    sealed: "SignReport | None" = None
    """What sealing did; None where nothing was sealed."""


def check(
    path: Path | str, *, select: Sequence[str] = (), ignore: Sequence[str] = ()
) -> CheckResult:
    """Say what is wrong with the bundle at `path`, or in the DMG at `path`.

    `select` and `ignore` are rule codes or their beginnings (`ID`, `PL2`). Raises BundleError where
    the path is no usable bundle.
    """
    from . import rules

    bundle = _opened(path)
    rehearsal = _rehearsal_of(bundle)
    findings = rules.run(bundle, rehearsal, select=select, ignore=ignore)
    return CheckResult(bundle, rehearsal, tuple(findings))


def rehearse(
    path: Path | str,
    arguments: Sequence[str] = (),
    *,
    environment: Mapping[str, str] | None = None,
) -> "Rehearsal":
    """Run the main executable's slices in the emulator, with the user's `arguments`.

    Raises BundleError where there is no main executable that could be run.
    """
    from .rehearsal import rehearse as run

    bundle = AppBundle.open(path)
    if bundle.main is None:
        raise bundle.without_main()
    return run(bundle, arguments, environment=environment)


def fix(
    path: Path | str,
    output: Path | str | None = None,
    *,
    in_place: bool = False,
    backup: bool = True,
    entry: str | None = None,
    python: str | None = None,
    force: bool = False,
    dry_run: bool = False,
    seal: bool = True,
    on_step: "StepDone" = lambda _: None,
    on_seal: "SealProgress" = lambda _: None,
    progress: Progress = lambda _: None,
) -> FixResult:
    """Rebuild the bundle at `path` around the launcher, at `output` or in place.

    `entry` says what Python runs where the rehearsal cannot tell; `python`, an interpreter of the
    app's version (by default this one, if it is), compiles the boot module, which then starts some
    milliseconds sooner. Where
    nothing has to be fixed, nothing changes in place, and `output` becomes an exact copy. The
    result is mended for sealing and sealed ad-hoc; without `seal` only the files that the fix wrote
    are signed, and the bundle runs, but has no valid seal. Raises PloverTrayError's subclasses; the
    input and whatever stood at `output` are then as they were.
    """
    from .fixing.apply import apply_plan

    bundle = AppBundle.open(path)
    target = _target(bundle, output, in_place=in_place, dry_run=dry_run)
    given = parse_entry(entry) if entry is not None else None
    plan = _plan(bundle, given, force=force, python=python)
    if dry_run or target is None or (in_place and plan.nothing_to_do):
        return FixResult(plan, None)
    with staged_copy(bundle, target, replace=in_place, backup=backup, progress=progress) as staged:
        unsealed = apply_plan(plan, staged, on_step)
        report = None
        if seal and not plan.nothing_to_do:
            from .signing.options import SignOptions
            from .signing.sign import seal_in_place

            named = {path: name for path, name in unsealed.items() if name}
            named.pop(bundle.executable or "", None)
            options = SignOptions(identifiers=named)
            report = seal_in_place(staged.path, options, progress=on_seal)
        else:
            _sign_changed(staged, unsealed)
        return FixResult(plan, staged.commit(), report)


def probe(
    path: Path | str,
    arguments: Sequence[str] = (),
    *,
    timeout: float = 30.0,
    environment: Mapping[str, str] | None = None,
    screenshot: Path | None = None,
) -> "ProbeResult":
    """Start the app at `path` and say whether its menu bar icon is really shown.

    Looks for up to `timeout` seconds; `environment` is added to the app's. Raises BundleError or
    ToolError where the app could not be started.
    """
    from .tray.probe import probe as run

    return run(
        AppBundle.open(path),
        arguments,
        timeout=timeout,
        environment=environment,
        screenshot=screenshot,
    )


def sign(
    path: Path | str,
    output: Path | str | None = None,
    options: "SignOptions | None" = None,
    *,
    in_place: bool = False,
    backup: bool = False,
    backend: "BackendName" = "auto",
    credentials: "Credentials | None" = None,
    progress: "SealProgress" = lambda _: None,
) -> "SignReport":
    """Seal the bundle, framework or Mach-O file at `path`, at `output` or in place.

    In place a symlink at `path` stays, and what it leads to is sealed.
    `backend` `auto` goes by the credentials: none, the built-in ad-hoc seal; an identity,
    `codesign` on a Mac; a .p12 file, `rcodesign`. Raises PloverTrayError's subclasses; input and
    output are then as they were.
    """
    from .signing.credentials import Credentials
    from .signing.sign import choose_backend
    from .signing.sign import sign as run

    if (output is None) is not in_place:
        raise SigningError(
            "Where should the sealed copy go?", mend="Give -o OUTPUT, or --in-place, not both."
        )
    return run(
        path,
        os.path.realpath(path) if output is None else output,
        options,
        backend=choose_backend(backend, credentials or Credentials()),
        replace_output=in_place,
        backup=backup,
        progress=progress,
    )


def verify(path: Path | str) -> "Verification":
    """Check every signature and seal in the bundle, framework or Mach-O file at `path`, offline.

    Of a DMG, its checksums and the app in it are checked. Raises BundleError where it is none of
    them, ImageError where the DMG is damaged.
    """
    from .signature.verify import verify as run

    if not _is_image(path):
        return run(path)
    from .image import read_dmg

    with read_dmg(Path(path)) as image:
        image.check_whole()
        return run(image.extract_app(composed=True))


def dmg(
    app: Path | str | None,
    output: Path | str,
    settings: Path | str | None = None,
    *,
    volume_name: str | None = None,
    image_format: str | None = None,
    compression_level: int | None = None,
    defines: Mapping[str, str] | None = None,
    replace_output: bool = False,
    backend: "ImageBackend" = "auto",
    threads: int | None = None,
    progress: "ImageProgress" = lambda _: None,
) -> "DmgReport":
    """Make the DMG `output` with `app` in it, as dmgbuild's `settings` say or in our own layout.

    With SOURCE_DATE_EPOCH in the environment the same input gives the same bytes off a Mac. Raises
    PloverTrayError's subclasses; then nothing is left under the output's name.
    """
    from .image import epoch_from_environment, make_dmg

    return make_dmg(
        Path(app) if app is not None else None,
        Path(output),
        Path(settings) if settings is not None else None,
        volume_name=volume_name,
        image_format=image_format,
        compression_level=compression_level,
        defines=defines,
        source_date_epoch=epoch_from_environment(),
        replace_output=replace_output,
        backend=backend,
        threads=threads,
        progress=progress,
    )


def notarize(
    path: Path | str,
    credentials: "NotaryCredentials",
    *,
    notary: "NotaryName" = "auto",
    staple: bool = True,
    resume: bool = False,
    again: bool = False,
    timeout: float | None = None,
    progress: "ShippingProgress" = lambda _: None,
) -> "Notarization":
    """Have the app, DMG, pkg or zip at `path` notarized by Apple, and staple what was accepted.

    `notary` is `notarytool` or `rcodesign`; `timeout` are seconds to wait for the verdict. What was
    sent is recorded beside it: the next call goes on. Raises PloverTrayError's subclasses; a
    refusal raises nothing and is in the result, with Apple's log.
    """
    from . import notarization
    from .notarization.retry import Patience

    notarization.check_kind(Path(path))
    if not resume:
        notarization.check_certified(Path(path))
    patience = Patience() if timeout is None else Patience(timeout=timeout)
    verdict = notarization.notarize(
        Path(path),
        notarization.choose_notary(notary, credentials),
        resume=resume,
        again=again,
        patience=patience,
        progress=progress,
    )
    if staple and verdict.accepted and Path(path).suffix.lower() != ".zip":
        stapler = notarization.choose_stapler("rcodesign" if notary == "rcodesign" else "auto")
        notarization.staple(verdict, stapler, patience=patience, progress=progress)
    return verdict


def release(
    app: Path | str,
    options: "ReleaseOptions",
    *,
    credentials: "NotaryCredentials | None" = None,
    notary: "NotaryName" = "auto",
    timeout: float | None = None,
    on_step: "OnStep" = lambda _, __: None,
    progress: "ShippingProgress" = lambda _: None,
    on_seal: "SealProgress" = lambda _: None,
    on_image: "ImageProgress" = lambda _: None,
) -> "Release":
    """Take `app` through fix, check, sign, verify, notarize, staple and DMG, into a folder.

    Run again, it goes on where it stopped. Raises PloverTrayError's subclasses; what a step found
    wrong raises nothing and is in the result.
    """
    from . import __version__, notarization, releasing
    from .notarization.retry import Patience
    from .releasing.release import ReleaseTools

    who = credentials or notarization.NotaryCredentials()
    tools = ReleaseTools(
        fix=_fix_for_release,
        check=lambda path, ignore: check(path, ignore=ignore).findings,
        version=__version__,
        notary=lambda: notarization.choose_notary(notary, who),
        stapler=lambda: notarization.choose_stapler(
            "rcodesign" if notary == "rcodesign" else "auto"
        ),
        patience=Patience() if timeout is None else Patience(timeout=timeout),
    )
    return releasing.release(
        Path(app),
        options,
        tools,
        on_step=on_step,
        progress=progress,
        on_seal=on_seal,
        on_image=on_image,
    )


def diff(old: Path | str, new: Path | str) -> "Comparison":
    """Say what changes for users who replace the bundle `old` by `new`.

    Raises BundleError where one of them is no usable bundle.
    """
    from .comparing import compare

    return compare(AppBundle.open(old), AppBundle.open(new))


def explain(code: str) -> "Rule":
    """The rule with this code. Raises PloverTrayError for one that does not exist."""
    from . import rules

    return rules.rule(code)


def _fix_for_release(source: Path, target: Path, entry: str | None) -> Mapping[str, Any]:
    """Fix a copy, or copy what needs no fix; sealed later."""
    done = fix(source, target, entry=entry)
    return {"changed": not done.plan.nothing_to_do}


def _is_image(path: Path | str) -> bool:
    return Path(path).suffix.lower() == ".dmg" and Path(path).is_file()


def _opened(path: Path | str) -> AppBundle:
    """The bundle at `path`, or the one in the DMG there, copied out for as long as it is used."""
    if not _is_image(path):
        return AppBundle.open(path)
    from .image import read_dmg

    image = read_dmg(Path(path))
    try:
        image.check_whole()
        bundle = AppBundle.open(image.extract_app(composed=True))
    except BaseException:
        image.close()
        raise
    weakref.finalize(bundle, image.close)
    return bundle


def _rehearsal_of(bundle: AppBundle, arguments: Sequence[str] = ()) -> "Rehearsal | None":
    """The rehearsal of the main executable; None where there is nothing that macOS would run."""
    main = bundle.main
    if main is None or main.kind == "other":
        return None
    from .rehearsal import rehearse as run

    try:
        return run(bundle, arguments)
    except RehearsalError:
        return None  # neither arm64 nor x86_64, of which a rule speaks


def _target(
    bundle: AppBundle, output: Path | str | None, *, in_place: bool, dry_run: bool
) -> Path | None:
    if output is not None and in_place:
        raise FixError("Give an output or --in-place, not both.")
    if in_place:
        return bundle.path
    if output is None:
        if dry_run:
            return None
        raise FixError(
            "Where should the fixed bundle go?", mend="Give -o OUTPUT, or --in-place, or --dry-run."
        )
    target = Path(output)
    if target.exists() or target.is_symlink():
        raise OutputExistsError(
            f"{show_path(str(target))} exists already.", mend="Remove it, or choose another name."
        )
    if not target.absolute().parent.is_dir():
        raise FixError(
            f"The folder {show_path(str(target.parent))} does not exist.", mend="Make it first."
        )
    return target


def _plan(bundle: AppBundle, entry: Entry | None, *, force: bool, python: str | None) -> "FixPlan":
    from .fixing.origin import MARKERS
    from .fixing.plan import plan_fix

    rehearsal = None if bundle.config is not None else _rehearsal_of(bundle, MARKERS)
    return plan_fix(bundle, rehearsal, entry=entry, force=force, python=python)


def _sign_changed(staged: Staged, unsealed: Mapping[str, str]) -> None:
    """Sign only the changed Mach-O files ad-hoc: arm64 runs nothing unsigned."""
    from .signing.macho_seal import sign_macho_bytes

    for path, identifier in unsealed.items():
        file = staged.path / path
        data = sign_macho_bytes(file.read_bytes(), identifier=identifier or file.stem)
        staged.write(path, data, file.stat().st_mode & 0o7777)
