"""Finding the HFS+ volume on a disk: in goes a source of bytes, out comes the part that is it.

Known are volumes without a partition map, Apple's partition map (APM) and the GUID one (GPT).
"""

import struct
from collections.abc import Iterator

from ...errors import ImageError
from ..source import Source, Window

_HFS_AT, _APFS_AT = 1024, 32
_MAX_PARTITIONS = 256


def find_volume(disk: Source, shown: str = "The image") -> Window:
    """The first HFS+ volume on `disk`; raises ImageError that says what is there instead."""
    other = ""
    for start, size in _candidates(disk):
        if size < 2 * _HFS_AT or start + size > disk.size:
            continue
        head = disk.read(start, _HFS_AT + 512)
        signature = head[_HFS_AT : _HFS_AT + 2]
        if signature in (b"H+", b"HX"):
            return Window(disk, start, size)
        if head[_APFS_AT : _APFS_AT + 4] == b"NXSB":
            other = "an APFS volume"
        elif signature == b"BD":
            other = "a volume of the old HFS"
        elif head[:3] == b"\xeb\x3c\x90" or head[:3] == b"\xeb\x58\x90":
            other = "a FAT volume"
    if other:
        raise ImageError(
            f"{shown} holds {other}, which cannot be read here.",
            mend="Mount it on a Mac and give the path of the app in it, or make the image as HFS+.",
        )
    raise ImageError(f"{shown} holds no HFS+ volume.", mend="Is it the disk image of an app?")


def _candidates(disk: Source) -> Iterator[tuple[int, int]]:
    yield 0, disk.size
    if disk.size < 4096:
        return
    head = disk.read(0, 4096)
    if head[:2] == b"ER":
        yield from _apple(disk, int.from_bytes(head[2:4], "big"))
    for sector in (512, 4096):
        if disk.size >= 2 * sector and disk.read(sector, 8) == b"EFI PART":
            yield from _guid(disk, sector)


def _apple(disk: Source, block: int) -> Iterator[tuple[int, int]]:
    if block not in (512, 1024, 2048, 4096):
        return
    count = 1
    number = 1
    while number <= min(count, _MAX_PARTITIONS) and (number + 1) * block <= disk.size:
        entry = disk.read(number * block, 512)
        if entry[:2] != b"PM":
            return
        count, start, blocks = struct.unpack_from(">III", entry, 4)
        if entry[48:80].startswith(b"Apple_HFS"):
            yield start * block, blocks * block
        number += 1


def _guid(disk: Source, sector: int) -> Iterator[tuple[int, int]]:
    header = disk.read(sector, 92)
    start, count, size = struct.unpack_from("<QII", header, 72)
    if size < 128 or size > 4096:
        return
    for number in range(min(count, _MAX_PARTITIONS)):
        at = start * sector + number * size
        if at + 128 > disk.size:
            return
        entry = disk.read(at, 128)
        first, last = struct.unpack_from("<QQ", entry, 32)
        if any(entry[:16]) and last >= first:
            yield first * sector, (last - first + 1) * sector
