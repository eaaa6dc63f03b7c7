"""An HFS+ volume, read with suspicion: in goes a source of bytes, out come its files and folders.

Nothing is trusted: counts and sizes are bounded, links between nodes may not go round in a circle,
and a name that would lead out of the folder it is extracted to is an error.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from ..bundle_tree import MAX_DEPTH, MAX_ENTRIES
from ..errors import ImageError, show_path
from .hfs_names import MAX_NAME, to_posix
from .hfs_records import (
    CATALOG_FILE,
    COMPRESSED,
    DATA_FORK,
    DATE_COUNT,
    DATES,
    EPOCH,
    EXTENTS_FILE,
    FILE,
    FINDER_FLAGS,
    FOLDER,
    HEADER_OFFSET,
    HEADER_SIZE,
    LEAF_NODE,
    MODE,
    NODE_ID,
    OWNER_FLAGS,
    RECORD_SIZES,
    ROOT_FOLDER,
    ROOT_PARENT,
    SPECIAL,
    TYPE_AND_CREATOR,
    Fork,
    Node,
    TreeHeader,
    VolumeHeader,
    parse_fork,
    parse_header,
    parse_node,
    parse_tree_header,
)
from .source import Source

MAX_LINK = 4096
"""Bytes of a symlink's target; macOS' PATH_MAX is 1,024."""
MAX_TREE = 1 << 30
"""Bytes of a catalog; that of a bundle with 6,000 files is 2.5 MB."""
_STEP = 1 << 20

HARD_LINK, HARD_LINKS_FOLDER = b"hlnkhfs+", "\0\0\0\0HFS+ Private Data"
"""Type and creator of a hard link, and where what it points to is kept (TN1150)."""
_PRIVATE = (HARD_LINKS_FOLDER, ".HFS+ Private Directory Data\r")

_REGULAR, _LINK, _TYPES = 0o100000, 0o120000, 0o170000

Kind = Literal["file", "directory", "symlink", "other"]


@dataclass(frozen=True, slots=True)
class CatalogRecord:
    """A file or folder as the catalog holds it."""

    parent: int
    name: str
    """As stored: decomposed, with `:` and `/` the other way round."""
    data: bytes
    offset: int
    """Of `data` in the catalog file."""

    @property
    def kind(self) -> int:
        """FOLDER, FILE or one of the threads."""
        return int.from_bytes(self.data[:2], "big")

    @property
    def node_id(self) -> int:
        """The number of the file or folder."""
        return int.from_bytes(self.data[NODE_ID : NODE_ID + 4], "big")


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
    def catalog(self) -> "Tree":
        """The tree of all names."""
        return Tree(self, self.header.catalog, CATALOG_FILE)

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
        return tuple(_files_and_folders(self.catalog))

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
        for data, _ in Tree(self, self.header.extents, EXTENTS_FILE).leaves():
            if len(data) < 12 + 64 or data[2] != 0:
                continue
            node_id, before = struct.unpack_from(">II", data, 4)
            numbers = struct.unpack_from(">16I", data, 12)
            found[node_id, before] = tuple(
                (a, b) for a, b in zip(numbers[::2], numbers[1::2], strict=True) if b
            )
        return found

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


class Tree:
    """A B-tree file of a volume."""

    def __init__(self, volume: HfsVolume, fork: Fork, node_id: int) -> None:
        """Read its header node; raises ImageError where it is damaged."""
        size = fork.total_blocks * volume.header.block_size
        if size > min(MAX_TREE, volume.source.size):
            raise ImageError("A B-tree of the volume is larger than any.")
        self._volume = volume
        runs = [(s, c) for s, c in fork.extents]
        if node_id == CATALOG_FILE and sum(c for _, c in runs) < fork.total_blocks:
            self._runs = list(volume.runs(fork, node_id))
        else:
            block = volume.header.block_size
            self._runs = [(s * block, c * block) for s, c in runs]
        self.size = min(sum(length for _, length in self._runs), size)
        node_size = int.from_bytes(self._bytes(14 + 18, 2), "big")
        if node_size < 512 or node_size & (node_size - 1) or node_size > self.size:
            raise ImageError(f"A B-tree of the volume has nodes of {node_size} bytes.")
        self.node_size = node_size
        self.header: TreeHeader = parse_tree_header(parse_node(self._bytes(0, node_size), 0))

    def node(self, number: int) -> Node:
        """The node with this number."""
        if not 0 <= number < self.size // self.node_size:
            raise ImageError(f"A B-tree of the volume has no node {number}.")
        return parse_node(self._bytes(number * self.node_size, self.node_size), number)

    def raw(self, number: int) -> bytes:
        """The bytes of a node, whatever is in them."""
        return self._bytes(number * self.node_size, self.node_size)

    def leaves(self) -> Iterator[tuple[bytes, int]]:
        """Each record of the leaves in order, with its offset in the file."""
        number, nodes, records = self.header.first_leaf, 0, 0
        while number:
            node = self.node(number)
            nodes += 1
            if node.kind != LEAF_NODE or nodes > self.size // self.node_size:
                raise ImageError("The leaves of a B-tree on the volume do not form a chain.")
            for start, length in node.records:
                records += 1
                if records > 3 * MAX_ENTRIES:
                    raise ImageError(f"The volume holds more than {MAX_ENTRIES} files.")
                yield node.data[start : start + length], number * self.node_size + start
            number = node.next

    def on_volume(self, offset: int) -> int:
        """Where byte `offset` of the file lies on the volume."""
        for start, length in self._runs:
            if offset < length:
                return start + offset
            offset -= length
        raise ImageError("A B-tree of the volume ends too early.")

    def _bytes(self, offset: int, length: int) -> bytes:
        parts = []
        for start, size in self._runs:
            if offset < size:
                step = min(length, size - offset)
                parts.append(self._volume.source.read(start + offset, step))
                offset, length = 0, length - step
                if not length:
                    return b"".join(parts)
            else:
                offset -= size
        raise ImageError("A B-tree of the volume ends too early.")


def split_key(data: bytes) -> tuple[int, str, int]:
    """Parent, name and total length of a catalog key; raises ImageError where it is damaged."""
    if len(data) < 8:
        raise ImageError("A key in the catalog of the volume is cut off.")
    length, parent, count = struct.unpack_from(">HIH", data)
    if count > MAX_NAME or length < 6 + 2 * count or len(data) < 2 + length:
        raise ImageError("A key in the catalog of the volume is damaged.")
    name = data[8 : 8 + 2 * count].decode("utf-16-be", "surrogatepass")
    return parent, name, (2 + length + 1) & ~1


def _files_and_folders(tree: Tree) -> Iterator[CatalogRecord]:
    for data, offset in tree.leaves():
        parent, name, length = split_key(data)
        kind = int.from_bytes(data[length : length + 2], "big")
        if kind in RECORD_SIZES:
            if len(data) - length < RECORD_SIZES[kind]:
                raise ImageError("A record in the catalog of the volume is cut off.")
            yield CatalogRecord(parent, name, data[length:], offset + length)


def _safe_name(stored: str) -> str:
    name = to_posix(stored)
    if not name or name in (".", "..") or "/" in name or "\0" in name:
        raise ImageError(f"The volume holds a file with the name {show_path(name)!r}.")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise ImageError("The volume holds a file whose name is no Unicode text.") from None
    return name
