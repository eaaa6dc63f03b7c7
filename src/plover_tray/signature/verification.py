"""What `verify` finds: code objects with what their signatures say, and problems."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from .constants import LOADED_TYPES
from .layout import CodeRoot
from .requirement_text import show_requirement
from .requirements import Candidate, Expr, any_cdhash
from .slice_signature import Signature
from .slices import SliceFacts


class ProblemKind(StrEnum):
    """What is wrong, in one word; the values are stable."""

    UNSIGNED = "unsigned"
    """A slice without a signature."""
    HALF_SIGNED = "half-signed"
    """Some slices of a file are signed, others are not."""
    DAMAGED = "damaged"
    """A signature, or a Mach-O file, that cannot be read."""
    CHANGED = "changed"
    """Code that was changed after signing: page hashes do not match."""
    COVERAGE = "coverage"
    """A signature that does not cover the whole code."""
    SLOT = "slot"
    """Info.plist, CodeResources, requirements or entitlements other than those signed."""
    CMS = "cms"
    """A certificate's signature that does not hold."""
    NO_SEAL = "no-seal"
    """A bundle without CodeResources."""
    SEAL = "seal"
    """CodeResources that cannot be read."""
    ALTERED = "altered"
    """A sealed file or link that is not as it was sealed."""
    MISSING = "missing"
    """A sealed file that is not there."""
    ADDED = "added"
    """A file that the seal does not know."""
    NESTED = "nested"
    """Code inside that is not what the outer seal says: signed after it, or not at all."""
    UNSEALED = "unsealed"
    """Something beside Contents or Versions, where no seal reaches."""
    UNSEALABLE = "unsealable"
    """Something that no seal can hold."""
    SYMLINK = "symlink"
    """A link that is absolute, leads out of the bundle, or nowhere."""
    NAMES = "names"
    """Names that collide on a Mac's disk, or are written in another Unicode form than sealed."""
    FLATTENED = "flattened"
    """A framework without its symlinks."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that does not hold."""

    path: str
    """Relative to what was verified; empty for itself."""
    kind: ProblemKind
    message: str
    evidence: str = ""
    breaks: bool = True
    """Whether macOS would refuse the seal or the code, as far as that is known; False for what
    is worth knowing only."""


Place = Literal["main", "nested", "loose"]


@dataclass(frozen=True)
class CodeObject:
    """A bundle's main executable, or a Mach-O file on its own, with its signatures."""

    path: str
    """The bundle, or the file; relative to what was verified."""
    executable: str
    """The Mach-O file; the same as `path` for one on its own."""
    place: Place
    """`main`, `nested` (a bundle inside), or `loose` (a Mach-O file inside)."""
    slices: tuple[SliceFacts, ...]
    root: CodeRoot | None = None

    @property
    def signatures(self) -> tuple[Signature, ...]:
        """Those of the slices that have one."""
        return tuple(s.signature for s in self.slices if s.signature)

    @property
    def filetype(self) -> str:
        """`execute`, `dylib`, ..."""
        return self.slices[0].filetype

    @property
    def wants_signature(self) -> bool:
        """Whether the system loads such files at all."""
        return self.filetype in LOADED_TYPES

    @property
    def signed(self) -> bool:
        """Whether every slice is signed."""
        return len(self.signatures) == len(self.slices)

    @property
    def identifier(self) -> str | None:
        """The signing identifier."""
        return next((s.best.identifier for s in self.signatures), None)

    @property
    def team(self) -> str | None:
        """The team that signed it."""
        return next((s.best.team for s in self.signatures), None)

    @property
    def adhoc(self) -> bool:
        """Signed, but without a certificate."""
        return any(s.adhoc for s in self.signatures)

    @property
    def entitlements(self) -> Mapping[str, Any]:
        """Of the first slice that has some."""
        return next((s.entitlements for s in self.signatures if s.entitlements), {})

    @cached_property
    def requirement(self) -> Expr | None:
        """The designated requirement: as written, or for ad-hoc code to be exactly this code."""
        for signature in self.signatures:
            if signature.designated:
                return signature.designated
        if self.signatures and self.adhoc:
            return any_cdhash([s.best.cdhash for s in arm_first(self.slices)])
        return None

    @property
    def designated(self) -> str:
        """The designated requirement as text; empty if there is none."""
        return show_requirement(self.requirement) if self.requirement else ""

    def candidates(self) -> list[Candidate]:
        """Each slice as a requirement sees it."""
        return [
            Candidate(
                s.best.identifier,
                frozenset(s.cdhashes),
                s.cms is not None,
                s.cms.fields if s.cms else {},
            )
            for s in self.signatures
        ]


def arm_first(slices: Iterable[SliceFacts]) -> list[Signature]:
    """Signatures with arm64's first, as codesign orders them on today's Macs."""
    ordered = sorted(slices, key=lambda s: not s.arch.startswith("arm64"))
    return [s.signature for s in ordered if s.signature]


@dataclass(frozen=True)
class Verification:
    """The outcome of `verify`."""

    path: Path
    objects: tuple[CodeObject, ...]
    """The main one first, then by path."""
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing was found for which macOS would refuse it."""
        return not any(problem.breaks for problem in self.problems)

    @property
    def main(self) -> CodeObject | None:
        """The object that gives the whole its identity."""
        return next((o for o in self.objects if o.place == "main"), None)
