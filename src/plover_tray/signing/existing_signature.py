"""A Mach-O file's existing signature: what the new one is to keep, identifier and entitlements."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..macho.file import MachOFile, Slice
from ..signature.blobs import SignatureFormatError, parse_superblob
from ..signature.codedirectory import parse_code_directory
from ..signature.constants import Flag, Slot
from ..signature.entitlements import parse_xml


@dataclass(frozen=True, slots=True)
class ExistingSignature:
    """The existing signature; empty where there was none worth keeping."""

    identifier: str | None = None
    """None where there was none, or the linker's."""
    entitlements: Mapping[str, Any] = field(default_factory=dict)


def read_existing_signature(data: bytes, macho: MachOFile) -> ExistingSignature:
    """Read the existing signature of the file `data`; damage counts as no signature."""
    for slice_ in macho.slices:
        found = _read(data[slice_.offset : slice_.offset + slice_.size], slice_)
        if found.identifier or found.entitlements:
            return found
    return ExistingSignature()


def _read(data: bytes, slice_: Slice) -> ExistingSignature:
    where = slice_.code_signature
    if where is None:
        return ExistingSignature()
    try:
        blobs = parse_superblob(data[where.offset : where.offset + where.size])
        directory = blobs.find(Slot.CODE_DIRECTORY)
        claims = blobs.find(Slot.ENTITLEMENTS)
        entitlements = parse_xml(claims.payload) if claims else {}
        parsed = parse_code_directory(directory.raw) if directory else None
    except SignatureFormatError:
        return ExistingSignature()
    if parsed is None or parsed.flags & Flag.LINKER_SIGNED:
        return ExistingSignature(None, entitlements)
    return ExistingSignature(parsed.identifier or None, entitlements)
