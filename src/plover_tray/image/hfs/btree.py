"""The B-trees of an HFS+ volume: in go the runs of a file, out come its nodes and records.

Links between nodes may not go round in a circle, and records lie inside their nodes.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...bundle.tree import MAX_ENTRIES
from ...errors import ImageError
from ..source import Source
from .names import MAX_NAME
from .records import (
    LEAF_NODE,
    NODE_ID,
    RECORD_SIZES,
    Node,
    TreeHeader,
    parse_node,
    parse_tree_header,
)

MAX_TREE = 1 << 30
"""Bytes of a catalog; that of a bundle with 6,000 files is 2.5 MB."""


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


class Tree:
    """A B-tree file of a volume."""

    def __init__(self, source: Source, size: int, runs: Sequence[tuple[int, int]]) -> None:
        """A file of `size` bytes that lies in `runs` (offset, bytes) of `source`.

        Raises ImageError where its header node is damaged.
        """
        if size > min(MAX_TREE, source.size):
            raise ImageError("A B-tree of the volume is larger than any.")
        self._source, self._runs = source, tuple(runs)
        self.size = min(sum(length for _, length in runs), size)
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
                parts.append(self._source.read(start + offset, step))
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


def files_and_folders(tree: Tree) -> Iterator[CatalogRecord]:
    """Each file and folder in a catalog, in its order; raises ImageError."""
    for data, offset in tree.leaves():
        parent, name, length = split_key(data)
        kind = int.from_bytes(data[length : length + 2], "big")
        if kind in RECORD_SIZES:
            if len(data) - length < RECORD_SIZES[kind]:
                raise ImageError("A record in the catalog of the volume is cut off.")
            yield CatalogRecord(parent, name, data[length:], offset + length)
