"""What keeps a bundle from being sealed: in goes a bundle, out come steps that change that, to be
shown and taken (`signing.make_sealable`), and obstacles that only a person can remove.

Known from Apple's "Embedding nonstandard code structures in a bundle" and technical note TN2206:
code and data do not mix in code's places, frameworks keep their links, Finder's droppings go.
A link is left where something was moved from: a link is never code, so the seal takes it, and the
program still finds its file (cx_Freeze and PyInstaller lay out their bundles that way).
"""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from ..bundle.lenient_tree import Tree, read_start
from ..errors import MachOError, show_path
from ..macho.file import MachOFile, looks_like_macho, read_macho
from .constants import LOADED_TYPES
from .layout import CodeRoot, all_roots, find_root, join
from .resources import RULES_2, RULES_2_SHALLOW, RuleSet, compile_rules
from .structure import structure_problems
from .verification import ProblemKind

APPLE_DOUBLE = b"\x00\x05\x16\x07"
"""First bytes of the `._*` files in which other disks keep what HFS+ and APFS keep aside
(AppleDouble, RFC 1740)."""
FINDER_NAMES = frozenset({".DS_Store", "__MACOSX"})
LEFTOVER_SUFFIXES = frozenset({".a", ".o", ".la"})
LEFTOVER_FOLDERS = frozenset({"__pycache__"})


class StepKind(StrEnum):
    """What a step does."""

    RESTORE = "restore"
    """A framework's links."""
    REMOVE = "remove"
    MOVE = "move"
    """To `target`, leaving a link."""


@dataclass(frozen=True, slots=True)
class Step:
    """One change to a bundle before it is sealed. Paths are relative to it."""

    kind: StepKind
    path: str
    why: str
    target: str = ""

    @property
    def text(self) -> str:
        """The step in words, on one line."""
        match self.kind:
            case StepKind.RESTORE:
                what = f"Give {show_path(self.path)} its links back"
            case StepKind.REMOVE:
                what = f"Remove {show_path(self.path)}"
            case StepKind.MOVE:
                what = f"Move {show_path(self.path)} to {show_path(self.target)}, leaving a link"
        return f"{what}: {self.why}"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something that keeps the bundle from being sealed and that we do not change by ourselves."""

    path: str
    message: str
    mend: str


@dataclass(frozen=True, slots=True)
class SealablePlan:
    """What is to be done before sealing, in order, and what stands in the way."""

    steps: tuple[Step, ...]
    obstacles: tuple[Obstacle, ...]


def plan_sealable(bundle: Path, *, drop_leftovers: bool = False) -> SealablePlan:
    """Plan the changes without which the bundle or framework at `bundle` cannot be sealed.

    With `drop_leftovers`, static libraries, object files and `__pycache__` go too. Raises
    BundleError if `bundle` cannot be read.
    """
    return _Planner(bundle, drop_leftovers=drop_leftovers).plan()


def link_obstacles(tree: Tree) -> Iterator[Obstacle]:
    """The symlinks for which macOS, and `verify`, refuse a seal."""
    for problem in structure_problems(tree, ()):
        if problem.kind is ProblemKind.SYMLINK and problem.breaks:
            yield Obstacle(
                problem.path,
                f"{problem.message}, {problem.evidence}; such a bundle cannot be sealed",
                "Replace it by what it points at, or remove it.",
            )


class _Planner:
    def __init__(self, bundle: Path, *, drop_leftovers: bool) -> None:
        self._tree = Tree(bundle)
        self._drop_leftovers = drop_leftovers
        self._gone: set[str] = set()
        self._moving_into: set[str] = set()
        self._obstacles: list[Obstacle] = []

    def plan(self) -> SealablePlan:
        main = find_root(self._tree, "")
        roots = all_roots(self._tree, main) if main else []
        removed = list(self._removals())
        self._gone = {step.path for step in removed}
        restored = [step for root in roots if root.flattened for step in self._restoration(root)]
        moved = [step for root in roots for step in self._moves(root)]
        self._obstacles += (o for o in link_obstacles(self._tree) if o.path not in self._gone)
        for root in roots:
            self._look_beside(root)
        return SealablePlan((*removed, *restored, *moved), tuple(self._obstacles))

    def _removals(self) -> Iterator[Step]:
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            for name in self._tree.names.get(folder, ()):
                path = join(folder, name)
                why = self._droppings(path, name)
                if not why and self._drop_leftovers:
                    why = self._leftover(path, name)
                if why:
                    yield Step(StepKind.REMOVE, path, why)
                elif path in self._tree.names:
                    waiting.append(path)

    def _droppings(self, path: str, name: str) -> str:
        if name in FINDER_NAMES:
            return "the Finder or an archiver left it behind"
        if name.startswith("._") and self._starts_with(path, APPLE_DOUBLE):
            return "it holds another file's Finder information, which no seal covers"
        return ""

    def _leftover(self, path: str, name: str) -> str:
        kind = self._tree.kind(path)
        if kind == "directory" and name in LEFTOVER_FOLDERS:
            return "Python makes it anew where it may write, and may not write inside a seal"
        if kind == "file" and PurePosixPath(name).suffix in LEFTOVER_SUFFIXES:
            return "it is for linking only and can carry no signature"
        return ""

    def _starts_with(self, path: str, magic: bytes) -> bool:
        return self._tree.kind(path) == "file" and read_start(self._tree.full(path)).startswith(
            magic
        )

    def _restoration(self, root: CodeRoot) -> Iterator[Step]:
        for name in self._tree.names.get(root.path, ()):
            path, inner = join(root.path, name), join(root.base, name)
            if name == "Versions" or self._tree.kind(path) == "symlink":
                continue
            if self._tree.kind(inner) is not None and not self._same(path, inner):
                self._obstacles.append(
                    Obstacle(
                        path,
                        f"It differs from {show_path(inner)}, where a framework has a link to it",
                        "Keep one of them, and make the other a link.",
                    )
                )
                return
        versions = join(root.path, "Versions")
        current = join(versions, "Current")
        beside = [name for name in self._tree.names.get(versions, []) if name != "Current"]
        if root.base.rpartition("/")[0] != versions or (root.base == current and beside):
            self._obstacles.append(
                Obstacle(current, "It is no link to a folder beside it", "Make it one.")
            )
            return
        why = "wheels carry no links, and codesign calls it ambiguous"
        yield Step(StepKind.RESTORE, root.path, why, root.base)

    def _same(self, one: str, other: str) -> bool:
        """Whether two files, or everything below two folders, are the same."""
        kind = self._tree.kind(one)
        if kind != self._tree.kind(other):
            return False
        if kind == "directory":
            names = self._tree.names.get(one, [])
            return names == self._tree.names.get(other, []) and all(
                self._same(join(one, name), join(other, name)) for name in names
            )
        if kind == "symlink":
            return self._tree.nodes[one].target == self._tree.nodes[other].target
        if kind != "file" or self._tree.nodes[one].size != self._tree.nodes[other].size:
            return False
        limit = self._tree.nodes[one].size
        return self._tree.read(one, limit) == self._tree.read(other, limit)

    def _moves(self, root: CodeRoot) -> Iterator[Step]:
        """Data in places of code, of one bundle; inner bundles plan for themselves."""
        rules = compile_rules(RULES_2_SHALLOW if root.shape == "shallow" else RULES_2)
        waiting = [root.base]
        while waiting:
            folder = waiting.pop()
            for name in self._tree.names.get(folder, ()):
                path = join(folder, name)
                if path in self._gone or path == root.executable:
                    continue
                move, descend = self._judge(root, rules, path)
                if descend:
                    waiting.append(path)
                elif move:
                    yield from self._move(root, path)

    def _judge(self, root: CodeRoot, rules: RuleSet, path: str) -> tuple[bool, bool]:
        """Whether `path` has to move, and whether to look into it."""
        kind = self._tree.kind(path)
        rule = rules.find(root.inside(path))
        if kind == "directory":
            nested = rule is not None and rule.nested
            if nested and "." in path.rpartition("/")[2]:
                inner = find_root(self._tree, path)
                is_code = inner is not None and self._macho(inner.executable or "") is not None
                return not is_code, False
            inside = rules.find(f"{root.inside(path)}/x")
            return False, inside is not None and inside.nested
        if kind != "file" or rule is None or rule.omit or not rule.nested:
            return False, False
        macho = self._macho(path)
        return macho is None or macho.filetype not in LOADED_TYPES, False

    def _macho(self, path: str) -> MachOFile | None:
        if self._tree.kind(path) != "file" or not looks_like_macho(
            read_start(self._tree.full(path))
        ):
            return None
        try:
            return read_macho(self._tree.root / path)
        except MachOError:
            return None

    def _move(self, root: CodeRoot, path: str) -> Iterator[Step]:
        inside = root.inside(path)
        rest = inside.partition("/")[2] or inside
        for place in (f"Resources/{rest}", f"Resources/{inside}"):
            target = join(root.base, place)
            if self._tree.kind(target) is None and target not in self._moving_into:
                break
        else:
            self._obstacles.append(
                Obstacle(path, "It lies where only code may lie", "Move it to Contents/Resources.")
            )
            return
        leaving = self._leaves(path)
        if leaving:
            self._obstacles.append(
                Obstacle(
                    path,
                    "Its name has a dot, so it is taken for code, and what it holds cannot be "
                    f"moved: {leaving}",
                    "Build the app with this folder in Contents/Resources.",
                )
            )
            return
        self._moving_into.add(target)
        yield Step(StepKind.MOVE, path, "only code may lie there", target)

    def _leaves(self, folder: str) -> str:
        """What inside a folder finds something outside it by its own place; empty if nothing."""
        if self._tree.kind(folder) != "directory":
            return ""
        for path in self._tree.below(folder):
            target = self._tree.nodes[path].target
            if target and self._finds_outside(folder, path, target):
                return f"the link {show_path(path)} leads to {show_path(target)}"
            macho = self._macho(path)
            for slice_ in macho.slices if macho else ():
                for name in (*(d.name for d in slice_.dylibs), *slice_.rpaths):
                    place, _, rest = name.partition("/")
                    if place == "@loader_path" and self._finds_outside(folder, path, rest):
                        return f"{show_path(path)} loads {show_path(name)}"
        return ""

    def _finds_outside(self, folder: str, path: str, target: str) -> bool:
        """Whether `target`, as seen from the file at `path`, is there and outside `folder`."""
        found = posixpath.normpath(f"{path.rpartition('/')[0]}/{target}")
        return not f"{found}/".startswith(f"{folder}/") and self._tree.resolve(found) is not None

    def _look_beside(self, root: CodeRoot) -> None:
        if root.shape != "contents":
            return
        for name in self._tree.names.get(root.path, ()):
            path = join(root.path, name)
            if name != "Contents" and path not in self._gone:
                self._obstacles.append(
                    Obstacle(
                        path,
                        "It lies beside Contents, where no seal reaches",
                        "Remove it, or move it to Contents/Resources.",
                    )
                )
