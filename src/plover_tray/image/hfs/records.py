"""The structures of an HFS+ volume: in go its bytes, out come values; nothing follows them here.

Known from Apple's Technical Note TN1150, "HFS Plus Volume Format".
"""

import struct
from dataclasses import dataclass
from itertools import pairwise

from ...errors import ImageError

HEADER_OFFSET = 1024
HEADER_SIZE = 512
EPOCH = 2_082_844_800
"""Seconds from 1904-01-01, where HFS+ begins to count, to 1970-01-01."""

ROOT_PARENT, ROOT_FOLDER = 1, 2
CATALOG_FILE = 4
FIRST_USER_ID = 16

FOLDER, FILE, FOLDER_THREAD, FILE_THREAD = 1, 2, 3, 4
RECORD_SIZES = {FOLDER: 88, FILE: 248}

LEAF_NODE, INDEX_NODE, HEADER_NODE = -1, 0, 1

UNMOUNTED, INCONSISTENT = 1 << 8, 1 << 11
"""Attributes of a volume."""
HAS_THREAD = 0x0002
"""Flag of a file record."""
HIDES_EXTENSION, HAS_CUSTOM_ICON, IS_INVISIBLE = 0x0010, 0x0400, 0x4000
"""Finder flags: the extension is not shown; a folder's own icon; not shown at all."""
COMPRESSED = 0x20
"""BSD flag of a file whose bytes lie compressed in an extended attribute."""

# Offsets inside a folder or file record.
VALENCE, NODE_ID, DATES, MODE, SPECIAL, TYPE_AND_CREATOR, FINDER_FLAGS = 4, 8, 12, 42, 44, 48, 56
OWNER, OWNER_FLAGS, DATA_FORK, RESOURCE_FORK = 32, 41, 88, 168
DATE_COUNT = 5
"""Created, content modified, attributes modified, accessed, backed up."""


@dataclass(frozen=True, slots=True)
class Fork:
    """Where the bytes of a file are."""

    size: int
    clump_size: int
    total_blocks: int
    extents: tuple[tuple[int, int], ...]
    """(first block, number of blocks), the first eight at most."""


@dataclass(frozen=True, slots=True)
class VolumeHeader:
    """What an HFS+ volume says of itself."""

    signature: bytes
    version: int
    attributes: int
    created: int
    """Seconds since 1904, in the local time of the machine that made it."""
    modified: int
    file_count: int
    folder_count: int
    block_size: int
    total_blocks: int
    free_blocks: int
    next_allocation: int
    resource_clump: int
    data_clump: int
    next_id: int
    allocation: Fork
    extents: Fork
    catalog: Fork
    attributes_file: Fork
    startup: Fork


@dataclass(frozen=True, slots=True)
class TreeHeader:
    """The header record of a B-tree."""

    depth: int
    root: int
    leaf_records: int
    first_leaf: int
    last_leaf: int
    node_size: int
    total_nodes: int
    free_nodes: int
    attributes: int


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a B-tree."""

    number: int
    next: int
    previous: int
    kind: int
    height: int
    records: tuple[tuple[int, int], ...]
    """(offset in the node, length) of each record."""
    data: bytes


def parse_fork(data: bytes, offset: int = 0) -> Fork:
    """The 80 bytes of a fork."""
    size, clump, blocks = struct.unpack_from(">QII", data, offset)
    numbers = struct.unpack_from(">16I", data, offset + 16)
    extents = tuple(
        (start, count) for start, count in zip(numbers[::2], numbers[1::2], strict=True) if count
    )
    return Fork(size, clump, blocks, extents)


def parse_header(data: bytes) -> VolumeHeader:
    """The 512 bytes of a volume header; raises ImageError for anything but HFS+."""
    if len(data) < HEADER_SIZE or data[:2] not in (b"H+", b"HX"):
        raise ImageError("The volume is not HFS+.")
    version, attributes = struct.unpack_from(">HI", data, 2)
    created, modified, _, _ = struct.unpack_from(">4I", data, 16)
    counts = struct.unpack_from(">8I", data, 32)
    next_id = struct.unpack_from(">I", data, 64)[0]
    forks = [parse_fork(data, 112 + 80 * index) for index in range(5)]
    values = (data[:2], version, attributes, created, modified, *counts, next_id, *forks)
    return VolumeHeader(*values)


def parse_node(data: bytes, number: int) -> Node:
    """One node; raises ImageError where its records are not inside it, in order."""
    following, previous, kind, height, count = struct.unpack_from(">IIbBH", data)
    room = (len(data) - 14) // 2
    if count + 1 > room:
        raise ImageError(f"Node {number} of a B-tree says that it holds {count} records.")
    offsets = struct.unpack_from(f">{count + 1}H", data, len(data) - 2 * (count + 1))[::-1]
    limit = len(data) - 2 * (count + 1)
    before = 14
    for offset in offsets:
        if offset < before or offset > limit:
            raise ImageError(f"Node {number} of a B-tree has a record outside of it.")
        before = offset
    records = tuple((start, end - start) for start, end in pairwise(offsets))
    return Node(number, following, previous, kind, height, records, data)


def parse_tree_header(node: Node) -> TreeHeader:
    """The first record of a header node; raises ImageError where it is not one."""
    if node.kind != HEADER_NODE or len(node.records) != 3 or node.records[0][1] < 106:
        raise ImageError("A B-tree of the volume has no header node.")
    start = node.records[0][0]
    depth, root, leaves, first, last = struct.unpack_from(">HIIII", node.data, start)
    size, _, total, free = struct.unpack_from(">HHII", node.data, start + 18)
    (attributes,) = struct.unpack_from(">I", node.data, start + 38)
    return TreeHeader(depth, root, leaves, first, last, size, total, free, attributes)
