"""The whole fix: in goes a bundle, out comes a rebuilt, sealed one, or only its plan.

Nothing is written into the bundle before the new one is complete.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..bundle.app_bundle import AppBundle
from ..bundle.entry import Entry, parse_entry
from ..errors import FixError, show_path
from ..writing.existing_output import exists_already
from ..writing.staging import Progress, Staged, staged_copy
from .apply import StepDone, apply_plan
from .invented import InventedError, rehearsed
from .origin import MARKERS
from .plan import FixPlan, plan_fix
from .result import FixResult

if TYPE_CHECKING:
    from ..signing.options import Progress as SealProgress


def fix(
    path: Path | str,
    output: Path | str | None = None,
    *,
    in_place: bool = False,
    backup: bool = True,
    entry: str | None = None,
    environment: Mapping[str, str | None] | None = None,
    python: str | None = None,
    force: bool = False,
    dry_run: bool = False,
    strict: bool = False,
    seal: bool = True,
    on_step: StepDone = lambda _: None,
    on_seal: "SealProgress" = lambda _: None,
    progress: Progress = lambda _: None,
) -> FixResult:
    """Rebuild the bundle at `path` around the launcher, at `output` or in place.

    `entry` says what Python runs where the rehearsal cannot tell; `python`, an interpreter of the
    app's version (by default this one, if it is), compiles the boot module, which then starts some
    milliseconds sooner. `environment` sets variables for the app, or removes them (None), whatever
    the old main executable did. `strict` refuses where that did more than the launcher does. Where
    nothing has to be fixed, nothing changes in place, and `output` becomes an exact copy. The
    result is made sealable and sealed ad-hoc; without `seal` only the files that the fix wrote
    are signed, and the bundle runs, but has no valid seal. Raises PloverTrayError's subclasses; the
    input and whatever stood at `output` are then as they were.
    """
    bundle = AppBundle.open(path)
    target = _target(bundle, output, in_place=in_place, dry_run=dry_run)
    given = parse_entry(entry) if entry is not None else None
    plan = _plan(bundle, given, environment or {}, force=force, python=python, strict=strict)
    if dry_run or target is None or (in_place and plan.nothing_to_do):
        return FixResult(plan, None)
    with staged_copy(bundle, target, replace=in_place, backup=backup, progress=progress) as staged:
        unsealed = apply_plan(plan, staged, on_step)
        report = None
        if seal and not plan.nothing_to_do:
            from ..signing.options import SignOptions
            from ..signing.sign import seal_in_place

            named = {path: name for path, name in unsealed.items() if name}
            named.pop(bundle.executable or "", None)
            options = SignOptions(identifiers=named)
            report = seal_in_place(staged.path, options, progress=on_seal)
        else:
            _sign_changed(staged, unsealed)
        return FixResult(plan, staged.commit(), report)


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
        raise exists_already(target)
    if not target.absolute().parent.is_dir():
        raise FixError(
            f"The folder {show_path(str(target.parent))} does not exist.", mend="Make it first."
        )
    return target


def _plan(
    bundle: AppBundle,
    entry: Entry | None,
    environment: Mapping[str, str | None],
    *,
    force: bool,
    python: str | None,
    strict: bool,
) -> FixPlan:
    if bundle.config is not None:
        return plan_fix(bundle, None, entry=entry, force=force, python=python)
    try:
        rehearsal, notes = rehearsed(
            bundle, MARKERS, with_argv=entry is None, answered=environment.keys()
        )
    except InventedError:
        raise
    except FixError as error:
        if entry is None:
            raise
        rehearsal = None  # the entry is the answer to it
        notes = (f"Nothing but the entry is carried over from the old main executable: {error}",)
    plan = plan_fix(
        bundle, rehearsal, entry=entry, environment=environment, force=force, python=python
    )
    plan = replace(plan, notes=(*plan.notes, *notes))
    if strict and plan.left_out:
        raise FixError(
            f"The old main executable did more than the launcher does: {' '.join(plan.left_out)}",
            mend="Do that in the app's own code, or leave --strict out.",
        )
    return plan


def _sign_changed(staged: Staged, unsealed: Mapping[str, str]) -> None:
    """Sign only the changed Mach-O files ad-hoc: arm64 runs nothing unsigned."""
    from ..signing.macho_seal import sign_macho_bytes

    for path, identifier in unsealed.items():
        file = staged.path / path
        data = sign_macho_bytes(file.read_bytes(), identifier=identifier or file.stem)
        staged.write(path, data, file.stat().st_mode & 0o7777)
