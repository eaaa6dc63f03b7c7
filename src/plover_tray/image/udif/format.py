"""The container of a DMG: its trailer, its list of parts and their chunks, as bytes and as values.

UDIF is not documented by Apple. What stands here is known from libdmg-hfsplus (Firefox' and Bitcoin
Core's images are made with it), from apple-platform-rs' apple-dmg and from 7-Zip's reader:

    chunks of the parts, compressed one by one · a property list with a table of chunks for each
    part · (a code signature) · a trailer of 512 bytes that begins with `koly`

All numbers are big-endian; a sector is 512 bytes.
"""

import base64
import hashlib
import struct
from dataclasses import dataclass, replace
from enum import IntEnum

from ...errors import ImageError

SECTOR = 512
TRAILER_SIZE = 512
TRAILER_MAGIC, TABLE_MAGIC = b"koly", b"mish"
CHUNK_SECTORS = 2048
"""Sectors of one chunk as hdiutil writes them since macOS 10.12 or so: 1 MiB."""
BUFFERS_NEEDED = CHUNK_SECTORS + 8
"""Sectors of buffer that a reader should have; hdiutil's number."""
CRC32 = 2
"""Type of checksum, the only one in use; 32 bits."""
WHOLE_DISK = 0xFFFFFFFE
"""Partition number of a part that is the whole disk (libdmg-hfsplus: ENTIRE_DEVICE_DESCRIPTOR)."""
VARIANT_PARTITION = 2
"""Kind of image: a single volume without a partition map (1 would be a disk with one)."""
FLATTENED = 1
"""Flag of an image in one file."""

MAX_CHUNKS = 4_000_000
"""Of one part: 2 TB in chunks of 512 KiB."""
MAX_CHUNK = 4 << 20
"""Bytes of one compressed chunk when unpacked; hdiutil writes 256 KiB or 1 MiB."""

_TRAILER = struct.Struct(">4sIII QQQQQ II 16s II128s QQ 64s QQ 40s II128s I Q 12s")
_TABLE = struct.Struct(">4sI QQQ II 24s II128s I")
_CHUNK = struct.Struct(">II QQQQ")


class ChunkKind(IntEnum):
    """How the bytes of a chunk are kept."""

    ZERO = 0x00000000
    RAW = 0x00000001
    IGNORE = 0x00000002
    """Zeros that no file uses."""
    COMMENT = 0x7FFFFFFE
    ADC = 0x80000004
    ZLIB = 0x80000005
    BZIP2 = 0x80000006
    LZFSE = 0x80000007
    LZMA = 0x80000008
    """An .xz stream."""
    END = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Checksum:
    """A checksum field."""

    kind: int
    bits: int
    data: bytes
    """128 bytes, of which `bits` count."""

    @classmethod
    def crc32(cls, value: int) -> "Checksum":
        """The field for a CRC-32."""
        return cls(CRC32, 32, value.to_bytes(4, "big") + bytes(124))

    @property
    def value(self) -> int | None:
        """The CRC-32; None where the field holds another kind, or none."""
        if (self.kind, self.bits) != (CRC32, 32):
            return None
        return int.from_bytes(self.data[:4], "big")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of sectors of a part and where its bytes are."""

    kind: int
    comment: int
    sector: int
    """The first, counted from the start of the part."""
    sectors: int
    offset: int
    """In the data fork of the image."""
    length: int


@dataclass(frozen=True, slots=True)
class Table:
    """What the chunks of one part are, and the checksum of its bytes."""

    version: int
    sector: int
    """Where the part lies on the disk."""
    sectors: int
    data_offset: int
    buffers_needed: int
    descriptor: int
    reserved: bytes
    checksum: Checksum
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True, slots=True)
class Trailer:
    """The last 512 bytes of an image."""

    version: int
    header_size: int
    flags: int
    running_data_offset: int
    data_offset: int
    data_length: int
    resource_offset: int
    resource_length: int
    segment: int
    segments: int
    segment_id: bytes
    data_checksum: Checksum
    plist_offset: int
    plist_length: int
    reserved1: bytes
    signature_offset: int
    signature_length: int
    reserved2: bytes
    master_checksum: Checksum
    variant: int
    sectors: int
    reserved3: bytes


def pack_trailer(trailer: Trailer) -> bytes:
    """The 512 bytes of a trailer."""
    t = trailer
    data, master = t.data_checksum, t.master_checksum
    return _TRAILER.pack(
        TRAILER_MAGIC,
        t.version,
        t.header_size,
        t.flags,
        t.running_data_offset,
        t.data_offset,
        t.data_length,
        t.resource_offset,
        t.resource_length,
        t.segment,
        t.segments,
        t.segment_id,
        data.kind,
        data.bits,
        data.data,
        t.plist_offset,
        t.plist_length,
        t.reserved1,
        t.signature_offset,
        t.signature_length,
        t.reserved2,
        master.kind,
        master.bits,
        master.data,
        t.variant,
        t.sectors,
        t.reserved3,
    )


def parse_trailer(data: bytes) -> Trailer | None:
    """The trailer in the last 512 bytes of a file; None where they are something else.

    Raises ImageError for a trailer of a form that nobody writes.
    """
    if len(data) != TRAILER_SIZE or data[:4] != TRAILER_MAGIC:
        return None
    v = _TRAILER.unpack(data)
    data_checksum, master_checksum = Checksum(*v[12:15]), Checksum(*v[21:24])
    trailer = Trailer(*(*v[1:12], data_checksum, *v[15:21], master_checksum, *v[24:]))
    if trailer.version != 4 or trailer.header_size != TRAILER_SIZE:
        raise ImageError(f"The image is UDIF of version {trailer.version}, which nobody writes.")
    return trailer


def pack_table(table: Table) -> bytes:
    """The bytes of a part's table."""
    head = _TABLE.pack(
        TABLE_MAGIC,
        table.version,
        table.sector,
        table.sectors,
        table.data_offset,
        table.buffers_needed,
        table.descriptor,
        table.reserved,
        table.checksum.kind,
        table.checksum.bits,
        table.checksum.data,
        len(table.chunks),
    )
    return head + b"".join(
        _CHUNK.pack(c.kind, c.comment, c.sector, c.sectors, c.offset, c.length)
        for c in table.chunks
    )


def parse_table(data: bytes, name: str) -> Table:
    """The table of the part `name`; raises ImageError where it is damaged."""
    if len(data) < _TABLE.size or data[:4] != TABLE_MAGIC:
        raise ImageError(f"The table of the part {name!r} of the image is damaged.")
    v = _TABLE.unpack_from(data)
    count = v[-1]
    if count > MAX_CHUNKS or len(data) != _TABLE.size + count * _CHUNK.size:
        raise ImageError(f"The table of the part {name!r} of the image is cut off.")
    chunks = tuple(Chunk(*c) for c in _CHUNK.iter_unpack(data[_TABLE.size :]))
    table = Table(*(*v[1:8], Checksum(*v[8:11]), chunks))
    _check_chunks(table, name)
    return table


def _check_chunks(table: Table, name: str) -> None:
    """Chunks must follow one another without gaps, be of a size one can unpack, and end."""
    sector = 0
    for chunk in table.chunks:
        if chunk.kind == ChunkKind.COMMENT:
            continue
        if chunk.sector != sector:
            raise ImageError(f"The part {name!r} of the image has a gap at sector {sector}.")
        sector += chunk.sectors
        empty = chunk.kind in (ChunkKind.ZERO, ChunkKind.IGNORE, ChunkKind.END)
        if chunk.kind == ChunkKind.END and chunk.sectors:
            raise ImageError(f"The part {name!r} of the image has sectors after its end.")
        if chunk.kind == ChunkKind.RAW and chunk.length != chunk.sectors * SECTOR:
            raise ImageError(f"A chunk of the part {name!r} of the image has the wrong length.")
        if not empty and chunk.kind != ChunkKind.RAW and chunk.sectors * SECTOR > MAX_CHUNK:
            raise ImageError(f"A chunk of the part {name!r} of the image is larger than any.")
    if sector != table.sectors:
        raise ImageError(
            f"The part {name!r} of the image has {sector} sectors and speaks of {table.sectors}."
        )


_MADE_HERE = b"PTry"
"""The first bytes of the segment identifier of images made by this package."""
MARK = b"plover-tray\0"
"""The first bytes of their `plst` resource, where Firefox' images keep data of their own too."""


def segment_id(trailer: Trailer, plist: bytes) -> bytes:
    """An identifier made from all that no checksum of UDIF covers: the list and the trailer.

    UDIF has checksums for the chunks, packed and unpacked, but none for the tables and the trailer
    themselves. The identifier may be any UUID, so it serves as theirs. A signature, which is added
    later, changes neither.
    """
    bare = replace(trailer, segment_id=bytes(16), signature_offset=0, signature_length=0)
    digest = bytearray(hashlib.sha256(pack_trailer(bare) + plist).digest()[:16])
    digest[:4] = _MADE_HERE
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    return bytes(digest)


def made_here(trailer: Trailer, plist: bytes) -> bool:
    """Whether this package made the image, so that its identifier is a checksum."""
    return trailer.segment_id.startswith(_MADE_HERE) or base64.b64encode(MARK) in plist
