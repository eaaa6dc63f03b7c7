"""Where the parts of a signed bundle are: in go a tree and a folder, out comes a `CodeRoot`.

Three layouts are known (Apple's "Bundle Programming Guide" and `bundlediskrep.cpp`): an app or
plug-in with `Contents/`, a framework with `Versions/`, and a shallow one with its Info.plist at the
root. A wheel's framework has lost its symlinks; it is recognised, and said to be flattened.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal

from ..bundle.lenient_tree import Tree
from ..bundle.plist import MAX_PLIST, parse_plist
from ..errors import BundleError
from .resources import SEAL_PATH

BUNDLE_SUFFIXES = frozenset(
    {
        ".app", ".appex", ".bundle", ".component", ".dext", ".framework", ".kext", ".mdimporter",
        ".plugin", ".prefpane", ".qlgenerator", ".saver", ".service", ".systemextension",
        ".wdgt", ".xpc",
    }
)  # fmt: skip
"""Folders with these endings are code if they are laid out like a bundle with an executable."""

NESTED_PLACES = (
    "Frameworks",
    "SharedFrameworks",
    "PlugIns",
    "Plug-ins",
    "XPCServices",
    "Helpers",
    "MacOS",
    "Library/Automator",
    "Library/Spotlight",
    "Library/LoginItems",
)
"""Folders of Contents where codesign's rules take everything for code."""

Shape = Literal["contents", "versioned", "shallow"]


@dataclass(frozen=True, slots=True)
class CodeRoot:
    """A bundle that carries, or could carry, a seal. Paths are relative to the tree."""

    path: str
    shape: Shape
    base: str
    """The folder that sealed paths are relative to: Contents, Versions/A or the bundle itself."""
    info: str | None
    executable: str | None
    """The main executable, symlinks followed; None where there is none."""
    identifier: str | None
    flattened: bool = False
    """A framework whose `Versions/Current` or top-level symlinks are missing."""
    other_versions: tuple[str, ...] = ()
    """Further folders of a framework's Versions."""

    @property
    def seal(self) -> str:
        """Where CodeResources belongs."""
        return join(self.base, SEAL_PATH)

    def inside(self, path: str) -> str:
        """`path` relative to the base."""
        return path[len(self.base) + 1 :] if self.base else path


def join(folder: str, name: str) -> str:
    """The path of `name` in `folder`, where "" is the top of the tree."""
    return f"{folder}/{name}" if folder else name


def find_root(tree: Tree, path: str) -> CodeRoot | None:
    """Recognise the bundle at `path`; None if it is laid out like none."""
    contents, versions = join(path, "Contents"), join(path, "Versions")
    if tree.is_directory(contents):
        return _contents(tree, path, contents)
    if tree.kind(versions) == "directory":
        return _versioned(tree, path, versions)
    for info in (join(path, "Info.plist"), join(path, "Resources/Info.plist")):
        if tree.is_file(info):
            return _shallow(tree, path, info)
    return None


def version_root(tree: Tree, framework: str, version: str) -> CodeRoot:
    """One version of a framework as a root of its own."""
    return _version(tree, framework, join(framework, f"Versions/{version}"))


def all_roots(tree: Tree, main: CodeRoot) -> list[CodeRoot]:
    """`main` and every bundle below it, outer ones first, each version of a framework by itself."""
    roots = [main]
    for path in tree.below(""):
        if tree.kind(path) == "directory" and _likely(path):
            root = find_root(tree, path)
            if root is not None:
                roots.append(root)
    return roots + [version_root(tree, r.path, v) for r in roots for v in r.other_versions]


def _likely(path: str) -> bool:
    """Whether a folder is code by its ending, or by a dot in its name where code belongs."""
    name = path.rpartition("/")[2]
    return PurePosixPath(name).suffix.lower() in BUNDLE_SUFFIXES or (
        "." in name and any(f"{place}/" in path for place in NESTED_PLACES)
    )


def _info(tree: Tree, path: str) -> tuple[str | None, Mapping[str, Any]]:
    if not tree.is_file(path):
        return None, {}
    try:
        return path, parse_plist(tree.read(path, MAX_PLIST), path)[0]
    except BundleError:
        return path, {}


def _text(info: Mapping[str, Any], key: str) -> str | None:
    value = info.get(key)
    return value if isinstance(value, str) and value else None


def _executable(tree: Tree, folders: tuple[str, ...], name: str | None) -> str | None:
    if not name or name.startswith("/") or ".." in name.split("/"):
        return None
    for folder in folders:
        found = tree.resolve(join(folder, name))
        if found is not None and tree.kind(found) == "file":
            return found
    return None


def _contents(tree: Tree, path: str, base: str) -> CodeRoot:
    info_path, info = _info(tree, join(base, "Info.plist"))
    name = _text(info, "CFBundleExecutable") or PurePosixPath(path or tree.root.name).stem
    executable = _executable(tree, (join(base, "MacOS"), base), name)
    return CodeRoot(
        path, "contents", base, info_path, executable, _text(info, "CFBundleIdentifier")
    )


def _versioned(tree: Tree, path: str, versions: str) -> CodeRoot | None:
    current = tree.resolve(join(versions, "Current"))
    real = [
        name
        for name in tree.names.get(versions, [])
        if tree.kind(join(versions, name)) == "directory"
    ]
    linked = tree.kind(join(versions, "Current")) == "symlink"
    if current is None or tree.kind(current) != "directory":
        if len(real) != 1:
            return None
        current, linked = join(versions, real[0]), False
    root = _version(tree, path, current)
    tops = [name for name in tree.names.get(path, []) if name != "Versions"]
    flattened = not linked or any(
        tree.kind(join(path, name)) != "symlink" and tree.kind(join(current, name)) is not None
        for name in tops
    )
    others = tuple(name for name in real if join(versions, name) != current)
    return CodeRoot(
        path,
        "versioned",
        current,
        root.info,
        root.executable,
        root.identifier,
        flattened,
        others if linked else (),
    )


def _version(tree: Tree, path: str, base: str) -> CodeRoot:
    info_path, info = _info(tree, join(base, "Resources/Info.plist"))
    name = _text(info, "CFBundleExecutable") or PurePosixPath(path or tree.root.name).stem
    executable = _executable(tree, (base,), name)
    return CodeRoot(
        path, "versioned", base, info_path, executable, _text(info, "CFBundleIdentifier")
    )


def _shallow(tree: Tree, path: str, info_path: str) -> CodeRoot:
    _, info = _info(tree, info_path)
    name = _text(info, "CFBundleExecutable") or PurePosixPath(path or tree.root.name).stem
    executable = _executable(tree, (path,), name)
    identifier = _text(info, "CFBundleIdentifier")
    return CodeRoot(path, "shallow", path, info_path, executable, identifier)
