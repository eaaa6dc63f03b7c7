"""Is an HFS+ volume sound? In goes a volume, out come the faults that `fsck_hfs` would find.

macOS runs `fsck_hfs` over an image that was downloaded before it mounts it (hdiutil's manual page,
`-autofsck`), and a volume written off a Mac has never seen that program. So what it looks at (its
messages are listed in Apple's fsck_hfs_msgnums.h) is looked at here, for every volume this package
writes. Journals, extended attributes and hard links are left out, since those volumes have none.
"""

import struct
from collections import Counter
from collections.abc import Iterator

from ...errors import ImageError
from .btree import CatalogRecord, Tree, split_key
from .catalog import HfsVolume
from .names import hfs_name, order, to_posix
from .records import (
    DATA_FORK,
    FILE,
    FILE_THREAD,
    FIRST_USER_ID,
    FOLDER,
    FOLDER_THREAD,
    HAS_THREAD,
    HEADER_OFFSET,
    HEADER_SIZE,
    INCONSISTENT,
    INDEX_NODE,
    LEAF_NODE,
    MODE,
    RESOURCE_FORK,
    ROOT_FOLDER,
    ROOT_PARENT,
    UNMOUNTED,
    VALENCE,
    Fork,
    Node,
    parse_fork,
)

MAX_CLUMP = 1 << 20
"""Bytes; a larger default clump is put right by fsck_hfs."""
_FILE_TYPES = {FOLDER: (0o040000,), FILE: (0o100000, 0o120000)}


def faults(volume: HfsVolume) -> Iterator[str]:
    """Each fault in one line; none for a volume that fsck_hfs calls OK.

    Raises ImageError where the volume is too damaged to be looked at.
    """
    yield from _header_faults(volume)
    catalog = volume.catalog
    yield from _tree_faults(catalog, "catalog", catalog_keys=True)
    yield from _catalog_faults(volume)
    yield from _tree_faults(volume.extents, "extents file", catalog_keys=False)
    yield from _space_faults(volume)


def _header_faults(volume: HfsVolume) -> Iterator[str]:
    header = volume.header
    if header.signature != b"H+" or header.version != 4:
        yield "the volume header is of another version"
    if not header.attributes & UNMOUNTED or header.attributes & INCONSISTENT:
        yield "the volume is not marked as cleanly unmounted"
    primary = volume.source.read(HEADER_OFFSET, HEADER_SIZE)
    end = header.total_blocks * header.block_size
    if volume.source.size != end:
        yield f"the volume has {volume.source.size} bytes and speaks of {end}"
    if volume.source.read(end - 1024, HEADER_SIZE) != primary:
        yield "the alternate volume header differs from the first"
    for name, clump in (("resource", header.resource_clump), ("data", header.data_clump)):
        if not 0 < clump <= MAX_CLUMP or clump % header.block_size:
            yield f"the default {name} clump size is {clump}"
    for name, fork in _system_files(volume):
        if fork.clump_size % header.block_size or fork.clump_size > max(end // 4, MAX_CLUMP):
            yield f"the clump size of the {name} is {fork.clump_size}"
        if sum(count for _, count in fork.extents) != fork.total_blocks:
            yield f"the extents of the {name} do not add up to its blocks"
        if fork.size % header.block_size or fork.size > fork.total_blocks * header.block_size:
            yield f"the {name} has {fork.size} bytes in {fork.total_blocks} blocks"
    if header.next_allocation >= header.total_blocks:
        yield "the next allocation lies beyond the end"


def _system_files(volume: HfsVolume) -> tuple[tuple[str, Fork], ...]:
    header = volume.header
    return (
        ("allocation file", header.allocation),
        ("extents file", header.extents),
        ("catalog", header.catalog),
        ("attributes file", header.attributes_file),
        ("startup file", header.startup),
    )


def _tree_faults(tree: Tree, name: str, *, catalog_keys: bool) -> Iterator[str]:
    head = tree.header
    total = tree.size // tree.node_size
    if head.total_nodes != total:
        yield f"the {name} says {head.total_nodes} nodes and has {total}"
    used = {0}
    leaves: list[int] = []
    records = 0
    if head.depth:
        level = [(head.root, b"")]
        for height in range(head.depth, 0, -1):
            below: list[tuple[int, bytes]] = []
            before = 0
            for place, (number, first_key) in enumerate(level):
                if number in used:
                    raise ImageError(f"Node {number} of the {name} is used twice.")
                used.add(number)
                node = tree.node(number)
                expected = LEAF_NODE if height == 1 else INDEX_NODE
                if node.kind != expected or node.height != height or not node.records:
                    yield f"node {number} of the {name} is of another kind than its place"
                after = level[place + 1][0] if place + 1 < len(level) else 0
                if (node.previous, node.next) != (before, after):
                    yield f"node {number} of the {name} is not linked to its neighbours"
                before = number
                yield from _key_faults(node, name, first_key, catalog_keys=catalog_keys)
                if height == 1:
                    leaves.append(number)
                    records += len(node.records)
                else:
                    below += _children(node)
            level = below
    if (head.first_leaf, head.last_leaf) != ((leaves[0], leaves[-1]) if leaves else (0, 0)):
        yield f"the {name} names other first and last leaves than it has"
    if head.leaf_records != records:
        yield f"the {name} says {head.leaf_records} records and has {records}"
    yield from _map_faults(tree, name, used)


def _children(node: Node) -> Iterator[tuple[int, bytes]]:
    for start, length in node.records:
        key = node.data[start : start + 2 + int.from_bytes(node.data[start : start + 2], "big")]
        if len(key) + 4 > length:
            raise ImageError("An index record of a B-tree is cut off.")
        yield int.from_bytes(node.data[start + len(key) : start + len(key) + 4], "big"), key


def _key_faults(node: Node, name: str, first: bytes, *, catalog_keys: bool) -> Iterator[str]:
    before: tuple[int, bytes] | None = None
    for place, (start, length) in enumerate(node.records):
        data = node.data[start : start + length]
        if place == 0 and first and not data.startswith(first):
            yield f"node {node.number} of the {name} begins with another key than its index says"
        if not catalog_keys:
            continue
        parent, stored, _ = split_key(data)
        key = (parent, order(stored))
        if before is not None and before >= key:
            yield f"the names in node {node.number} of the {name} are out of order"
        before = key


def _map_faults(tree: Tree, name: str, used: set[int]) -> Iterator[str]:
    header_node = tree.node(0)
    start, length = header_node.records[2]
    bits = header_node.data[start : start + length]
    following = header_node.next
    while following:
        if following in used:
            raise ImageError(f"The map of the {name} goes round in a circle.")
        used.add(following)
        node = tree.node(following)
        start, length = node.records[0]
        bits += node.data[start : start + length]
        following = node.next
    total = tree.size // tree.node_size
    marked = {n for n in range(total) if n // 8 < len(bits) and bits[n // 8] & (0x80 >> n % 8)}
    if marked != used:
        yield f"the map of the {name} marks other nodes than are used"
    if tree.header.free_nodes != total - len(used):
        yield f"the {name} says {tree.header.free_nodes} nodes are free"
    for number in range(total):
        if number not in used and any(tree.raw(number)):
            yield f"node {number} of the {name} is unused and not zero"


def _catalog_faults(volume: HfsVolume) -> Iterator[str]:
    threads: dict[int, tuple[int, str, int]] = {}
    for data, _ in volume.catalog.leaves():
        parent, name, length = split_key(data)
        kind = int.from_bytes(data[length : length + 2], "big")
        if kind in (FOLDER_THREAD, FILE_THREAD):
            owner, count = struct.unpack_from(">IH", data, length + 4)
            text = data[length + 10 : length + 10 + 2 * count]
            threads[parent] = (owner, text.decode("utf-16-be", "surrogatepass"), kind)
            if name:
                yield f"the thread of {parent} has a name in its key"
        elif kind not in (FOLDER, FILE):
            yield f"the catalog holds a record of kind {kind}"
    counts: Counter[int] = Counter()
    children: Counter[int] = Counter()
    ids: set[int] = set()
    for record in volume.records:
        counts[record.kind] += 1
        children[record.parent] += 1
        if record.node_id in ids:
            yield f"the number {record.node_id} is given to two files"
        ids.add(record.node_id)
        yield from _record_faults(record)
        thread = FOLDER_THREAD if record.kind == FOLDER else FILE_THREAD
        if threads.get(record.node_id) != (record.parent, record.name, thread):
            yield f"{record.name!r} has no thread, or another's"
    if len(threads) != len(ids):
        yield "there are threads without a file"
    folders = {r.node_id for r in volume.records if r.kind == FOLDER} | {ROOT_PARENT}
    for record in volume.records:
        if record.parent not in folders:
            yield f"{record.name!r} lies in no folder"
        valence = int.from_bytes(record.data[VALENCE : VALENCE + 4], "big")
        if record.kind == FOLDER and valence != children[record.node_id]:
            yield f"{record.name!r} says it holds {valence} and holds {children[record.node_id]}"
    header = volume.header
    if (header.file_count, header.folder_count) != (counts[FILE], counts[FOLDER] - 1):
        yield "the volume header counts other files and folders than there are"
    if header.next_id <= max(ids):
        yield "the next number for a file is given already"


def _record_faults(record: CatalogRecord) -> Iterator[str]:
    if record.node_id < FIRST_USER_ID and record.node_id != ROOT_FOLDER:
        yield f"{record.name!r} has the number {record.node_id}, which is reserved"
    mode = int.from_bytes(record.data[MODE : MODE + 2], "big")
    if mode & 0o170000 not in _FILE_TYPES[record.kind]:
        yield f"{record.name!r} has the file mode {mode:o}"
    flags = int.from_bytes(record.data[2:4], "big")
    if record.kind == FILE and flags & HAS_THREAD != HAS_THREAD:
        yield f"{record.name!r} does not say that it has a thread"
    if record.kind == FILE and any(record.data[VALENCE : VALENCE + 4]):
        yield f"{record.name!r} has reserved fields that are not zero"
    if hfs_name(to_posix(record.name)) != to_posix(record.name):
        yield f"the name {record.name!r} is not decomposed"


def used_blocks(volume: HfsVolume) -> bytearray:
    """A byte for each block of the volume: 1 where something lies there."""
    used, _ = _claims(volume)
    return used


def _claims(volume: HfsVolume) -> tuple[bytearray, list[str]]:
    """The blocks that are used, and what is wrong with how they are claimed."""
    header = volume.header
    size = header.block_size
    used = bytearray(header.total_blocks)
    for offset in (0, HEADER_OFFSET, header.total_blocks * size - 1024, header.total_blocks * size):
        used[min(offset // size, header.total_blocks - 1)] = 1
    wrong = []
    forks = [(f"the {name}", fork, 0) for name, fork in _system_files(volume)]
    for record in volume.records:
        if record.kind == FILE:
            forks.append((repr(record.name), parse_fork(record.data, DATA_FORK), record.node_id))
            if parse_fork(record.data, RESOURCE_FORK).total_blocks:
                wrong.append(f"{record.name!r} has a resource fork")
    for name, fork, node_id in forks:
        blocks = 0
        system = ((start * size, count * size) for start, count in fork.extents)
        for offset, length in volume.runs(fork, node_id) if node_id else system:
            first, count = offset // size, length // size
            blocks += count
            if first + count > header.total_blocks:
                raise ImageError(f"{name} lies beyond the end of the volume.")
            if any(used[first : first + count]):
                wrong.append(f"{name} shares blocks with something else")
            used[first : first + count] = b"\1" * count
        if blocks != fork.total_blocks or fork.size > blocks * size:
            wrong.append(f"{name} has {fork.size} bytes in {fork.total_blocks} or {blocks} blocks")
        if node_id and blocks and (blocks - 1) * size >= fork.size:
            wrong.append(f"{name} has more blocks than it needs")
    return used, wrong


def _space_faults(volume: HfsVolume) -> Iterator[str]:
    header = volume.header
    size = header.block_size
    used, wrong = _claims(volume)
    yield from wrong
    bitmap = b"".join(
        volume.source.read(start * size, count * size) for start, count in header.allocation.extents
    )
    expected = bytearray(len(bitmap))
    for block in range(min(header.total_blocks, 8 * len(bitmap))):
        if used[block]:
            expected[block // 8] |= 0x80 >> block % 8
    if bytes(expected) != bitmap:
        yield "the volume bitmap marks other blocks than are used"
    if header.free_blocks != header.total_blocks - sum(used):
        yield f"the volume header says {header.free_blocks} blocks are free"
