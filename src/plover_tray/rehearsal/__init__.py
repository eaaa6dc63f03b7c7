"""Runs a bundle's main executable in an emulator, on any machine, and says what it does.

Comes in: a bundle and arguments. Goes out: a `Rehearsal`, with each slice's way to its end: the
program it execs or starts, the libpython it loads and runs, or the first call that has no model.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..bundle.app_bundle import AppBundle
from ..interrupts import held_back
from .budget import Budget
from .guest.effects import Effect, EffectKind
from .guest.pretended_mac import FIRST, SECOND, PretendedMac
from .result import Call, Outcome, PythonStart, Rehearsal, SliceRehearsal, StartedProgram

__all__ = [
    "FIRST",
    "SECOND",
    "Budget",
    "Call",
    "Effect",
    "EffectKind",
    "Outcome",
    "PretendedMac",
    "PythonStart",
    "Rehearsal",
    "SliceRehearsal",
    "StartedProgram",
    "rehearse",
]


def rehearse(
    bundle: AppBundle | Path | str,
    arguments: Sequence[str] = (),
    *,
    environment: Mapping[str, str] | None = None,
    archs: Sequence[str] | None = None,
    budget: Budget | None = None,
    mac: PretendedMac = FIRST,
) -> Rehearsal:
    """Rehearse the main executable of `bundle` with the user's `arguments`.

    `mac` is the Mac that is pretended: where the bundle lies, who opens it from the Finder, when;
    `environment` adds variables to what LaunchServices gives. `archs` chooses slices (all of arm64
    and x86_64 by default). Raises BundleError for what is no bundle, RehearsalError where nothing
    can be rehearsed: no main executable, no slice for a Mac of today.
    """
    with held_back():
        from .run import rehearse_bundle  # noqa: PLC0415 - LIEF and unicorn are heavy

    opened = bundle if isinstance(bundle, AppBundle) else AppBundle.open(bundle)
    return rehearse_bundle(
        opened, arguments, dict(environment or {}), archs, budget or Budget(), mac
    )
