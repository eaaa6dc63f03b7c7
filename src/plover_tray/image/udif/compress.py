"""How chunks of a DMG are packed and unpacked: in go bytes and a format, out come bytes.

Each chunk is a stream of its own, of at most 1 MiB, so chunks are packed on all cores at once.
"""

import bz2
import lzma
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Literal

import deflate

from ...errors import ImageError
from .format import CHUNK_SECTORS, SECTOR, ChunkKind

Format = Literal["UDZO", "UDBZ", "ULMO", "ULFO", "UDRO"]

CHUNK = CHUNK_SECTORS * SECTOR


@dataclass(frozen=True, slots=True)
class Packer:
    """One of hdiutil's image formats."""

    name: str
    """What the format is called in messages."""
    kind: ChunkKind
    levels: range
    """Levels that `compression_level` may have."""
    level: int
    memory: int
    """Bytes that packing one chunk needs besides the chunk and its result."""
    since: str
    """The first macOS that mounts it (from hdiutil's manual page)."""


FORMATS: dict[str, Packer] = {
    "UDZO": Packer("zlib", ChunkKind.ZLIB, range(1, 13), 7, 1 << 20, "10.2"),
    "UDBZ": Packer("bzip2", ChunkKind.BZIP2, range(1, 10), 9, 8 << 20, "10.4"),
    "ULMO": Packer("lzma", ChunkKind.LZMA, range(10), 6, 13 << 20, "10.15"),
    "ULFO": Packer("lzfse", ChunkKind.LZFSE, range(0), 0, 2 << 20, "10.11"),
    "UDRO": Packer("no compression", ChunkKind.RAW, range(0), 0, 0, "10.2"),
}
"""zlib at libdeflate's level 7: on Plover's bundle 1 % smaller than zlib's 9 and faster than its 6.
lzma's memory is that of a dictionary of one chunk: what lies before a chunk cannot be used."""


def compressor(name: Format, level: int | None = None) -> Callable[[bytes], bytes]:
    """A function that packs one chunk.

    Raises ImageError for a level that the format does not have, and for ULFO without a library.
    """
    packer = FORMATS[name]
    if level is None:
        level = packer.level
    elif level not in packer.levels:
        known = (
            f"has levels {packer.levels[0]} to {packer.levels[-1]}"
            if packer.levels
            else "has no levels"
        )
        raise ImageError(f"compression_level is {level}, but {name} ({packer.name}) {known}.")
    match name:
        case "UDZO":
            return partial(_zlib, level=level)
        case "UDBZ":
            return partial(bz2.compress, compresslevel=level)
        case "ULMO":
            filters = [{"id": lzma.FILTER_LZMA2, "preset": level, "dict_size": CHUNK}]
            # Without a check of its own, as Firefox' images have it (mozilla/libdmg-hfsplus).
            return partial(
                lzma.compress, format=lzma.FORMAT_XZ, check=lzma.CHECK_NONE, filters=filters
            )
        case "ULFO":
            return _lzfse("compress")
        case "UDRO":
            return bytes


def unpack(kind: int, data: bytes, size: int) -> bytes:
    """The `size` bytes of a packed chunk.

    Raises ImageError for a kind that cannot be read here; ValueError for damaged data.
    """
    match kind:
        case ChunkKind.RAW:
            result = data
        case ChunkKind.ZERO | ChunkKind.IGNORE:
            result = bytes(size)
        case ChunkKind.ZLIB:
            result = _bounded(zlib.decompressobj(), data, size)
        case ChunkKind.BZIP2:
            result = _bounded(bz2.BZ2Decompressor(), data, size)
        case ChunkKind.LZMA:
            unpacker = lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=128 << 20)
            result = _bounded(unpacker, data, size)
        case ChunkKind.LZFSE:
            result = _unpack_lzfse(data, size)
        case _:
            what = "ADC" if kind == ChunkKind.ADC else f"an unknown way ({kind:#x})"
            raise ImageError(
                f"The image is compressed in {what}, which cannot be read here.",
                mend="`hdiutil convert -format UDZO` on a Mac makes one that can.",
            )
    if len(result) != size:
        raise ValueError(f"{len(result)} bytes instead of {size}")
    return result


def _bounded(
    unpacker: "zlib._Decompress | bz2.BZ2Decompressor | lzma.LZMADecompressor",
    data: bytes,
    size: int,
) -> bytes:
    try:
        result = unpacker.decompress(data, size + 1)
        if len(result) == size and not unpacker.eof:
            # The end of the stream may still have to be read.
            left = b"" if unpacker.eof else getattr(unpacker, "unconsumed_tail", b"")
            result += unpacker.decompress(left, 1)
        ended = unpacker.eof
    except (zlib.error, lzma.LZMAError, OSError, EOFError, MemoryError) as error:
        raise ValueError(str(error)) from None
    if not ended:
        raise ValueError("the data do not end with the chunk")
    return result


def _zlib(data: bytes, level: int) -> bytes:
    return bytes(deflate.zlib_compress(data, level))


def _lzfse(function: str) -> Callable[[bytes], bytes]:
    try:
        module = import_module("lzfse")
    except ImportError:
        raise ImageError(
            "ULFO (lzfse) needs the Python package lzfse, which is not installed.",
            mend="`pip install lzfse`, or choose UDZO, UDBZ or ULMO.",
        ) from None
    found: Callable[[bytes], bytes] = getattr(module, function)
    return found


def _unpack_lzfse(data: bytes, size: int) -> bytes:
    decompress = _lzfse("decompress")
    if _lzfse_size(data) != size:
        raise ValueError(f"its blocks do not add up to {size} bytes")
    try:
        result = decompress(data)
    except (MemoryError, RuntimeError, ValueError, TypeError) as error:
        raise ValueError(str(error)) from None
    return result


def _lzfse_size(data: bytes) -> int:
    """What an lzfse stream says it unpacks to: the library itself has no bound.

    The headers of the blocks are known from lzfse_internal.h of Apple's reference implementation.
    """
    at, total = 0, 0
    try:
        while data[at : at + 4] != b"bvx$":
            magic, raw = struct.unpack_from("<4sI", data, at)
            if magic == b"bvx-":
                length = 8 + raw
            elif magic == b"bvxn":
                length = 12 + struct.unpack_from("<I", data, at + 8)[0]
            elif magic == b"bvx2":
                literals, matches, header = struct.unpack_from("<QQQ", data, at + 8)
                length = (
                    (header & 0xFFFFFFFF) + (literals >> 20 & 0xFFFFF) + (matches >> 40 & 0xFFFFF)
                )
            else:
                raise ValueError("an unknown block")
            at += max(length, 8)
            total += raw
    except struct.error:
        raise ValueError("a block is cut off") from None
    return total
