"""A folder tree in memory: in goes a bundle, framework or folder, out come its entries and every
file's bytes, symlinks followed inside the tree only.

`AppBundle` refuses what no bundle may hold; a verifier has to look at it and say so. Hence this
lenient reader: pipes, unreadable folders and names that are not UTF-8 are entries like others.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import BundleError, show_long_path, show_path, unreadable
from .tree import MAX_DEPTH, MAX_ENTRIES, resolve_known

Kind = Literal["file", "directory", "symlink", "other", "unreadable"]


@dataclass(frozen=True, slots=True)
class Node:
    """One name in the tree."""

    kind: Kind
    mode: int
    """Permission bits."""
    size: int
    """Bytes, of files."""
    target: str = ""
    """Where a symlink points, as it is written."""


class Tree:
    """Everything below a folder, looked at once; paths are relative to it, "" is itself."""

    def __init__(self, root: Path) -> None:
        """Walk `root`. Raises BundleError if it is no folder or absurdly large or deep."""
        self.root = root
        self._prefix = os.path.join(root, "")  # noqa: PTH118 - thousands of paths are made of it
        self.nodes: dict[str, Node] = {"": Node("directory", 0o755, 0)}
        self.names: dict[str, list[str]] = {}
        """Folder to the names in it, in order."""
        self._walk()

    def _walk(self) -> None:
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            if folder.count("/") > MAX_DEPTH:
                raise BundleError(
                    f"{show_long_path(folder)} lies deeper than any bundle's folder.",
                    mend="Remove it, or what makes folders within folders.",
                )
            try:
                with os.scandir(self.root / folder) as found:
                    items = sorted(found, key=lambda item: item.name)
            except OSError as error:
                if not folder:
                    raise unreadable(show_path(str(self.root)), error) from None
                self.nodes[folder] = Node("unreadable", 0, 0)
                continue
            self.names[folder] = [item.name for item in items]
            if len(self.nodes) + len(items) > MAX_ENTRIES:
                raise BundleError(f"The bundle holds more than {MAX_ENTRIES} files.")
            for item in items:
                path = f"{folder}/{item.name}" if folder else item.name
                node = self.nodes[path] = _node(item)
                if node.kind == "directory":
                    waiting.append(path)

    def full(self, path: str) -> str:
        """`path` as the operating system wants it."""
        return f"{self._prefix}{path}"

    def kind(self, path: str) -> Kind | None:
        """What `path` is, a symlink as its last part not followed; None if it is not there."""
        node = self.nodes.get(path)
        return node.kind if node else None

    def resolve(self, path: str) -> str | None:
        """Follow all symlinks in `path`; None if that leads nowhere, in a circle or outside."""
        return resolve_known(path, self._link_at)

    def _link_at(self, path: str) -> str | None:
        node = self.nodes[path]
        return node.target if node.kind == "symlink" else None

    def is_file(self, path: str) -> bool:
        """Whether `path` is a regular file, symlinks followed inside the tree."""
        found = self.resolve(path)
        return found is not None and self.kind(found) == "file"

    def is_directory(self, path: str) -> bool:
        """Whether `path` is a folder, symlinks followed inside the tree."""
        found = self.resolve(path)
        return found is not None and self.kind(found) == "directory"

    def below(self, folder: str) -> Iterator[str]:
        """Paths of everything below `folder`, folders before their contents."""
        waiting = [folder]
        while waiting:
            here = waiting.pop()
            for name in self.names.get(here, ()):
                path = f"{here}/{name}" if here else name
                yield path
                if path in self.names:
                    waiting.append(path)

    def add_file(self, path: str, size: int) -> None:
        """Take note of a file written after the walk, and of the folders above it."""
        if path not in self.nodes:
            parent, _, name = path.rpartition("/")
            if parent not in self.names:
                self.add_folder(parent)
            self.names[parent] = sorted([*self.names[parent], name])
        self.nodes[path] = Node("file", 0o644, size)

    def add_folder(self, path: str) -> None:
        """Take note of a folder made after the walk, and of those above it."""
        parent, _, name = path.rpartition("/")
        if parent not in self.names:
            self.add_folder(parent)
        self.names[parent] = sorted({*self.names[parent], name})
        self.nodes[path] = Node("directory", 0o755, 0)
        self.names.setdefault(path, [])

    def read(self, path: str, limit: int) -> bytes:
        """The bytes of the regular file `path`, symlinks inside the tree followed.

        Raises BundleError if it is not there, no regular file, or larger than `limit` bytes.
        """
        found = self.resolve(path)
        if found is None:
            raise BundleError(f"{show_path(path)} is not there.")
        try:
            with open_file(self.root / found) as descriptor:
                size = os.fstat(descriptor).st_size
                if size > limit:
                    raise BundleError(
                        f"{show_path(path)} is larger than {limit} bytes.",
                        mend="Replace it by the file that belongs there.",
                    )
                return os.pread(descriptor, limit, 0)
        except OSError as error:
            raise unreadable(show_path(path), error) from None


GIVE = "Give an .app, a .framework or a Mach-O file."
"""The next step where a path is none of them."""


def find_input(path: Path | str) -> Path:
    """The folder or regular file that is at `path`, symlinks followed.

    Raises BundleError for anything else, and for what cannot be read.
    """
    shown = show_path(str(path))
    if not shown:
        raise BundleError("The path is empty.", mend=GIVE)
    try:
        real = Path(os.path.realpath(path, strict=True))
        if not real.is_dir():
            with open_file(real):
                pass
    except FileNotFoundError:
        raise BundleError(f"{shown} does not exist.", mend=GIVE) from None
    except (OSError, ValueError) as error:
        raise unreadable(shown, error, GIVE) from None
    return real


@contextmanager
def open_file(path: Path | str) -> Iterator[int]:
    """A descriptor of a regular file, for reading; never a pipe, never through a link.

    Raises OSError.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        yield descriptor
    finally:
        os.close(descriptor)


def read_start(path: Path | str) -> bytes:
    """The first eight bytes of a regular file; empty for anything else, or what is unreadable."""
    try:
        with open_file(path) as descriptor:
            return os.pread(descriptor, 8, 0)
    except OSError:
        return b""


def _node(item: os.DirEntry[str]) -> Node:
    try:
        status = item.stat(follow_symlinks=False)
        if stat.S_ISLNK(status.st_mode):
            return Node("symlink", 0o777, 0, os.readlink(item.path))
    except OSError:
        return Node("unreadable", 0, 0)
    mode = stat.S_IMODE(status.st_mode)
    if stat.S_ISDIR(status.st_mode):
        return Node("directory", mode, 0)
    if stat.S_ISREG(status.st_mode):
        return Node("file", mode, status.st_size)
    return Node("other", mode, 0)
