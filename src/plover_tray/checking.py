"""A check: in goes a bundle or a DMG, out come its rehearsal and what the rules found in it.

Heavy libraries are imported by the call that needs them.
"""

import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .bundle.app_bundle import AppBundle
from .bundle.disk_image import is_image
from .errors import RehearsalError
from .findings import Finding, Severity

if TYPE_CHECKING:
    from .rehearsal import PretendedMac, Rehearsal


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


def check(
    path: Path | str, *, select: Sequence[str] = (), ignore: Sequence[str] = ()
) -> CheckResult:
    """Say what is wrong with the bundle at `path`, or in the DMG at `path`.

    `select` and `ignore` are rule codes or their beginnings (`ID`, `PL2`). Raises BundleError where
    the path is no usable bundle.
    """
    from . import rules

    bundle = opened_bundle(path)
    rehearsal = rehearsal_of(bundle)
    findings = rules.run(bundle, rehearsal, select=select, ignore=ignore)
    return CheckResult(bundle, rehearsal, tuple(findings))


def opened_bundle(path: Path | str) -> AppBundle:
    """The bundle at `path`, or the one in the DMG there, copied out for as long as it is used."""
    if not is_image(path):
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


def rehearsal_of(
    bundle: AppBundle, arguments: Sequence[str] = (), *, mac: "PretendedMac | None" = None
) -> "Rehearsal | None":
    """The rehearsal of the main executable; None where there is nothing that macOS would run."""
    main = bundle.main
    if main is None or main.kind == "other":
        return None
    from .rehearsal import FIRST
    from .rehearsal import rehearse as run

    try:
        return run(bundle, arguments, mac=mac or FIRST)
    except RehearsalError:
        return None  # neither arm64 nor x86_64, of which a rule speaks
