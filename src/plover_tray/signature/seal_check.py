"""A bundle against its CodeResources: in go the rules, the seals and the files, out come problems.

The order of things is that of Apple's `SecStaticCode::validateResources`: whatever the rules seal
must be in the seal and as it was, and whatever the seal names must be there unless optional.
"""

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ..bundle.lenient_tree import Tree
from ..errors import show_path
from .blobs import SignatureFormatError
from .layout import CodeRoot
from .requirement_parser import parse_requirement_text
from .requirements import Kind, fulfils
from .resources import META_EXCLUSIONS, CodeResources, Rule, RuleSet, Seal
from .slices import FileFacts
from .verification import CodeObject, Problem, ProblemKind


@dataclass(frozen=True, slots=True)
class Sealed:
    """One path that the rules want sealed."""

    path: str
    """Relative to the seal's base."""
    kind: str
    """`file`, `symlink`, `nested`, or what no seal can hold: `other`, `unreadable`."""
    rule: Rule


def sealed_paths(tree: Tree, root: CodeRoot, rules: RuleSet) -> Iterator[Sealed]:
    """Everything in `root` that `rules` want sealed, nested bundles as one."""
    waiting = [root.base]
    while waiting:
        folder = waiting.pop()
        for name in tree.names.get(folder, ()):
            path = f"{folder}/{name}" if folder else name
            inside = root.inside(path)
            if inside in META_EXCLUSIONS or path == root.executable:
                continue
            node = tree.nodes[path]
            rule = rules.find(inside)
            if node.kind == "directory":
                if rule is not None and rule.nested and "." in name:
                    yield Sealed(inside, "nested", rule)
                else:
                    waiting.append(path)
            elif rule is None or rule.omit:
                continue
            elif node.kind == "file" and rule.nested:
                yield Sealed(inside, "nested", rule)
            else:
                yield Sealed(inside, node.kind, rule)


@dataclass(frozen=True)
class SealCheck:
    """What a check needs to know about the whole tree."""

    tree: Tree
    root: CodeRoot
    resources: CodeResources
    facts: Mapping[str, FileFacts]
    code_at: Callable[[str], CodeObject | None]
    """The code object at a path of the tree, a bundle or a file."""

    def problems(self) -> Iterator[Problem]:
        """Compare what is there with what was sealed. May raise SignatureFormatError."""
        unseen = dict(self.resources.files)
        added = []
        for item in sealed_paths(self.tree, self.root, self.resources.rules):
            seal = unseen.pop(item.path, None)
            if seal is None:
                added.append(item)
            else:
                yield from self._compare(item, seal)
        forms = {unicodedata.normalize("NFC", path): path for path in unseen}
        for item in added:
            other = forms.get(unicodedata.normalize("NFC", item.path))
            if other is not None and other in unseen:
                yield self._problem(
                    item.path,
                    ProblemKind.NAMES,
                    "The name is sealed in another Unicode form than it has on disk",
                    f"sealed as {other!a}",
                    breaks=False,
                )
                yield from self._compare(item, unseen.pop(other))
            elif self.resources.version == 2 or item.kind == "file":
                yield self._added(item)
        for path, seal in unseen.items():
            yield from self._left_over(path, seal)

    def _at(self, inside: str) -> str:
        return f"{self.root.base}/{inside}" if self.root.base else inside

    def _problem(
        self,
        inside: str,
        kind: ProblemKind,
        message: str,
        evidence: str = "",
        *,
        breaks: bool = True,
    ) -> Problem:
        return Problem(self._at(inside), kind, message, evidence, breaks)

    def _added(self, item: Sealed) -> Problem:
        if item.kind == "nested" and self.code_at(self._at(item.path)) is None:
            return self._problem(
                item.path,
                ProblemKind.UNSEALABLE,
                "It lies where only code may lie, and is none",
                f"the rule {item.rule.pattern} makes it nested code",
            )
        return self._problem(
            item.path, ProblemKind.ADDED, "The seal does not know it: added after signing"
        )

    def _left_over(self, path: str, seal: Seal) -> Iterator[Problem]:
        """A seal whose path the rules would not have sealed, or that is not there."""
        rule = self.resources.rules.find(path)
        kind = self.tree.kind(self._at(path)) if ".." not in path.split("/") else None
        if kind is None:
            if not seal.optional:
                yield self._problem(
                    path, ProblemKind.MISSING, "It was sealed and is not there any more"
                )
        else:
            there = "nested" if seal.kind == "nested" else str(kind)
            yield from self._compare(Sealed(path, there, rule or Rule("")), seal)

    def _compare(self, item: Sealed, seal: Seal) -> Iterator[Problem]:
        path = self._at(item.path)
        if seal.kind == "nested":
            yield from self._compare_nested(item, seal)
        elif seal.kind == "symlink":
            target = self.tree.nodes[path].target
            if item.kind != "symlink" or target != seal.target:
                now = f"to {show_path(target)}" if item.kind == "symlink" else f"a {item.kind}"
                yield self._problem(
                    item.path,
                    ProblemKind.ALTERED,
                    "The symlink is not the one that was sealed",
                    f"sealed: to {show_path(seal.target or '')}; now: {now}",
                )
        elif self.tree.kind(path) != "file":
            yield self._problem(
                item.path,
                ProblemKind.ALTERED,
                "It was sealed as a file and is something else now",
                f"now: a {self.tree.kind(path)}",
            )
        else:
            yield from self._compare_hash(item, seal)

    def _compare_hash(self, item: Sealed, seal: Seal) -> Iterator[Problem]:
        facts = self.facts.get(self._at(item.path), FileFacts())
        name, expected = ("sha256", seal.sha256) if seal.sha256 else ("sha1", seal.sha1)
        found = facts.digests.get(name)
        if found is None:
            yield self._problem(item.path, ProblemKind.UNSEALABLE, "It cannot be read", facts.error)
        elif found != expected:
            yield self._problem(
                item.path,
                ProblemKind.ALTERED,
                "It was changed after it was sealed",
                f"{name} {found.hex()[:16]}…, sealed {(expected or b'').hex()[:16]}…",
            )

    def _compare_nested(self, item: Sealed, seal: Seal) -> Iterator[Problem]:
        code = self.code_at(self._at(item.path))
        if code is None:
            yield self._problem(
                item.path,
                ProblemKind.NESTED,
                "It was sealed as code and is none that can be checked",
                "a script's signature is kept in extended attributes, which copies lose",
            )
            return
        if not code.signatures:
            yield self._problem(
                item.path, ProblemKind.NESTED, "The code inside has no signature any more"
            )
            return
        try:
            text = seal.requirement or ""
            expression = parse_requirement_text(text)[Kind.DESIGNATED]
        except (SignatureFormatError, KeyError):
            yield self._problem(
                item.path, ProblemKind.SEAL, "Its sealed requirement is not understood",
                show_path(seal.requirement or ""), breaks=False,
            )  # fmt: skip
            return
        known = {cdhash for signature in code.signatures for cdhash in signature.cdhashes}
        now = ", ".join(sorted(cdhash.hex()[:16] for cdhash in known))
        if any(fulfils(candidate, expression) is False for candidate in code.candidates()):
            yield self._problem(
                item.path,
                ProblemKind.NESTED,
                "The code inside is not the one that was sealed: it was signed after its parent",
                f"sealed: {show_path(text)}; now: cdhash {now}",
            )
        elif seal.cdhash is not None and seal.cdhash not in known:
            yield self._problem(
                item.path,
                ProblemKind.NESTED,
                "The code inside was signed again after its parent",
                f"sealed: cdhash {seal.cdhash.hex()[:16]}; now: {now}",
                breaks=False,
            )
