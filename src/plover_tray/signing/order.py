"""What is signed, and in which order: in goes a folder, out come its code objects, inner ones
first: Mach-O files on their own, then bundles from the innermost to the folder itself.
"""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..bundle.lenient_tree import Tree, read_start
from ..errors import BundleError, MachOError, SigningError, show_path
from ..macho.file import MachOFile, StaticLibraryError, looks_like_macho, read_macho
from ..signature.constants import LOADED_TYPES
from ..signature.layout import CodeRoot, all_roots, find_root


@dataclass(frozen=True, slots=True)
class CodeItem:
    """One thing to sign. Paths are relative to the folder."""

    path: str
    """The bundle, or the file; of a framework's other versions, the version's folder."""
    executable: str
    macho: MachOFile
    size: int
    root: CodeRoot | None = None
    """None for a file on its own."""


@dataclass(frozen=True, slots=True)
class SigningOrder:
    """All code of a folder, inner code first."""

    main: CodeRoot
    items: tuple[CodeItem, ...]


def main_root(tree: Tree) -> CodeRoot:
    """The bundle that `tree` is. Raises BundleError if it is none with an executable."""
    main = find_root(tree, "")
    if main is None or main.executable is None:
        raise BundleError(
            "There is no main executable that could carry a seal, or it is no file.",
            mend="Put CFBundleExecutable in Info.plist right, or build the bundle again.",
        )
    return main


def roots_inside_out(tree: Tree, main: CodeRoot) -> list[CodeRoot]:
    """`main` and all bundles in it with an executable, the innermost first."""
    roots = {root.base: root for root in all_roots(tree, main) if root.executable}
    return sorted(roots.values(), key=depth, reverse=True)


def depth(root: CodeRoot) -> int:
    """How deep a bundle lies, counted in folders."""
    return len(PurePosixPath(root.base).parts)


def signing_order(folder: Path) -> SigningOrder:
    """Find all code in `folder`. Raises BundleError, or SigningError for a damaged Mach-O file."""
    tree = Tree(folder)
    main = main_root(tree)
    roots = roots_inside_out(tree, main)
    executables = {root.executable: root for root in roots}
    loose, bundled = [], {}
    for path, node in tree.nodes.items():
        if node.kind != "file" or not looks_like_macho(read_start(tree.full(path))):
            continue
        try:
            macho = read_macho(tree.root / path)
        except StaticLibraryError:
            continue
        except MachOError as error:
            raise damaged(error) from error
        if macho.filetype not in LOADED_TYPES:
            continue
        root = executables.get(path)
        if root is None:
            loose.append(CodeItem(path, path, macho, node.size))
        else:
            bundled[path] = CodeItem(_path_of(root, main), path, macho, node.size, root)
    if main.executable not in bundled:
        raise no_program(main)
    loose.sort(key=lambda item: (-item.path.count("/"), item.path))
    ordered = [bundled[r.executable] for r in roots if r.executable in bundled]
    return SigningOrder(main, (*loose, *ordered))


def damaged(error: MachOError) -> SigningError:
    """The error for a Mach-O file that cannot be signed, for it cannot be read."""
    return SigningError(error.message, mend=error.mend or "Build or copy that file again.")


def no_program(main: CodeRoot) -> SigningError:
    """The error for a main executable that can carry no signature."""
    return SigningError(
        f"The main executable {show_path(main.executable or '')} is no Mach-O program, so no "
        "signature fits into it.",
        mend="`plover-tray fix` puts a launcher in its place.",
    )


def _path_of(root: CodeRoot, main: CodeRoot) -> str:
    """What codesign is given: the bundle, or one version of a framework by its folder."""
    return root.base if root.shape == "versioned" and root is not main else root.path
