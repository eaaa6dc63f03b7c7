"""A folder tree seen only from inside: in goes its root, out come its entries and resolved paths.

Each path is followed by hand, link by link: a symlink that leaves the tree is an error, not a file.
"""

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from ..errors import BundleError, show_long_path, show_path, unreadable

EntryKind = Literal["file", "directory", "symlink"]

MAX_ENTRIES = 500_000
MAX_DEPTH = 200
"""Of folders in one another; macOS' own PATH_MAX is 1,024 bytes."""
MAX_LINKS = 40
"""Symlinks followed for one path; the kernel's own bound is 32 (macOS) or 40 (Linux)."""


_LINK = "Replace it by what it should point at, within the bundle."


class MissingError(BundleError):
    """There is nothing at the path."""


@dataclass(frozen=True, slots=True)
class BundleEntry:
    """One name in the bundle."""

    path: str
    """Relative to the bundle, with `/` between names."""
    kind: EntryKind
    mode: int
    """Permission bits."""
    size: int
    """Bytes, of files."""
    target: str | None = None
    """Where a symlink points, as it is written."""


def resolve_inside(root: Path, path: str) -> str:
    """Follow the symlinks in `path` (relative to `root`) and give the path they lead to.

    Raises MissingError if it is not there, BundleError if it goes round in a circle or leaves
    `root`.
    """
    waiting = path.split("/")[::-1]
    done: list[str] = []
    links = 0
    folder = True
    while waiting:
        name = waiting.pop()
        if not folder:
            raise MissingError(f"{show_path(path)} goes through a file as if it were a folder.")
        if name in ("", "."):
            continue
        if name == "..":
            if not done:
                raise BundleError(f"{show_path(path)} leaves the bundle.", mend=_LINK)
            done.pop()
            continue
        here = "/".join([os.fspath(root), *done, name])
        try:
            status = os.lstat(here)
            link = os.readlink(here) if stat.S_ISLNK(status.st_mode) else None
        except (FileNotFoundError, NotADirectoryError):
            raise MissingError(f"{show_path(path)} is not in the bundle.") from None
        except (OSError, ValueError) as error:
            raise unreadable(show_path(path), error) from None
        if link is None:
            done.append(name)
            folder = stat.S_ISDIR(status.st_mode)
            continue
        links += 1
        if links > MAX_LINKS:
            raise BundleError(
                f"{show_path(path)} is a symlink that leads back to itself.", mend=_LINK
            )
        if link.startswith("/"):
            raise BundleError(
                f"{show_path(path)} is a symlink out of the bundle, to {show_path(link)}.",
                mend=_LINK,
            )
        waiting += link.split("/")[::-1]
    return "/".join(done)


def resolve_known(path: str, link_at: Callable[[str], str | None]) -> str | None:
    """Follow the symlinks in `path` among entries that are known, without asking the disk.

    `link_at` gives where the entry at a path points, None if it is no symlink, and raises KeyError
    where there is none. Returns None for what leads nowhere, in a circle or outside.
    """
    waiting = path.split("/")[::-1]
    done: list[str] = []
    links = 0
    while waiting:
        name = waiting.pop()
        if name in ("", "."):
            continue
        if name == "..":
            if not done:
                return None
            done.pop()
            continue
        try:
            link = link_at("/".join([*done, name]))
        except KeyError:
            return None
        if link is None:
            done.append(name)
            continue
        links += 1
        if links > MAX_LINKS or link.startswith("/"):
            return None
        waiting += link.split("/")[::-1]
    return "/".join(done)


def walk(root: Path) -> Iterator[BundleEntry]:
    """Everything below `root`: folders before their contents, names in order.

    Raises BundleError for what a Mac's disk or a seal cannot hold: pipes, sockets and devices,
    names that are not UTF-8.
    """
    waiting = [""]
    count = 0
    while waiting:
        folder = waiting.pop()
        if folder.count("/") > MAX_DEPTH:
            raise BundleError(
                f"{show_long_path(folder)} lies deeper than any bundle's folder.",
                mend="Remove it, or what makes folders within folders.",
            )
        try:
            with os.scandir(root / folder) as found:
                few = islice(found, MAX_ENTRIES + 1 - count)
                names = sorted(few, key=lambda entry: entry.name)
        except OSError as error:
            raise unreadable(f"The folder {show_long_path(folder)}", error) from None
        folders = []
        for item in names:
            count += 1
            if count > MAX_ENTRIES:
                raise BundleError(f"The bundle holds more than {MAX_ENTRIES} files.")
            path = f"{folder}/{item.name}" if folder else item.name
            entry = _entry(path, item)
            if entry.kind == "directory":
                folders.append(path)
            yield entry
        waiting += folders[::-1]


def _entry(path: str, item: os.DirEntry[str]) -> BundleEntry:
    try:
        item.name.encode()
    except UnicodeEncodeError:
        raise BundleError(
            f"The name {show_path(path)} is not UTF-8, which a Mac's disk cannot hold.",
            mend="Rename it.",
        ) from None
    try:
        status = item.stat(follow_symlinks=False)
        if stat.S_ISLNK(status.st_mode):
            return BundleEntry(path, "symlink", 0o777, 0, os.readlink(item.path))
    except OSError as error:
        raise unreadable(show_path(path), error) from None
    mode = stat.S_IMODE(status.st_mode)
    if stat.S_ISDIR(status.st_mode):
        return BundleEntry(path, "directory", mode, 0)
    if stat.S_ISREG(status.st_mode):
        return BundleEntry(path, "file", mode, status.st_size)
    raise BundleError(
        f"{show_path(path)} is a pipe, socket or device, which no bundle can hold.",
        mend="Remove it.",
    )
