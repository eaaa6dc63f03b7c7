"""An HFS+ volume, read with suspicion: in goes a source of bytes, out come its files and folders.

Nothing is trusted: counts and sizes are bounded, links between nodes may not go round in a circle,
and a name that would lead out of the folder it is extracted to is an error.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from ...bundle.tree import MAX_DEPTH
from ...errors import ImageError, show_path
from ..source import Source
from .btree import CatalogRecord, Tree, files_and_folders
from .names import to_posix
from .records import (
    CATALOG_FILE,
    COMPRESSED,
    DATA_FORK,
    DATE_COUNT,
    DATES,
    EPOCH,
    FILE,
    FINDER_FLAGS,
    FOLDER,
    HEADER_OFFSET,
    HEADER_SIZE,
    MODE,
    OWNER_FLAGS,
    ROOT_FOLDER,
    ROOT_PARENT,
    SPECIAL,
    TYPE_AND_CREATOR,
    Fork,
    VolumeHeader,
    parse_fork,
    parse_header,
)

MAX_LINK = 4096
"""Bytes of a symlink's target; macOS' PATH_MAX is 1,024."""
_STEP = 1 << 20

HARD_LINK, HARD_LINKS_FOLDER = b"hlnkhfs+", "\0\0\0\0HFS+ Private Data"
"""Type and creator of a hard link, and where what it points to is kept (TN1150)."""
_PRIVATE = (HARD_LINKS_FOLDER, ".HFS+ Private Directory Data\r")

_REGULAR, _LINK, _TYPES = 0o100000, 0o120000, 0o170000

Kind = Literal["file", "directory", "symlink", "other"]


@dataclass(frozen=True, slots=True)
class HfsEntry:
    """One name on the volume."""

    path: str
    """From the root of the volume, `/` between names, as a program on a Mac sees it."""
    kind: Kind
    mode: int
    """Permission bits."""
    size: int
    target: str | None
    """Where a symlink points."""
    modified: int
    """Seconds since 1970."""
    finder_flags: int
    record: CatalogRecord = field(repr=False)
    fork: Fork = field(repr=False)


class HfsVolume:
    """The files and folders of an HFS+ volume."""

    def __init__(self, source: Source) -> None:
        """Read the header; raises ImageError where the volume is not HFS+ or is damaged."""
        self.source = source
        if source.size < HEADER_OFFSET + HEADER_SIZE:
            raise ImageError("The volume is too small to be HFS+.")
        self.header: VolumeHeader = parse_header(source.read(HEADER_OFFSET, HEADER_SIZE))
        size = self.header.block_size
        if size < 512 or size & (size - 1) or size > 1 << 26:
            raise ImageError(f"The volume has blocks of {size} bytes, which no HFS+ volume has.")
        if self.header.total_blocks * size > source.size:
            raise ImageError("The volume is larger than the image that holds it.")

    @cached_property
    def catalog(self) -> Tree:
        """The tree of all names."""
        fork = self.header.catalog
        return self._tree(fork, list(self.runs(fork, CATALOG_FILE)))

    @cached_property
    def extents(self) -> Tree:
        """The tree of extents that do not fit into the records of their files."""
        return self._tree(self.header.extents, self._first_runs(self.header.extents))

    @cached_property
    def name(self) -> str:
        """The name of the volume, as a program on a Mac sees it."""
        for record in self.records:
            if record.parent == ROOT_PARENT:
                return to_posix(record.name)
        raise ImageError("The volume has no root folder.")

    @cached_property
    def records(self) -> tuple[CatalogRecord, ...]:
        """Each file and folder, in the order of the catalog."""
        return tuple(files_and_folders(self.catalog))

    @cached_property
    def entries(self) -> Mapping[str, HfsEntry]:
        """Everything on the volume by its path, folders before their contents."""
        return {entry.path: entry for entry in self._walk()}

    def read(self, entry: HfsEntry, limit: int) -> bytes:
        """The bytes of a file of at most `limit` bytes; raises ImageError for a larger one."""
        if entry.size > limit:
            raise ImageError(f"{show_path(entry.path)} is larger than {limit} bytes.")
        return b"".join(self.chunks(entry))

    def chunks(self, entry: HfsEntry) -> Iterator[bytes]:
        """The bytes of a file, some at a time."""
        left = entry.fork.size
        for offset, length in self.runs(entry.fork, entry.record.node_id):
            end = offset + min(length, left)
            for at in range(offset, end, _STEP):
                yield self.source.read(at, min(_STEP, end - at))
            left -= end - offset
        if left:
            raise ImageError(f"{show_path(entry.path)} is shorter than its catalog entry says.")

    def runs(self, fork: Fork, node_id: int) -> Iterator[tuple[int, int]]:
        """(offset on the volume, bytes) of each run of a data fork's blocks."""
        size = self.header.block_size
        seen = 0
        extents: tuple[tuple[int, int], ...] | None = fork.extents
        while extents:
            for start, count in extents:
                if start + count > self.header.total_blocks:
                    raise ImageError("A file of the volume lies beyond its end.")
                yield start * size, count * size
                seen += count
            extents = self._overflow.get((node_id, seen)) if seen < fork.total_blocks else None

    @cached_property
    def _overflow(self) -> dict[tuple[int, int], tuple[tuple[int, int], ...]]:
        """Further extents of data forks, by file and the number of blocks before them."""
        if not self.header.extents.total_blocks:
            return {}
        found = {}
        for data, _ in self.extents.leaves():
            if len(data) < 12 + 64 or data[2] != 0:
                continue
            node_id, before = struct.unpack_from(">II", data, 4)
            numbers = struct.unpack_from(">16I", data, 12)
            found[node_id, before] = tuple(
                (a, b) for a, b in zip(numbers[::2], numbers[1::2], strict=True) if b
            )
        return found

    def _tree(self, fork: Fork, runs: list[tuple[int, int]]) -> Tree:
        return Tree(self.source, fork.total_blocks * self.header.block_size, runs)

    def _first_runs(self, fork: Fork) -> list[tuple[int, int]]:
        """Where the extents are that the volume header itself names."""
        size = self.header.block_size
        return [(start * size, count * size) for start, count in fork.extents]

    def _walk(self) -> Iterator[HfsEntry]:
        children: dict[int, list[CatalogRecord]] = {}
        for record in self.records:
            children.setdefault(record.parent, []).append(record)
        linked = self._hard_linked(children)
        waiting: list[tuple[str, int, int]] = [("", ROOT_FOLDER, 0)]
        while waiting:
            folder, node_id, depth = waiting.pop()
            if depth > MAX_DEPTH:
                raise ImageError("The volume has folders nested deeper than any bundle's.")
            below = []
            for record in children.pop(node_id, ()):
                if depth == 0 and record.name in _PRIVATE:
                    continue
                name = _safe_name(record.name)
                entry = self._entry(f"{folder}/{name}" if folder else name, record, linked)
                yield entry
                if entry.kind == "directory":
                    below.append((entry.path, record.node_id, depth + 1))
            waiting += below[::-1]

    def _hard_linked(self, children: dict[int, list[CatalogRecord]]) -> dict[int, CatalogRecord]:
        """What hard links lead to, by number."""
        for record in children.get(ROOT_FOLDER, ()):
            if record.name == HARD_LINKS_FOLDER:
                return {
                    int(kept.name.removeprefix("iNode")): kept
                    for kept in children.get(record.node_id, ())
                    if kept.name.startswith("iNode") and kept.name[5:].isdecimal()
                }
        return {}

    def _entry(
        self, path: str, record: CatalogRecord, linked: Mapping[int, CatalogRecord]
    ) -> HfsEntry:
        if record.kind == FILE and record.data[TYPE_AND_CREATOR:][:8] == HARD_LINK:
            number = int.from_bytes(record.data[SPECIAL : SPECIAL + 4], "big")
            if number not in linked or linked[number].kind != FILE:
                raise ImageError(f"{show_path(path)} is a hard link to nothing.")
            record = linked[number]
        mode = int.from_bytes(record.data[MODE : MODE + 2], "big")
        created_to_backup = struct.unpack_from(f">{DATE_COUNT}I", record.data, DATES)
        modified = created_to_backup[1] - EPOCH
        flags = int.from_bytes(record.data[FINDER_FLAGS : FINDER_FLAGS + 2], "big")
        if record.kind == FOLDER:
            none = Fork(0, 0, 0, ())
            return HfsEntry(
                path, "directory", mode & 0o7777, 0, None, modified, flags, record, none
            )
        fork = parse_fork(record.data, DATA_FORK)
        if record.data[OWNER_FLAGS] & COMPRESSED and fork.size == 0:
            raise ImageError(
                f"{show_path(path)} is kept in Apple's file compression, which only Macs read.",
                mend="Copy the app out of the image on a Mac, or make the image without it.",
            )
        if fork.size > fork.total_blocks * self.header.block_size:
            raise ImageError(f"{show_path(path)} is larger than the blocks it has.")
        kind: Kind = "file"
        target = None
        if mode & _TYPES == _LINK:
            kind = "symlink"
            target = self._target(path, record, fork)
        elif mode & _TYPES not in (_REGULAR, 0):
            kind = "other"
        return HfsEntry(path, kind, mode & 0o7777, fork.size, target, modified, flags, record, fork)

    def _target(self, path: str, record: CatalogRecord, fork: Fork) -> str:
        link = HfsEntry(path, "symlink", 0, fork.size, None, 0, 0, record, fork)
        data = self.read(link, MAX_LINK)
        if not data or b"\0" in data:
            raise ImageError(f"{show_path(path)} is a symlink to nowhere.")
        return data.decode("utf-8", "surrogateescape")


def _safe_name(stored: str) -> str:
    name = to_posix(stored)
    if not name or name in (".", "..") or "/" in name or "\0" in name:
        raise ImageError(f"The volume holds a file with the name {show_path(name)!r}.")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise ImageError("The volume holds a file whose name is no Unicode text.") from None
    return name
