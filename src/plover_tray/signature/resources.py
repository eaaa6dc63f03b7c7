"""CodeResources: in go the rules and seals of a bundle, out come which rule a path falls under
and what its seal says; and a new CodeResources from hashes.

Known from Apple's published `resources.cpp`, `signer.cpp` and `bundlediskrep.cpp` (Security):
the heaviest matching rule wins, symlinks are never nested code, a folder in a nested place is
code when its name has a dot, an exclusion beats every rule. The standard rules are those that
codesign wrote into Qt's own apps (seen here).
"""

import plistlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from ..bundle.plist import parse_plist
from ..errors import BundleError
from .blobs import SignatureFormatError
from .posix_regex import Automaton

SEAL_FOLDER = "_CodeSignature"
SEAL_PATH = "_CodeSignature/CodeResources"
STAPLED_TICKET = "CodeResources"
"""In Contents/: what `stapler` leaves. Once a symlink into the seal's folder."""
TICKET_OF_APP = f"Contents/{STAPLED_TICKET}"
"""Where a ticket is stapled into an app; it lies outside the seal (known from
apple-platform-rs, stapling.rs)."""
META_EXCLUSIONS = frozenset({SEAL_FOLDER, STAPLED_TICKET, "_MASReceipt"})
"""Names directly under the root of a seal that are never sealed."""

MAX_RULES = 200
"""Our bound; codesign writes some fifteen."""

Rules = Mapping[str, Any]
"""Pattern to True, False, or a dictionary with weight, omit, optional, nested, top."""


def _standard(resources: str) -> dict[str, Any]:
    return {
        f"^{resources}": True,
        f"^{resources}.*\\.lproj/": {"optional": True, "weight": 1000.0},
        f"^{resources}.*\\.lproj/locversion.plist$": {"omit": True, "weight": 1100.0},
        f"^{resources}Base\\.lproj/": {"weight": 1010.0},
    }


RULES_1: Rules = {**_standard("Resources/"), "^version.plist$": True}
"""What codesign writes under `rules`, for systems before 10.9."""

RULES_2: Rules = {
    **_standard("Resources/"),
    ".*\\.dSYM($|/)": {"weight": 11.0},
    "^(.*/)?\\.DS_Store$": {"omit": True, "weight": 2000.0},
    "^(Frameworks|SharedFrameworks|PlugIns|Plug-ins|XPCServices|Helpers|MacOS"
    "|Library/(Automator|Spotlight|LoginItems))/": {"nested": True, "weight": 10.0},
    "^.*": True,
    "^Info\\.plist$": {"omit": True, "weight": 20.0},
    "^PkgInfo$": {"omit": True, "weight": 20.0},
    "^Resources/": {"weight": 20.0},
    "^[^/]+$": {"nested": True, "weight": 10.0},
    "^embedded\\.provisionprofile$": {"weight": 20.0},
    "^version\\.plist$": {"weight": 20.0},
}
"""What codesign writes under `rules2`, and goes by."""

_SHALLOW = {pattern: rule for pattern, rule in _standard("").items() if rule is not True}
RULES_1_SHALLOW: Rules = {**_SHALLOW, "^.*": True, "^version.plist$": True}
RULES_2_SHALLOW: Rules = {
    **_SHALLOW,
    "^.*": True,
    ".*\\.dSYM($|/)": {"weight": 11.0},
    "^(.*/)?\\.DS_Store$": {"omit": True, "weight": 2000.0},
    "^Info\\.plist$": {"omit": True, "weight": 20.0},
    "^PkgInfo$": {"omit": True, "weight": 20.0},
    "^embedded\\.provisionprofile$": {"weight": 20.0},
    "^version\\.plist$": {"weight": 20.0},
}
"""The same for bundles whose Info.plist lies at their root; known from iOS apps."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One resource rule."""

    pattern: str
    weight: float = 1
    omit: bool = False
    optional: bool = False
    nested: bool = False


class RuleSet:
    """Resource rules, ready to be asked about paths relative to the seal's root."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        """For `compile_rules`."""
        self._rules = rules
        self._automaton = Automaton([rule.pattern for rule in rules])

    def find(self, path: str) -> Rule | None:
        """The rule that `path` falls under, or None.

        Of two equally heavy ones it is the first by pattern, since a property list has no order.
        """
        found = [self._rules[n] for n in self._automaton.search(path)]
        return min(found, key=lambda rule: (-rule.weight, rule.pattern), default=None)


def _rule(pattern: str, value: object) -> Rule:
    if isinstance(value, bool):
        return Rule(pattern, omit=not value)
    if not isinstance(value, dict):
        raise SignatureFormatError(f"The resource rule {pattern!r} is of an unknown kind.")
    weight = value.get("weight", 1)
    if isinstance(weight, bool) or not isinstance(weight, int | float):
        raise SignatureFormatError(f"The resource rule {pattern!r} has no number as weight.")
    return Rule(
        pattern,
        weight=weight,
        omit=value.get("omit") is True,
        optional=value.get("optional") is True,
        nested=value.get("nested") is True,
    )


def compile_rules(rules: Rules) -> RuleSet:
    """The RuleSet of `rules`; those that came before are remembered.

    Raises SignatureFormatError for what is not understood.
    """
    if len(rules) > MAX_RULES:
        raise SignatureFormatError(f"CodeResources has {len(rules)} rules.")
    return _compiled(tuple(_rule(pattern, value) for pattern, value in rules.items()))


_compiled = lru_cache(maxsize=16)(RuleSet)


SealKind = Literal["hash", "symlink", "nested"]


@dataclass(frozen=True, slots=True)
class Seal:
    """What CodeResources says of one path."""

    kind: SealKind
    sha256: bytes | None = None
    sha1: bytes | None = None
    target: str | None = None
    """Where a symlink must point."""
    cdhash: bytes | None = None
    requirement: str | None = None
    """What nested code must fulfil, as text."""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class CodeResources:
    """A parsed CodeResources."""

    version: Literal[1, 2]
    """2 if it has `files2`; then `rules` and `files` are those, else the old ones."""
    rules: RuleSet
    files: Mapping[str, Seal]


def parse_code_resources(data: bytes) -> CodeResources:
    """Read a CodeResources file. Raises SignatureFormatError."""
    try:
        root, _ = parse_plist(data, "CodeResources")
    except BundleError as error:
        raise SignatureFormatError(error.message) from error
    version: Literal[1, 2] = 2 if "files2" in root else 1
    rules, files = (root.get(key) for key in _KEYS[version])
    if not isinstance(rules, dict) or not isinstance(files, dict):
        raise SignatureFormatError("CodeResources has no rules or no files.")
    return CodeResources(
        version, compile_rules(rules), {path: _seal(path, value) for path, value in files.items()}
    )


_KEYS: dict[int, tuple[str, str]] = {1: ("rules", "files"), 2: ("rules2", "files2")}


def _seal(path: str, value: object) -> Seal:
    if isinstance(value, bytes):
        return Seal("hash", sha1=value)
    if isinstance(value, dict):
        optional = value.get("optional") is True
        match value:
            case {"requirement": str(requirement)}:
                cdhash = value.get("cdhash")
                return Seal(
                    "nested",
                    requirement=requirement,
                    cdhash=cdhash if isinstance(cdhash, bytes) else None,
                    optional=optional,
                )
            case {"symlink": str(target)}:
                return Seal("symlink", target=target, optional=optional)
            case {"hash2": bytes(sha256)}:
                return Seal("hash", sha256=sha256, optional=optional)
            case {"hash": bytes(sha1)}:
                return Seal("hash", sha1=sha1, optional=optional)
    raise SignatureFormatError(f"CodeResources has a seal of an unknown kind for {path!r}.")


def make_code_resources(
    files: Mapping[str, Seal], files_1: Mapping[str, Seal], *, shallow: bool = False
) -> bytes:
    """A CodeResources file of `files` (version 2) and `files_1` (version 1, SHA-1)."""
    data = plistlib.dumps(
        {
            "files": {path: _entry_1(seal) for path, seal in files_1.items()},
            "files2": {path: _entry_2(seal) for path, seal in files.items()},
            "rules": dict(RULES_1_SHALLOW if shallow else RULES_1),
            "rules2": dict(RULES_2_SHALLOW if shallow else RULES_2),
        }
    )
    return data.replace(b".0</real>", b"</real>")  # as codesign writes whole numbers


def _entry_1(seal: Seal) -> bytes | dict[str, Any]:
    digest = seal.sha1 or b""
    return {"hash": digest, "optional": True} if seal.optional else digest


def _entry_2(seal: Seal) -> dict[str, Any]:
    entry: dict[str, Any]
    match seal.kind:
        case "nested":
            entry = {"cdhash": seal.cdhash, "requirement": seal.requirement}
        case "symlink":
            entry = {"symlink": seal.target}
        case "hash":
            entry = {"hash2": seal.sha256}
    if seal.optional:
        entry["optional"] = True
    return entry
