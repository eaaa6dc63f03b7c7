"""An HFS+ volume for a DMG: in goes a list of contents, out comes the finished volume in a file.

xorriso writes it; what xorriso leaves out or gets wrong is then put right in place (seen here with
1.5.4): dates, owners, Finder flags, the volume's name, the allocation bitmap (it marks one block
that nothing uses, and counts no free ones) and the contents of .DS_Store, which name the numbers
that files got. Last, the volume is read back: it must hold exactly the contents, and be sound.
"""

import hashlib
import os
import struct
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ..errors import ImageError, show_path
from .contents import Contents, Item
from .hfs.btree import CatalogRecord, split_key
from .hfs.catalog import HfsVolume
from .hfs.check import faults, used_blocks
from .hfs.names import hfs_name, units
from .hfs.records import (
    DATE_COUNT,
    DATES,
    EPOCH,
    FINDER_FLAGS,
    HAS_CUSTOM_ICON,
    HEADER_OFFSET,
    HEADER_SIZE,
    INDEX_NODE,
    MODE,
    OWNER,
    ROOT_FOLDER,
    ROOT_PARENT,
)
from .source import FileSource, Window
from .udif.partitions import find_volume
from .xorriso import BLOCK, MAX_LABEL, write_disk

DS_STORE = ".DS_Store"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a volume only once it is written, and what .DS_Store needs to name."""

    created: int
    """Seconds since 1904."""
    ids: Mapping[str, int]
    """The number of each file at the top of the volume."""


@dataclass(frozen=True, slots=True)
class VolumePlan:
    """All that a volume is to be."""

    name: str
    contents: Contents
    created: int
    """Seconds since 1970; no date on the volume is later than this if `clamp`."""
    clamp: bool
    finder_flags: Mapping[str, int]
    """By path on the volume."""
    custom_icon: bool
    ds_store: Callable[[Facts], bytes] | None
    """Makes .DS_Store, always of the same size; None where there is none."""


def label_units(name: str) -> int:
    """How long a volume's name is on an HFS+ volume."""
    return units(hfs_name(name))


def build_volume(
    plan: VolumePlan, folder: Path, progress: Callable[[int], object] = lambda _: None
) -> tuple[Window, FileSource]:
    """Write the volume to a new file in `folder`; gives it, and the file to close afterwards.

    `progress` is told bytes written since it was last called. Raises ImageError, ToolError,
    StagingError.
    """
    length = label_units(plan.name)
    if not 0 < length <= MAX_LABEL:
        raise ImageError(
            f"The volume name {show_path(plan.name)!r} has {length} characters; {MAX_LABEL} fit."
        )
    disk = folder / "disk"
    write_disk(_sources(plan.contents, folder), disk, "X" * length, progress)
    with disk.open("r+b") as file:
        source = FileSource(disk)
        try:
            window = find_volume(source)
            _Finisher(plan, window, file.fileno()).finish()
        except BaseException:
            source.close()
            raise
    return window, source


def _sources(contents: Contents, folder: Path) -> list[tuple[Path, str]]:
    """What xorriso is to copy: the roots, folders for links, and copies of hard links.

    Two names of one file would share its blocks, which no HFS+ volume may have: the second name
    gets a copy, laid over the first mapping.
    """
    made = folder / "made"
    made.mkdir()
    for place, target in contents.links.items():
        link = made / place
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)
    sources = [(made, "/")]
    sources += [(real, f"/{place}") for real, place in contents.roots]
    copies = folder / "copies"
    for item in contents.aliases:
        copy = copies / item.path
        copy.parent.mkdir(parents=True, exist_ok=True)
        _copy(item, copy)
    for top in sorted({item.path.split("/")[0] for item in contents.aliases}):
        sources.append((copies / top, f"/{top}"))
    return sources


def _copy(item: Item, copy: Path) -> None:
    assert item.source is not None
    with item.source.open("rb") as reader, copy.open("wb") as writer:
        while data := reader.read(1 << 20):
            writer.write(data)


class _Finisher:
    """Puts a volume right in place."""

    def __init__(self, plan: VolumePlan, window: Window, file: int) -> None:
        self._plan, self._window, self._file = plan, window, file
        self._volume = HfsVolume(window)
        if self._volume.header.block_size != BLOCK:
            raise ImageError("xorriso wrote a volume of another form than it was asked for.")

    def finish(self) -> None:
        records = self._by_path()
        self._compare(records)
        for path, record in records.items():
            self._patch_record(record, path)
        self._patch_name()
        self._patch_ds_store(records)
        self._patch_bitmap()
        self._patch_header()
        os.fsync(self._file)
        for fault in islice(faults(HfsVolume(self._window)), 1):
            raise ImageError(f"The volume that xorriso wrote is not sound: {fault}.")

    def _by_path(self) -> dict[str, CatalogRecord]:
        """Each record by the path of the item that it is for; the root folder is `""`."""
        wanted = {unicodedata.normalize("NFD", path): path for path in self._plan.contents.items}
        found = {}
        for path, entry in self._volume.entries.items():
            name = wanted.get(unicodedata.normalize("NFD", path))
            if name is None:
                raise ImageError(f"xorriso put {show_path(path)} onto the volume, which is new.")
            found[name] = entry.record
        for record in self._volume.records:
            if record.node_id == ROOT_FOLDER:
                found[""] = record
        return found

    def _compare(self, records: Mapping[str, CatalogRecord]) -> None:
        entries = {
            unicodedata.normalize("NFD", path): entry
            for path, entry in self._volume.entries.items()
        }
        for path, item in self._plan.contents.items.items():
            entry = entries.get(unicodedata.normalize("NFD", path))
            if entry is None or path not in records:
                raise ImageError(f"xorriso did not put {show_path(path)} onto the volume.")
            size = item.size if item.kind == "file" else entry.size
            if (entry.kind, entry.size, entry.target) != (item.kind, size, item.target):
                raise ImageError(f"{show_path(path)} changed while it was copied.")

    def _patch_record(self, record: CatalogRecord, path: str) -> None:
        plan = self._plan
        item = plan.contents.items.get(path)
        modified = plan.created if item is None else int(item.modified)
        if plan.clamp:
            modified = min(modified, plan.created)
        date = min(max(modified + EPOCH, 0), 0xFFFFFFFF)
        dates = struct.pack(f">{DATE_COUNT}I", *[date] * (DATE_COUNT - 1), 0)
        flags = plan.finder_flags.get(path, 0)
        if item is None and plan.custom_icon:
            flags |= HAS_CUSTOM_ICON
        old = int.from_bytes(record.data[MODE : MODE + 2], "big")
        permissions = 0o755 if item is None else item.mode
        at = self._volume.catalog.on_volume(record.offset)
        self._write(at + DATES, dates)
        self._write(at + OWNER, bytes(8))
        self._write(at + MODE, (old & 0o170000 | permissions).to_bytes(2, "big"))
        self._write(at + FINDER_FLAGS, flags.to_bytes(2, "big"))

    def _patch_name(self) -> None:
        """The name of the volume: in the key of the root folder, above it, and in its thread."""
        name = hfs_name(self._plan.name).encode("utf-16-be")
        tree = self._volume.catalog
        number = tree.header.root
        while True:
            node = tree.node(number)
            start, length = node.records[0]
            parent, _, size = split_key(node.data[start : start + length])
            if parent != ROOT_PARENT or size != 8 + len(name):
                raise ImageError("The first name on the volume is not the volume's own.")
            self._write(tree.on_volume(number * tree.node_size + start + 8), name)
            if node.kind != INDEX_NODE:
                break
            number = int.from_bytes(node.data[start + size : start + size + 4], "big")
        for data, offset in tree.leaves():
            parent, key, size = split_key(data)
            if parent == ROOT_FOLDER and not key:
                self._write(tree.on_volume(offset + size + 10), name)
                return
        raise ImageError("The root folder of the volume has no thread.")

    def _patch_ds_store(self, records: Mapping[str, CatalogRecord]) -> None:
        if self._plan.ds_store is None:
            return
        ids = {path: record.node_id for path, record in records.items() if "/" not in path}
        data = self._plan.ds_store(Facts(self._plan.created + EPOCH, ids))
        entry = self._volume.entries[DS_STORE]
        if len(data) != entry.size:
            raise ImageError(
                f"{DS_STORE} has {len(data)} bytes and there is room for {entry.size}."
            )
        for offset, length in self._volume.runs(entry.fork, entry.record.node_id):
            self._write(offset, data[:length])
            data = data[length:]

    def _patch_bitmap(self) -> None:
        """The bitmap of used blocks, made anew from the catalog."""
        header = self._volume.header
        bits = bytearray(header.allocation.total_blocks * BLOCK)
        for block, used in enumerate(used_blocks(self._volume)):
            if used:
                bits[block // 8] |= 0x80 >> block % 8
        for start, count in header.allocation.extents:
            self._write(start * BLOCK, bytes(bits[: count * BLOCK]))
            del bits[: count * BLOCK]

    def _patch_header(self) -> None:
        header = self._volume.header
        data = bytearray(self._window.read(HEADER_OFFSET, HEADER_SIZE))
        created = self._plan.created + EPOCH
        struct.pack_into(">4I", data, 16, created, created, 0, created)
        free = header.total_blocks - sum(used_blocks(self._volume))
        struct.pack_into(">I", data, 48, free)
        struct.pack_into(">Q", data, 112, header.allocation.total_blocks * BLOCK)
        struct.pack_into(">8s", data, 104, self._identifier())
        self._write(HEADER_OFFSET, bytes(data))
        self._write(header.total_blocks * BLOCK - 1024, bytes(data))

    def _identifier(self) -> bytes:
        """Eight bytes by which macOS tells volumes apart, made from the catalog."""
        digest = hashlib.sha256()
        tree = HfsVolume(self._window).catalog
        for number in range(tree.size // tree.node_size):
            digest.update(tree.raw(number))
        return digest.digest()[:8]

    def _write(self, offset: int, data: bytes) -> None:
        at = self._window.offset + offset
        while data:
            done = os.pwrite(self._file, data, at)
            at, data = at + done, data[done:]
