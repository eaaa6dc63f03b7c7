"""Writing a DMG around a volume: in go its bytes, out comes the image, packed on all cores.

Nothing larger than a few chunks is in memory at any time, whatever the volume's size.
"""

import os
import plistlib
import zlib
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import BinaryIO

from ..source import Source
from .compress import CHUNK, FORMATS, Format, compressor
from .format import (
    BUFFERS_NEEDED,
    FLATTENED,
    MARK,
    SECTOR,
    TRAILER_SIZE,
    VARIANT_PARTITION,
    WHOLE_DISK,
    Checksum,
    Chunk,
    ChunkKind,
    Table,
    Trailer,
    pack_table,
    pack_trailer,
    segment_id,
)

MEMORY = 96 << 20
"""Bytes that chunks on their way may take together, which bounds the number of threads."""

PART_NAME = "whole disk (Apple_HFS : 0)"
"""What hdiutil calls the only part of an image without a partition map (`-layout NONE`)."""

_ZEROS = bytes(CHUNK)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written."""

    size: int
    """Bytes of the image."""
    threads: int


def thread_count(image_format: Format, cores: int | None = None) -> int:
    """How many threads pack chunks: one for each core, as far as MEMORY allows."""
    if cores is None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    each = FORMATS[image_format].memory + 4 * CHUNK
    return max(1, min(cores or 1, MEMORY // each))


def write_udif(
    volume: Source,
    output: BinaryIO,
    image_format: Format,
    *,
    level: int | None = None,
    threads: int | None = None,
    progress: Callable[[int], object] = lambda _: None,
) -> Written:
    """Write the image of `volume`, whose size is a multiple of 512, to the start of `output`.

    `progress` is told the number of bytes of the volume packed since it was last called. The same
    volume, format and level give the same bytes, however many threads there are. Raises
    ImageError for a level the format does not have, OSError where the output cannot be written.
    """
    pack = compressor(image_format, level)
    kind = FORMATS[image_format].kind
    threads = threads or thread_count(image_format)
    chunks: list[Chunk] = []
    volume_crc = data_crc = offset = sector = 0
    waiting: deque[tuple[int, Future[tuple[int, bytes]] | None]] = deque()

    def finish_one() -> None:
        nonlocal data_crc, offset, sector
        size, future = waiting.popleft()
        packed_kind, packed = future.result() if future else (int(ChunkKind.ZERO), b"")
        output.write(packed)
        data_crc = zlib.crc32(packed, data_crc)
        chunks.append(Chunk(packed_kind, 0, sector, size // SECTOR, offset, len(packed)))
        offset += len(packed)
        sector += size // SECTOR
        progress(size)

    with ThreadPoolExecutor(threads, thread_name_prefix="pack") as pool:
        try:
            for at in range(0, volume.size, CHUNK):
                data = volume.read(at, min(CHUNK, volume.size - at))
                zero = data == (_ZEROS if len(data) == CHUNK else bytes(len(data)))
                waiting.append((len(data), None if zero else pool.submit(_pack, pack, kind, data)))
                volume_crc = zlib.crc32(data, volume_crc)
                while len(waiting) > 2 * threads:
                    finish_one()
            while waiting:
                finish_one()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    chunks.append(Chunk(ChunkKind.END, 0, sector, 0, offset, 0))
    checksum = Checksum.crc32(volume_crc)
    table = Table(1, 0, sector, 0, BUFFERS_NEEDED, WHOLE_DISK, bytes(24), checksum, tuple(chunks))
    plist = _plist(table)
    output.write(plist)
    output.write(_trailer(table, plist, offset, data_crc))
    return Written(offset + len(plist) + TRAILER_SIZE, threads)


def _pack(pack: Callable[[bytes], bytes], kind: int, data: bytes) -> tuple[int, bytes]:
    packed = pack(data)
    return (kind, packed) if len(packed) < len(data) else (int(ChunkKind.RAW), data)


def _plist(table: Table) -> bytes:
    resources = {
        "resource-fork": {
            "blkx": [_resource(PART_NAME, pack_table(table))],
            "plst": [_resource("", MARK.ljust(1032, b"\0"))],
        }
    }
    return plistlib.dumps(resources)


def _resource(name: str, data: bytes) -> dict[str, object]:
    return {"Attributes": "0x0050", "CFName": name, "Data": data, "ID": "0", "Name": name}


def _trailer(table: Table, plist: bytes, data_length: int, data_crc: int) -> bytes:
    crc = table.checksum.data[:4]
    trailer = Trailer(
        version=4,
        header_size=TRAILER_SIZE,
        flags=FLATTENED,
        running_data_offset=0,
        data_offset=0,
        data_length=data_length,
        resource_offset=0,
        resource_length=0,
        segment=1,
        segments=1,
        segment_id=bytes(16),
        data_checksum=Checksum.crc32(data_crc),
        plist_offset=data_length,
        plist_length=len(plist),
        reserved1=bytes(64),
        signature_offset=0,
        signature_length=0,
        reserved2=bytes(40),
        master_checksum=Checksum.crc32(zlib.crc32(crc)),
        variant=VARIANT_PARTITION,
        sectors=table.sectors,
        reserved3=bytes(12),
    )
    return pack_trailer(replace(trailer, segment_id=segment_id(trailer, plist)))
