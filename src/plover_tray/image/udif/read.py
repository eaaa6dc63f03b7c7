"""Reading a DMG: in goes a file, out come its parts as sources of bytes, and what is damaged in it.

Parts are unpacked chunk by chunk where they are read; nothing is unpacked to the disk.
"""

import bisect
import os
import zlib
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ...bundle.plist import parse_plist
from ...errors import BundleError, ImageError, show_path
from ..source import FileSource
from .compress import CHUNK, unpack
from .crc import crc32_of_zeros
from .format import (
    MAX_CHUNK,
    SECTOR,
    TRAILER_SIZE,
    Chunk,
    ChunkKind,
    Table,
    Trailer,
    made_here,
    parse_table,
    parse_trailer,
    segment_id,
)

MAX_LIST = 8 << 20
"""Bytes of the property list; 160 KB for an image of 420 MB."""
MAX_PARTS = 256
MAX_THREADS = 8
"""That unpack chunks, of 4 MiB at most, at once."""
MAX_KEPT = 32 << 20
"""Bytes of unpacked chunks that are kept for the next read."""

ENCRYPTED = (b"encrcdsa", b"cdsaencr")
"""How encrypted images begin (version 2) or end (version 1)."""

_EMPTY = (ChunkKind.ZERO, ChunkKind.IGNORE)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in an image that is not as it was written."""

    part: str
    """Which part of the image: a partition's name, `packed data`, `list of parts`, `trailer`."""
    message: str
    """One line."""


class Part:
    """One part of an image (a partition, a partition map, the whole disk), as a source of bytes."""

    def __init__(self, image: "UdifImage", name: str, table: Table) -> None:
        """For UdifImage."""
        self.name, self.table = name, table
        self.size = table.sectors * SECTOR
        self._image = image
        self._chunks = [c for c in table.chunks if c.sectors]
        self._starts = [c.sector for c in self._chunks]
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self._kept_bytes = 0

    def read(self, offset: int, length: int) -> bytes:
        """Exactly `length` bytes at `offset`; raises ImageError where a chunk is damaged."""
        if offset < 0 or length < 0 or offset + length > self.size:
            raise ImageError(f"The part {self.name!r} of the image ends too early.")
        parts = []
        while length > 0:
            index = bisect.bisect_right(self._starts, offset // SECTOR) - 1
            chunk = self._chunks[index]
            inside = offset - chunk.sector * SECTOR
            step = min(length, chunk.sectors * SECTOR - inside, CHUNK)
            if chunk.kind in _EMPTY:
                parts.append(bytes(step))
            elif chunk.kind == ChunkKind.RAW:
                parts.append(self._image.packed(self, chunk, inside, step))
            else:
                parts.append(self._unpacked(index)[inside : inside + step])
            offset, length = offset + step, length - step
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def chunks(self) -> Iterator[Chunk]:
        """Each chunk that stands for sectors."""
        yield from self._chunks

    def unpack(self, chunk: Chunk, packed: bytes) -> bytes:
        """The bytes that a chunk stands for; raises ImageError where it is damaged."""
        try:
            return unpack(chunk.kind, packed, chunk.sectors * SECTOR)
        except ValueError as error:
            raise ImageError(
                f"The part {self.name!r} of {self._image.shown} is damaged at sector"
                f" {chunk.sector} ({error}).",
                mend="Download or make the image again.",
            ) from None

    def _unpacked(self, index: int) -> bytes:
        if index in self._kept:
            self._kept.move_to_end(index)
            return self._kept[index]
        chunk = self._chunks[index]
        data = self.unpack(chunk, self._image.packed(self, chunk, 0, chunk.length))
        self._kept[index] = data
        self._kept_bytes += len(data)
        while self._kept_bytes > MAX_KEPT and len(self._kept) > 1:
            self._kept_bytes -= len(self._kept.popitem(last=False)[1])
        return data


class UdifImage:
    """An image in UDIF form."""

    def __init__(self, source: FileSource, path: Path, trailer: Trailer) -> None:
        """For `open_udif`, which finds the trailer."""
        self.source, self.shown, self.trailer = source, show_path(path), trailer
        end = source.size - TRAILER_SIZE
        if trailer.segments > 1:
            raise ImageError(f"{self.shown} is one of {trailer.segments} segments of an image.")
        if trailer.data_offset + trailer.data_length > end:
            raise ImageError(f"{self.shown} is cut off: its data go beyond its end.")
        if not trailer.plist_length:
            raise ImageError(
                f"{self.shown} has no list of its parts (an image from before Mac OS X 10.2).",
                mend="`hdiutil convert -format UDZO` on a Mac makes one that can be read.",
            )
        if trailer.plist_length > MAX_LIST or trailer.plist_offset + trailer.plist_length > end:
            raise ImageError(f"{self.shown} is damaged: its list of parts is not inside it.")
        self.plist = source.read(trailer.plist_offset, trailer.plist_length)
        self.parts = tuple(self._parse_parts())
        if not any(part.table.sectors for part in self.parts):
            raise ImageError(f"{self.shown} lists no parts.")
        if sum(c.length for p in self.parts for c in p.chunks()) > trailer.data_length:
            raise ImageError(f"{self.shown} is damaged: its chunks lie over one another.")

    def packed(self, part: Part, chunk: Chunk, offset: int, length: int) -> bytes:
        """Bytes of a chunk as they are in the file."""
        start = self.trailer.data_offset + part.table.data_offset + chunk.offset
        limit = self.trailer.data_offset + self.trailer.data_length
        if chunk.length > MAX_CHUNK and chunk.kind != ChunkKind.RAW:
            raise ImageError(f"A chunk of the part {part.name!r} of {self.shown} is too large.")
        if start + offset + length > limit:
            raise ImageError(
                f"The part {part.name!r} of {self.shown} lies beyond the data of the image.",
                mend="Download or make the image again.",
            )
        return self.source.read(start + offset, length)

    def faults(self, progress: Callable[[int], object] = lambda _: None) -> Iterator[Fault]:
        """What is not as it was written, by every checksum that the image has.

        `progress` is told the number of bytes of the file read since it was last called.
        """
        yield from self._frame_faults()
        yield from self._data_faults(progress)
        for part in self.parts:
            yield from self._part_faults(part)
        master = b"".join(
            p.table.checksum.data[:4] for p in self.parts if p.table.checksum.value is not None
        )
        expected = self.trailer.master_checksum.value
        if expected is not None and zlib.crc32(master) != expected:
            yield Fault("list of parts", "the checksums of the parts do not match their own")

    def _parse_parts(self) -> Iterator[Part]:
        try:
            root, _ = parse_plist(self.plist, "the list of parts")
        except BundleError as error:
            raise ImageError(
                f"{self.shown} is damaged: {error.message}", mend="Download or make it again."
            ) from None
        forks = root.get("resource-fork")
        tables = forks.get("blkx") if isinstance(forks, dict) else None
        if not isinstance(tables, list) or len(tables) > MAX_PARTS:
            raise ImageError(f"{self.shown} is damaged: its list names no parts.")
        for number, entry in enumerate(tables):
            data = entry.get("Data") if isinstance(entry, dict) else None
            if not isinstance(data, bytes):
                raise ImageError(f"{self.shown} is damaged: part {number} has no table.")
            name = entry.get("CFName") or entry.get("Name")
            name = name if isinstance(name, str) and name else f"part {number}"
            yield Part(self, show_path(name), parse_table(data, show_path(name)))

    def _frame_faults(self) -> Iterator[Fault]:
        """The list and the trailer, which UDIF has no checksum for, but images of ours do."""
        if not made_here(self.trailer, self.plist):
            return
        trailer = self.trailer
        if segment_id(trailer, self.plist) != trailer.segment_id:
            yield Fault("list of parts and trailer", "the identifier made from them does not match")
        end = trailer.plist_offset + trailer.plist_length
        if trailer.signature_length or trailer.signature_offset:
            if trailer.signature_offset != end:
                yield Fault("trailer", "the signature does not follow the list of parts")
            end = trailer.signature_offset + trailer.signature_length
        if end != self.source.size - TRAILER_SIZE:
            yield Fault("trailer", "there are bytes that belong to nothing")

    def _data_faults(self, progress: Callable[[int], object]) -> Iterator[Fault]:
        expected = self.trailer.data_checksum.value
        if expected is None:
            return
        crc, offset = 0, self.trailer.data_offset
        left = self.trailer.data_length
        while left:
            step = min(left, CHUNK)
            crc = zlib.crc32(self.source.read(offset, step), crc)
            offset, left = offset + step, left - step
            progress(step)
        if crc != expected:
            yield Fault("packed data", f"CRC-32 is {crc:08x} and should be {expected:08x}")

    def _part_faults(self, part: Part) -> Iterator[Fault]:
        expected = part.table.checksum.value
        crc = 0
        try:
            for data in self._unpacked_in_order(part):
                crc = _after(crc, data)
        except ImageError as error:
            yield Fault(part.name, error.message)
            return
        if expected is not None and crc != expected:
            yield Fault(part.name, f"CRC-32 is {crc:08x} and should be {expected:08x}")

    def _unpacked_in_order(self, part: Part) -> Iterator[bytes | int]:
        """The bytes of a part, unpacked on all cores, some chunks at a time; zeros as a number."""
        threads = max(1, min(os.cpu_count() or 1, MAX_THREADS))
        waiting: deque[Chunk | Future[bytes]] = deque()
        with ThreadPoolExecutor(threads, thread_name_prefix="unpack") as pool:
            try:
                for chunk in part.chunks():
                    if chunk.kind in _EMPTY or chunk.kind == ChunkKind.RAW:
                        waiting.append(chunk)
                    else:
                        packed = self.packed(part, chunk, 0, chunk.length)
                        waiting.append(pool.submit(part.unpack, chunk, packed))
                    if len(waiting) > 2 * threads:
                        yield from self._bytes_of(part, waiting.popleft())
                while waiting:
                    yield from self._bytes_of(part, waiting.popleft())
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def _bytes_of(self, part: Part, item: "Chunk | Future[bytes]") -> Iterator[bytes | int]:
        if isinstance(item, Future):
            yield item.result()
            return
        size = item.sectors * SECTOR
        if item.kind in _EMPTY:
            yield size
            return
        for done in range(0, size, CHUNK):
            yield self.packed(part, item, done, min(CHUNK, size - done))


def _after(crc: int, data: bytes | int) -> int:
    """The CRC-32 after more bytes, or after a number of zeros."""
    return crc32_of_zeros(crc, data) if isinstance(data, int) else zlib.crc32(data, crc)


def open_udif(source: FileSource, path: Path) -> UdifImage | None:
    """The image in `source`; None where the file is not UDIF (it may be a raw image).

    Raises ImageError for an encrypted or damaged image.
    """
    if source.size < TRAILER_SIZE:
        return None
    start = source.read(0, 8)
    end = source.read(source.size - TRAILER_SIZE, TRAILER_SIZE)
    if start == ENCRYPTED[0] or end[-8:] == ENCRYPTED[1]:
        raise ImageError(
            f"{show_path(path)} is encrypted.",
            mend="`hdiutil convert` on a Mac makes an image without a password.",
        )
    trailer = parse_trailer(end)
    return None if trailer is None else UdifImage(source, path, trailer)
