"""Comparing two releases: in go an old and a new bundle, out whether users will notice the update.

Will Accessibility and Input Monitoring grants, preferences and the menu bar choice survive? macOS
keeps a grant with the designated requirement of the code it was given to, and asks again for code
that does not fulfil it; so ad-hoc code, whose requirement is its own hash, never keeps one (known
from opensteno/plover's osx/README: "every new build will require re-granting the permissions").
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .bundle.app_bundle import AppBundle
from .facts.facts import Facts
from .facts.qt import qt_libraries
from .macho.file import show_version
from .signature.requirements import fulfils
from .signature.verification import CodeObject
from .signature.verify import verify


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was."""

    what: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Survival:
    """What becomes of something that users have set."""

    what: str
    survives: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from one release to the next."""

    differences: tuple[Difference, ...]
    survivals: tuple[Survival, ...]

    @property
    def survives(self) -> bool:
        """Whether users will notice nothing."""
        return all(each.survives for each in self.survivals)


def compare(old: AppBundle, new: AppBundle) -> Comparison:
    """Compare two bundles of the same app. Raises BundleError for one that cannot be read."""
    old_code, new_code = _main_code(old), _main_code(new)
    before, after = dict(_facts(old, old_code)), dict(_facts(new, new_code))
    differences = tuple(
        Difference(what, before[what], after[what])
        for what in before
        if before[what] != after[what]
    )
    survivals = (
        *(
            Survival(what, *_grant(old, new, old_code, new_code))
            for what in ("Accessibility grant", "Input Monitoring grant")
        ),
        _kept_by_identifier("Preferences", old, new),
        _kept_by_identifier("Menu bar choice", old, new),
    )
    return Comparison(differences, survivals)


def _main_code(bundle: AppBundle) -> CodeObject | None:
    """The main executable's signature; None for a script, or where there is none."""
    main = bundle.main
    if main is None or main.macho is None:
        return None
    return verify(bundle.path / bundle.resolve(main.path)).main


def _facts(bundle: AppBundle, code: CodeObject | None) -> Iterator[tuple[str, str]]:
    runtime = bundle.runtime
    qt = {show_version(version) for _, version in qt_libraries(Facts(bundle, None))}
    entitlements: Mapping[str, Any] = code.entitlements if code else {}
    size = sum(entry.size for entry in bundle.entries.values())
    yield "bundle identifier", bundle.identifier or "none"
    yield "version", str(bundle.info.get("CFBundleShortVersionString", "none"))
    yield "executable", bundle.executable_name or "none"
    yield "architectures", _architectures(bundle)
    yield "minimum system", str(bundle.info.get("LSMinimumSystemVersion", "not set"))
    yield "signing identifier", (code.identifier if code else None) or "none"
    yield "team", (code.team if code else None) or "none"
    yield "designated requirement", (code.designated if code else "") or "none"
    yield "entitlements", ", ".join(f"{k}={v}" for k, v in sorted(entitlements.items())) or "none"
    yield "Python", runtime.version_text if runtime else "none"
    yield "Qt", ", ".join(sorted(qt)) or "none"
    yield "size", f"{size / 1e6:.1f} MB"


def _architectures(bundle: AppBundle) -> str:
    main = bundle.main
    return ", ".join(sorted(main.macho.archs)) if main and main.macho else "none"


def _grant(
    old: AppBundle, new: AppBundle, old_code: CodeObject | None, new_code: CodeObject | None
) -> tuple[bool, str]:
    """Whether the new code fulfils what the old grant is bound to, and why."""
    if old.identifier != new.identifier:
        return False, f"the bundle identifier changes from {old.identifier} to {new.identifier}"
    if old_code is None or not old_code.signed:
        return False, f"{_unsigned('old', old_code)}, so nothing ties a grant to the new"
    if new_code is None or not new_code.signed:
        return False, _unsigned("new", new_code)
    requirement = old_code.requirement
    if requirement is None:
        return False, "the old signature has no designated requirement"
    answers = [fulfils(candidate, requirement) for candidate in new_code.candidates()]
    if all(answers):
        if old_code.adhoc:
            return True, "it is the very same code"
        return True, f"the new code fulfils the old requirement: {old_code.designated}"
    if old_code.adhoc:
        return False, "the old signature is ad-hoc, which stands for exactly that code"
    if new_code.adhoc:
        return False, "the new signature is ad-hoc, and the old one was a certificate's"
    if False not in answers and _same_signer(old_code, new_code):
        return True, f"both have the same signer and requirement: {old_code.designated}"
    if None in answers:
        return False, f"only a Mac can tell whether it fulfils {old_code.designated}"
    return False, f"the new code does not fulfil the old requirement: {old_code.designated}"


def _unsigned(which: str, code: CodeObject | None) -> str:
    """Words for a main executable that is not signed, or not in all its slices."""
    if code is None or not code.signatures:
        return f"the {which} main executable is not signed"
    archs = " and ".join(s.arch for s in code.slices if s.signature is None)
    return f"the {which} main executable's {archs} code is not signed"


def _same_signer(old_code: CodeObject, new_code: CodeObject) -> bool:
    """Whether both are signed by one team, and say of themselves that they are the same code.

    A requirement also names extensions of Apple's certificates, which only Apple's chain of both
    can stand for here.
    """
    chains = [s.cms for code in (old_code, new_code) for s in code.signatures]
    return (
        old_code.team is not None
        and old_code.team == new_code.team
        and old_code.identifier == new_code.identifier
        and old_code.requirement == new_code.requirement
        and all(chain is not None and chain.apple and not chain.problems for chain in chains)
    )


def _kept_by_identifier(what: str, old: AppBundle, new: AppBundle) -> Survival:
    same = old.identifier == new.identifier and old.identifier is not None
    reason = f"kept under the bundle identifier, {old.identifier}" + (
        "" if same else f", which becomes {new.identifier}"
    )
    return Survival(what, same, reason)
