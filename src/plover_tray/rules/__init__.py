"""Rules: in go a bundle's facts and its rehearsal, out findings.

A module for each subject, one class a rule; a code never changes its meaning. No rule prints, and
none touches the disk but through the facts and `AppBundle`. `REGISTRY` holds them by code; the
texts of each are what `plover-tray explain` and docs/rules.md show.
"""

import difflib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..bundle.app_bundle import AppBundle
from ..facts.facts import ExecutableKind, Facts
from ..findings import Finding, Severity
from . import (
    entry_module,
    identity,
    info_plist,
    launcher,
    left_out,
    libraries,
    mach_o,
    minimum_system,
    notarization,
    qt,
    rehearsal_end,
    runtime,
    signatures,
)
from .rule import Rule
from .selection import FAMILIES, UnknownRuleError, selected

if TYPE_CHECKING:
    from ..rehearsal.result import Rehearsal

__all__ = [
    "FAMILIES",
    "REGISTRY",
    "ExecutableKind",
    "Facts",
    "Rule",
    "UnknownRuleError",
    "rule",
    "run",
]

_MODULES = (
    identity,
    entry_module,
    rehearsal_end,
    left_out,
    info_plist,
    minimum_system,
    runtime,
    launcher,
    mach_o,
    libraries,
    qt,
    signatures,
    notarization,
)

REGISTRY: Mapping[str, Rule] = {
    rule.code: rule
    for family in FAMILIES
    for rule in sorted((r for m in _MODULES for r in m.RULES), key=lambda rule: rule.code)
    if rule.code.startswith(family)
}
"""All rules by code, family by family."""

_BY_WEIGHT = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def run(
    bundle: AppBundle,
    rehearsal: "Rehearsal | None",
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> list[Finding]:
    """What the rules have to say about `bundle`: errors first, then by code and path.

    `rehearsal` is None where there is nothing to rehearse. `select` and `ignore` are codes or their
    beginnings. Raises UnknownRuleError for a beginning that no code has, and BundleError where the
    bundle cannot be read.
    """
    facts = Facts(bundle, rehearsal)
    chosen = list(selected(REGISTRY.values(), select, ignore))
    found = [finding for rule in chosen for finding in rule.find(facts)]
    return sorted(set(found), key=lambda f: (_BY_WEIGHT[f.severity], f))


def rule(code: str) -> Rule:
    """The rule with this code, upper or lower case. Raises UnknownRuleError."""
    wanted = code.strip().upper()
    if wanted in REGISTRY:
        return REGISTRY[wanted]
    close = difflib.get_close_matches(wanted, REGISTRY, n=3)
    raise UnknownRuleError(
        f"There is no rule {code!r}.",
        mend=f"Did you mean {' or '.join(close)}?"
        if close
        else "`plover-tray explain` lists all rules.",
    )
