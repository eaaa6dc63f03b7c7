"""What no seal can hold, whatever is signed: in goes a bundle's tree, out come problems.

Names and links only: no file is opened and nothing is hashed.
"""

import unicodedata
from collections.abc import Iterator, Sequence

from ..bundle.lenient_tree import Tree
from ..errors import show_path
from .layout import CodeRoot
from .verification import Problem, ProblemKind

ALLOWED_TARGETS = ("/System/", "/Library/", "/usr/lib/")
"""Absolute links that may lead out of a bundle; the first two are known from `StaticCode.cpp`."""


def structure_problems(tree: Tree, roots: Sequence[CodeRoot]) -> Iterator[Problem]:
    """What no seal can hold, or what a Mac's disk would make something else of."""
    for root in roots:
        yield from _top_problems(tree, root)
        if root.flattened:
            yield Problem(
                root.path,
                ProblemKind.FLATTENED,
                "The framework has lost its symlinks",
                "codesign calls its format ambiguous",
                breaks=False,
            )
    for path, node in tree.nodes.items():
        if node.kind == "symlink":
            yield from _link_problems(tree, path, node.target)
        elif node.kind in {"other", "unreadable"}:
            what = "a pipe, socket or device" if node.kind == "other" else "unreadable"
            yield Problem(path, ProblemKind.UNSEALABLE, f"No seal can hold it: it is {what}")
        if not path.isascii() and any("\udc80" <= char <= "\udcff" for char in path):
            message = "No seal can hold it: its name is no UTF-8"
            yield Problem(path, ProblemKind.UNSEALABLE, message)
    for folder, names in tree.names.items():
        yield from _name_problems(folder, names)


def _top_problems(tree: Tree, root: CodeRoot) -> Iterator[Problem]:
    allowed = {"contents": "Contents", "versioned": "Versions"}.get(root.shape)
    if allowed is None or (root.shape == "versioned" and root.flattened):
        return
    for name in tree.names.get(root.path, ()):
        path = f"{root.path}/{name}" if root.path else name
        linked = root.shape == "versioned" and tree.kind(path) == "symlink"
        if name != allowed and not linked:
            message = f"It lies beside {allowed}, where no seal reaches"
            yield Problem(path, ProblemKind.UNSEALED, message)


def _link_problems(tree: Tree, path: str, target: str) -> Iterator[Problem]:
    shown = f"to {show_path(target)}"
    if target.startswith("/"):
        if not target.startswith(ALLOWED_TARGETS):
            yield Problem(path, ProblemKind.SYMLINK, "The symlink is absolute", shown)
    elif _escapes(path, target):
        yield Problem(path, ProblemKind.SYMLINK, "The symlink leads out of the bundle", shown)
    elif tree.resolve(path) is None:
        yield Problem(path, ProblemKind.SYMLINK, "The symlink leads nowhere", shown, breaks=False)


def _name_problems(folder: str, names: Sequence[str]) -> Iterator[Problem]:
    if len(names) < 2:
        return
    seen: dict[str, str] = {}
    for name in names:
        key = name.lower() if name.isascii() else unicodedata.normalize("NFD", name).casefold()
        if key in seen:
            yield Problem(
                f"{folder}/{name}" if folder else name,
                ProblemKind.NAMES,
                "Its name differs from another only in case or Unicode form",
                f"beside it: {show_path(seen[key])}",
                breaks=False,
            )
        seen[key] = name


def _escapes(path: str, target: str) -> bool:
    depth = path.count("/")
    for part in target.split("/"):
        if part == "..":
            depth -= 1
        elif part not in ("", "."):
            depth += 1
        if depth < 0:
            return True
    return False
