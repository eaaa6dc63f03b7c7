"""What goes onto a volume: in go files and links with their names, out comes one list of all of it.

Everything that would go wrong later is refused here: names that a Mac's disk cannot hold or cannot
tell apart, pipes and devices, files that cannot be read.
"""

import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..bundle.tree import walk
from ..errors import BundleError, ImageError, show_path
from .hfs.names import MAX_NAME, collision_keys, hfs_name, units

Kind = Literal["file", "directory", "symlink"]

MAX_PATH = 1024
"""Bytes of a path that macOS can open (PATH_MAX)."""


@dataclass(frozen=True, slots=True)
class Item:
    """One name on the volume to be."""

    path: str
    """From the root of the volume, `/` between names."""
    kind: Kind
    mode: int
    """Permission bits."""
    size: int
    target: str | None
    modified: float
    """Seconds since 1970."""
    source: Path | None
    """Where it is copied from; None for folders that only hold something else, and for links."""
    identity: tuple[int, int] | None = None
    """Device and inode of a file that has more than one name."""


@dataclass(frozen=True, slots=True)
class Contents:
    """All names on the volume to be, folders before what is in them."""

    items: Mapping[str, Item]
    roots: tuple[tuple[Path, str], ...]
    """(what is copied, its path on the volume)."""
    links: Mapping[str, str]
    """Symlinks made for the image: path on the volume and target."""

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(item.size for item in self.items.values())

    @property
    def aliases(self) -> tuple[Item, ...]:
        """The second and further names of files that have several (hard links)."""
        seen: set[tuple[int, int]] = set()
        found = []
        for item in self.items.values():
            if item.identity is not None:
                if item.identity in seen:
                    found.append(item)
                seen.add(item.identity)
        return tuple(found)


def collect(files: Iterable[tuple[Path, str]], links: Mapping[str, str], now: float) -> Contents:
    """List what `files` (source, path on the volume) and `links` (path, target) put on a volume.

    `now` is the date of what has none. Raises ImageError for what cannot be kept on a Mac's disk.
    """
    items: dict[str, Item] = {}
    roots = []
    for source, name in files:
        place = _place(name)
        real = Path(os.path.realpath(source))
        _add_parents(items, place, now)
        for item in _tree(real, source, place):
            _add(items, item)
        roots.append((real, place))
    placed = {_place(path): target for path, target in links.items()}
    for place, target in placed.items():
        if not target or "\0" in target:
            raise ImageError(f"The symlink {show_path(place)} leads nowhere.")
        _add_parents(items, place, now)
        _add(items, Item(place, "symlink", 0o777, 0, target, now, None))
    _refuse_collisions(items)
    return Contents(dict(sorted(items.items())), tuple(roots), placed)


def _place(name: str) -> str:
    """A path on the volume without what it needs not; raises ImageError where it leads out."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if not parts or ".." in parts or "\0" in name:
        raise ImageError(f"{show_path(name)!r} is no name for a file on the volume.")
    return "/".join(parts)


def _add(items: dict[str, Item], item: Item) -> None:
    if item.path in items and not (item.kind == items[item.path].kind == "directory"):
        raise ImageError(f"The volume would hold {show_path(item.path)} twice.")
    name = item.path.rpartition("/")[2]
    length = units(hfs_name(name))
    if length > MAX_NAME:
        raise ImageError(
            f"The name {show_path(item.path)} has {length} characters; a Mac's disk holds"
            f" {MAX_NAME}.",
            mend="Shorten it.",
        )
    if len(os.fsencode(item.path)) > MAX_PATH:
        raise ImageError(f"The path {show_path(item.path)} is longer than macOS can open.")
    items[item.path] = item


def _add_parents(items: dict[str, Item], place: str, now: float) -> None:
    parts = place.split("/")[:-1]
    for count in range(1, len(parts) + 1):
        path = "/".join(parts[:count])
        if path not in items:
            _add(items, Item(path, "directory", 0o755, 0, None, now, None))


def _tree(real: Path, shown: Path, place: str) -> Iterable[Item]:
    try:
        status = real.stat()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ImageError(f"{show_path(shown)} cannot be put onto the volume: {reason}.") from None
    yield _item(real, place, status)
    if not stat.S_ISDIR(status.st_mode):
        return
    try:
        for entry in walk(real):
            path = real / entry.path
            yield _item(path, f"{place}/{entry.path}", path.lstat())
    except BundleError as error:
        raise ImageError(f"In {show_path(shown)}: {error.message}", mend=error.mend) from None
    except OSError as error:
        raise ImageError(f"{show_path(shown)} changes while it is read: {error}.") from None


def _item(source: Path, place: str, status: os.stat_result) -> Item:
    mode = stat.S_IMODE(status.st_mode)
    if stat.S_ISLNK(status.st_mode):
        target = os.readlink(source)
        return Item(place, "symlink", 0o777, 0, target, status.st_mtime, source)
    if stat.S_ISDIR(status.st_mode):
        return Item(place, "directory", mode, 0, None, status.st_mtime, source)
    if not stat.S_ISREG(status.st_mode):
        raise ImageError(f"{show_path(source)} is a pipe, socket or device.", mend="Remove it.")
    if not os.access(source, os.R_OK):
        raise ImageError(
            f"{show_path(source)} may not be read.", mend="Change its permissions first."
        )
    identity = (status.st_dev, status.st_ino) if status.st_nlink > 1 else None
    return Item(place, "file", mode, status.st_size, None, status.st_mtime, source, identity)


def _refuse_collisions(items: Mapping[str, Item]) -> None:
    """Names in one folder must differ by more than case and composition."""
    seen: dict[tuple[str, int, str], str] = {}
    for path in items:
        folder, _, name = path.rpartition("/")
        for number, key in enumerate(collision_keys(name)):
            other = seen.setdefault((folder, number, key), path)
            if other != path:
                raise ImageError(
                    f"{show_path(path)} and {show_path(other)} are one name on a Mac's disk.",
                    mend="Rename one of them before the app is sealed.",
                )
