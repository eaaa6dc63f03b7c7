"""A file and the signatures of its slices, if it is Mach-O: in goes a path, out come facts.

This much can be said of a file alone. Whether Info.plist and CodeResources are the ones that the
signature means is for whoever knows the bundle: `verify`.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..bundle.lenient_tree import open_file
from ..errors import MachOError
from ..macho.file import (
    LinkeditData,
    MachOFile,
    Slice,
    StaticLibraryError,
    looks_like_macho,
    read_macho,
)
from .blobs import SignatureFormatError
from .hashing import file_digests
from .slice_signature import Fault, Signature, read_signature

MAX_SIGNATURE = 64 << 20
"""Bytes of one slice's signature; a slice of 1 GB needs 8 MB."""
MAX_INFO = 1 << 20
"""Bytes of an Info.plist in a slice's section."""
BLOCK = 512
"""Bytes that `st_blocks` counts in, whatever the disk's own (stat(2))."""
MAX_SPARSE = 4 << 30
"""Bytes of a file that may be all hole."""


@dataclass(frozen=True, slots=True)
class SliceFacts:
    """One slice and its signature."""

    arch: str
    filetype: str
    signature: Signature | None
    """None where there is none, or none that can be read (see `faults`)."""
    faults: tuple[Fault, ...]
    embedded_info: bytes | None = None
    """Info.plist in a section of the slice itself."""


@dataclass(frozen=True)
class FileFacts:
    """A file, looked at once."""

    digests: Mapping[str, bytes] = field(default_factory=dict)
    macho: MachOFile | None = None
    slices: tuple[SliceFacts, ...] = ()
    error: str = ""
    """Why the file could not be read, or is a damaged Mach-O file."""


def _hollow(status: os.stat_result) -> str:
    """What is to be said of a file that is nearly all hole; empty for a sound one.

    Reading a terabyte of nothing takes hours. What a file system compresses takes less than its
    size too, so that only huge files are looked at.
    """
    on_disk = status.st_blocks * BLOCK
    if status.st_size <= MAX_SPARSE or on_disk > status.st_size // 8:
        return ""
    return f"It is {status.st_size >> 30} GB long, of which {on_disk >> 20} MB are on the disk"


def read_file_facts(path: Path | str, algorithms: Iterable[str] = ()) -> FileFacts:
    """Look at a file: its whole digests by `algorithms`, and if it is Mach-O, its signatures."""
    try:
        with open_file(path) as descriptor:
            hollow = _hollow(os.fstat(descriptor))
            if hollow:
                return FileFacts(error=hollow)
            digests = file_digests(descriptor, algorithms)
            start = os.pread(descriptor, 8, 0)
            if not looks_like_macho(start):
                return FileFacts(digests)
            try:
                macho = read_macho(Path(path))
            except StaticLibraryError:
                return FileFacts(digests)
            except MachOError as error:
                return FileFacts(digests, error=error.message)
            slices = tuple(_slice_facts(descriptor, slice_) for slice_ in macho.slices)
            return FileFacts(digests, macho, slices)
    except OSError as error:
        return FileFacts(error=f"it cannot be read: {error.strerror}")


def _slice_facts(descriptor: int, slice_: Slice) -> SliceFacts:
    info = _embedded_info(descriptor, slice_)
    where = slice_.code_signature
    if where is None:
        return SliceFacts(slice_.arch, slice_.filetype, None, (), info)
    try:
        data = _signature_bytes(descriptor, slice_, where)
        faults: list[Fault] = []
        signature = read_signature(descriptor, slice_, where, data, faults)
    except SignatureFormatError as error:
        damaged = (Fault("damaged", error.message),)
        return SliceFacts(slice_.arch, slice_.filetype, None, damaged, info)
    return SliceFacts(slice_.arch, slice_.filetype, signature, tuple(faults), info)


def _embedded_info(descriptor: int, slice_: Slice) -> bytes | None:
    for segment in slice_.segments:
        for section in segment.sections:
            if (section.segment, section.name) == ("__TEXT", "__info_plist"):
                size = min(section.size, max(0, slice_.size - section.offset), MAX_INFO)
                return os.pread(descriptor, size, slice_.offset + section.offset)
    return None


def _signature_bytes(descriptor: int, slice_: Slice, where: LinkeditData) -> bytes:
    if where.offset + where.size > slice_.size or where.size > MAX_SIGNATURE:
        raise SignatureFormatError(
            f"LC_CODE_SIGNATURE points at {where.size} bytes from {where.offset} on, "
            f"and the slice has {slice_.size}."
        )
    return os.pread(descriptor, where.size, slice_.offset + where.offset)
