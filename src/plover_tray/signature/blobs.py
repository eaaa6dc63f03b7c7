"""Blobs and SuperBlobs: in go bytes of a file, out come the blobs they hold, and back.

A blob is a magic word, its length and a payload; a SuperBlob is a blob of blobs with an index.
Nothing is believed before it is checked: `SignatureFormatError` says what does not fit.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import PloverTrayError
from .constants import SLOT_NAMES, Magic, Slot

HEADER_SIZE = 8
"""Bytes: magic and length (`CS_GenericBlob` in xnu's cs_blobs.h)."""
MAX_BLOBS = 64
"""In one SuperBlob; real ones hold ten at most."""


class SignatureFormatError(PloverTrayError):
    """Bytes that should be part of a code signature are not."""


@dataclass(frozen=True, slots=True)
class Blob:
    """One blob of a SuperBlob; `raw` starts with its magic and is `length` bytes long."""

    slot: int
    offset: int
    """Bytes from the start of the SuperBlob."""
    raw: bytes

    @property
    def magic(self) -> int:
        """First word of the blob."""
        return int.from_bytes(self.raw[:4])

    @property
    def payload(self) -> bytes:
        """What stands behind magic and length."""
        return self.raw[HEADER_SIZE:]


@dataclass(frozen=True, slots=True)
class SuperBlob:
    """A blob of blobs, in the order of its index."""

    magic: int
    length: int
    """Bytes, the header included."""
    blobs: tuple[Blob, ...]

    def find(self, slot: int) -> Blob | None:
        """The blob at `slot`, if there is one."""
        return next((blob for blob in self.blobs if blob.slot == slot), None)


def slot_name(slot: int) -> str:
    """What people call `slot`."""
    named = SLOT_NAMES.get(slot)
    if named:
        return named
    if slot >= Slot.ALTERNATE_CODE_DIRECTORY:
        return f"alternate CodeDirectory {slot - Slot.ALTERNATE_CODE_DIRECTORY + 1}"
    return f"slot {slot}"


def blob_length(data: bytes, offset: int = 0) -> int:
    """Return the length that the blob at `offset` of `data` claims, if it fits into `data`."""
    if offset < 0 or offset + HEADER_SIZE > len(data):
        raise SignatureFormatError("A blob of the signature starts outside it.")
    _, length = struct.unpack_from(">2I", data, offset)
    if length < HEADER_SIZE or offset + length > len(data):
        raise SignatureFormatError(
            f"A blob of the signature says it has {length} bytes; {len(data) - offset} are there."
        )
    return int(length)


def parse_superblob(data: bytes, *, magic: int | None = Magic.EMBEDDED_SIGNATURE) -> SuperBlob:
    """Read the SuperBlob at the start of `data`; bytes behind it are ignored.

    `magic` is what its first word must be (None: anything). Raises SignatureFormatError.
    """
    length = blob_length(data)
    found = int.from_bytes(data[:4])
    if magic is not None and found != magic:
        raise SignatureFormatError(f"The signature starts with {found:#010x}, not {magic:#010x}.")
    if length < 12:
        raise SignatureFormatError("The signature is too short to have an index.")
    (count,) = struct.unpack_from(">I", data, HEADER_SIZE)
    if count > MAX_BLOBS or 12 + 8 * count > length:
        raise SignatureFormatError(f"The signature says it holds {count} blobs.")
    body = bytes(data[:length])
    blobs, seen = [], set()
    for index in range(count):
        slot, offset = struct.unpack_from(">2I", body, 12 + 8 * index)
        if slot in seen:
            raise SignatureFormatError(f"The signature holds two blobs for {slot_name(slot)}.")
        if offset < 12 + 8 * count:
            raise SignatureFormatError(f"The blob for {slot_name(slot)} lies in the index.")
        seen.add(slot)
        blobs.append(Blob(slot, offset, body[offset : offset + blob_length(body, offset)]))
    return SuperBlob(found, length, tuple(blobs))


def make_blob(magic: int, payload: bytes) -> bytes:
    """A blob around `payload`."""
    return struct.pack(">2I", magic, HEADER_SIZE + len(payload)) + payload


def make_superblob(
    blobs: Sequence[tuple[int, bytes]], *, magic: int = Magic.EMBEDDED_SIGNATURE
) -> bytes:
    """A SuperBlob of `(slot, whole blob)` pairs, laid out in the order given."""
    at = 12 + 8 * len(blobs)
    index = bytearray()
    for slot, raw in blobs:
        index += struct.pack(">2I", slot, at)
        at += len(raw)
    payload = struct.pack(">I", len(blobs)) + bytes(index) + b"".join(raw for _, raw in blobs)
    return make_blob(magic, payload)
