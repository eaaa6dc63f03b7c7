"""Everything the command line does, as typed calls: in go paths and options, out come results.

Heavy libraries are imported by the call that needs them, so that `import plover_tray` is cheap.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .bundle import AppBundle
from .entry import Entry, parse_entry
from .errors import BundleError, FixError, OutputExistsError, RehearsalError, SigningError
from .model import Finding, Severity
from .staging import Committed, Progress, Staged, staged_copy

if TYPE_CHECKING:
    from .comparing import Comparison
    from .fixing.apply import StepDone
    from .fixing.plan import FixPlan
    from .rehearsal import Rehearsal
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
    """Say what is wrong with the bundle at `path`.

    `select` and `ignore` are rule codes or their beginnings (`ID`, `PL2`). Raises BundleError where
    the path is no usable bundle.
    """
    from . import rules

    bundle = AppBundle.open(path)
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
        raise BundleError(
            f"{bundle.name} has no main executable: CFBundleExecutable is "
            f"{bundle.executable_name!r}.",
            mend="`plover-tray check` says more.",
        )
    return run(bundle, arguments, environment=environment)


def fix(
    path: Path | str,
    output: Path | str | None = None,
    *,
    in_place: bool = False,
    backup: bool = True,
    entry: str | None = None,
    force: bool = False,
    dry_run: bool = False,
    seal: bool = True,
    on_step: "StepDone" = lambda _: None,
    on_seal: "SealProgress" = lambda _: None,
    progress: Progress = lambda _: None,
) -> FixResult:
    """Rebuild the bundle at `path` around the launcher, at `output` or in place.

    `entry` says what Python runs where the rehearsal cannot tell. Where nothing has to be fixed,
    nothing changes in place, and `output` becomes an exact copy. The result is mended for sealing
    and sealed ad-hoc; without `seal` only the files that the fix wrote are signed, and the bundle
    runs, but has no valid seal. Raises PloverTrayError's subclasses; the input and whatever stood
    at `output` are then as they were.
    """
    from .fixing.apply import apply_plan

    bundle = AppBundle.open(path)
    target = _target(bundle, output, in_place=in_place, dry_run=dry_run)
    plan = _plan(bundle, parse_entry(entry) if entry is not None else None, force=force)
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
        path if output is None else output,
        options,
        backend=choose_backend(backend, credentials or Credentials()),
        replace_output=in_place,
        backup=backup,
        progress=progress,
    )


def verify(path: Path | str) -> "Verification":
    """Check every signature and seal in the bundle, framework or Mach-O file at `path`, offline.

    Raises BundleError where it is none of them.
    """
    from .signature.verify import verify as run

    return run(path)


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
            f"{target} exists already.", mend="Remove it, or choose another name."
        )
    return target


def _plan(bundle: AppBundle, entry: Entry | None, *, force: bool) -> "FixPlan":
    from .fixing.origin import MARKERS
    from .fixing.plan import plan_fix

    rehearsal = None if bundle.config is not None else _rehearsal_of(bundle, MARKERS)
    return plan_fix(bundle, rehearsal, entry=entry, force=force)


def _sign_changed(staged: Staged, unsealed: Mapping[str, str]) -> None:
    """Sign only the changed Mach-O files ad-hoc: arm64 runs nothing unsigned."""
    from .signing.macho_seal import sign_macho_bytes

    for path, identifier in unsealed.items():
        file = staged.path / path
        data = sign_macho_bytes(file.read_bytes(), identifier=identifier or file.stem)
        staged.write(path, data, file.stat().st_mode & 0o7777)
