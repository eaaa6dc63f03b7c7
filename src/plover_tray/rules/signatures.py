"""CS: whether the signatures and the seal hold; the facts are `verify`'s."""

from collections.abc import Iterator, Sequence

from ..facts.facts import Facts
from ..findings import Finding, Severity
from ..signature.verification import Problem, ProblemKind
from .rule import SIGN, Rule, each

MOST = 20
"""Findings of one rule on one bundle; what is more is counted in the last."""

_STATIC_CODE = "Apple's Security sources (StaticCode.cpp, resources.cpp)"


class UnsignedCode(Rule):
    """arm64 runs nothing unsigned."""

    code = "CS101"
    title = "Code for Apple silicon is not signed"
    severity = Severity.ERROR
    meaning = "A program or library has an arm64 slice without any signature, not even ad-hoc."
    why = "A Mac with Apple silicon kills a process that loads it."
    mend = SIGN
    source = "Apple's notes on macOS 11: arm64 code must be signed, if only ad-hoc"

    def find(self, facts: Facts) -> Iterator[Finding]:
        """One finding for all of them."""
        unsigned = [
            path
            for path, macho in facts.bundle.sound_machos.items()
            if macho.filetype in ("execute", "dylib", "bundle")
            and any(s.arch.startswith("arm64") and s.code_signature is None for s in macho.slices)
        ]
        yield from self.one_for_all(
            unsigned,
            "Its code for Apple silicon is not signed",
            "files with code for Apple silicon are not signed",
            "no LC_CODE_SIGNATURE in arm64",
        )


class NoSeal(Rule):
    """A bundle that is not sealed."""

    code = "CS102"
    title = "The bundle is not sealed"
    severity = Severity.NOTE
    meaning = (
        "There is no Contents/_CodeSignature/CodeResources: nothing vouches for the bundle's "
        "files, and its Info.plist is not bound to its executable."
    )
    why = "Downloaded, such an app is called damaged; permissions are asked for again and again."
    mend = SIGN
    source = _STATIC_CODE

    def find(self, facts: Facts) -> Iterator[Finding]:
        """At most one finding."""
        if facts.main is not None and not facts.sealed:
            yield self.finding("", "The bundle has no seal.", "no Contents/_CodeSignature")


class _FromProblems(Rule):
    """A rule whose findings are problems of some kinds that `verify` found."""

    kinds: frozenset[ProblemKind]

    def find(self, facts: Facts) -> Iterator[Finding]:
        """A finding each, the worst first, up to MOST."""
        found = [p for p in facts.seal_problems if p.kind in self.kinds and self.applies(p)]
        found.sort(key=lambda problem: (not problem.breaks, problem))
        for problem in found[:MOST]:
            yield self._of(problem)
        if len(found) > MOST:
            more = found[MOST:]
            yield self.finding(
                "",
                f"{len(more)} more like these.",
                each(problem.path for problem in more),
                severity=self.severity if any(p.breaks for p in more) else Severity.WARNING,
            )

    def applies(self, problem: Problem) -> bool:  # noqa: ARG002 - for those who choose
        """Whether the rule speaks of this problem."""
        return True

    def _of(self, problem: Problem) -> Finding:
        lighter = not problem.breaks and self.severity is Severity.ERROR
        severity = Severity.WARNING if lighter else self.severity
        message = problem.message if problem.message.endswith(".") else f"{problem.message}."
        return self.finding(problem.path, message, problem.evidence, severity=severity)


class BrokenSeal(_FromProblems):
    """Something is not as it was sealed."""

    code = "CS103"
    title = "The seal is broken"
    severity = Severity.ERROR
    meaning = "A file, a link or code was changed, added or removed after the bundle was sealed."
    why = "macOS calls the app damaged, or drops the permissions it was given."
    mend = "Put the file right, or seal again: `plover-tray sign APP --in-place`."
    source = _STATIC_CODE
    kinds = frozenset(
        {
            ProblemKind.ALTERED,
            ProblemKind.MISSING,
            ProblemKind.ADDED,
            ProblemKind.CHANGED,
            ProblemKind.COVERAGE,
            ProblemKind.SLOT,
            ProblemKind.SEAL,
            ProblemKind.DAMAGED,
            ProblemKind.CMS,
            ProblemKind.NO_SEAL,
        }
    )


class NestedAfterParent(_FromProblems):
    """The order of signing was wrong."""

    code = "CS104"
    title = "Code inside was signed after what contains it"
    severity = Severity.ERROR
    meaning = "The outer seal names another signature for this code than the one it has."
    why = "The outer seal is broken by it, although each part is fine by itself."
    mend = "Sign from the inside out; `plover-tray sign APP -o OUT` does."
    source = _STATIC_CODE
    kinds = frozenset({ProblemKind.NESTED})


class HalfSigned(_FromProblems):
    """Some slices signed, others not."""

    code = "CS105"
    title = "Only some slices of a universal file are signed"
    severity = Severity.WARNING
    meaning = "One architecture of the file has a signature and another has none."
    why = "It works on one kind of Mac and fails notarization."
    mend = SIGN
    source = "seen here in PySide6's wheels: arm64 signed by the linker, x86_64 not at all"
    kinds = frozenset({ProblemKind.HALF_SIGNED})


class UnsealableFile(_FromProblems):
    """Things that no seal can hold."""

    code = "CS106"
    title = "No seal can hold this file"
    severity = Severity.ERROR
    meaning = "It lies where no seal reaches, or is nothing that a seal can describe."
    why = "codesign refuses the bundle, or leaves the file out."
    mend = "Move it into Contents/Resources, or remove it."
    source = _STATIC_CODE
    kinds = frozenset({ProblemKind.UNSEALABLE, ProblemKind.UNSEALED})


class OddSymlink(_FromProblems):
    """Links that are absolute, escape, or dangle."""

    code = "CS107"
    title = "A symlink is absolute, leads out of the bundle, or nowhere"
    severity = Severity.ERROR
    meaning = "The link does not lead to something inside the bundle."
    why = "codesign --strict and notarization reject links that leave a bundle."
    mend = "Make it relative and point it into the bundle, or remove it."
    source = _STATIC_CODE
    kinds = frozenset({ProblemKind.SYMLINK})


class CollidingNames(_FromProblems):
    """Names that are one on a Mac's disk."""

    code = "CS108"
    title = "Two names differ only in case or Unicode form"
    severity = Severity.WARNING
    meaning = "On most Macs' disks the two names are one, so that one file replaces the other."
    why = "Copied to such a disk the bundle loses a file, and with it its seal."
    mend = "Rename one of them."
    source = "APFS and HFS+ as delivered: case-insensitive, normalization-insensitive"
    kinds = frozenset({ProblemKind.NAMES})


class FlattenedFramework(_FromProblems):
    """Frameworks without links."""

    code = "CS109"
    title = "A framework has lost its symlinks"
    severity = Severity.NOTE
    meaning = "Versions/Current and the links beside it are missing or are copies."
    why = "codesign calls its format ambiguous and refuses it. Wheels cannot carry links."
    mend = "`plover-tray sign` and `fix` give the links back."
    source = "seen here in PySide6-Essentials' wheels"
    kinds = frozenset({ProblemKind.FLATTENED})

    def find(self, facts: Facts) -> Iterator[Finding]:
        """One finding for all of them."""
        found = [p.path for p in facts.seal_problems if p.kind is ProblemKind.FLATTENED]
        yield from self.one_for_all(
            found, "It has lost its symlinks", "frameworks have lost their symlinks"
        )


RULES: Sequence[Rule] = (
    UnsignedCode(),
    NoSeal(),
    BrokenSeal(),
    NestedAfterParent(),
    HalfSigned(),
    UnsealableFile(),
    OddSymlink(),
    CollidingNames(),
    FlattenedFramework(),
)
