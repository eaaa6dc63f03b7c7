"""Reading Mach-O: in goes a file, out come its slices, load commands and what they name.

The structures and constants are macholib's; the bounds are ours: no count, size or offset of the
file is believed before it is checked, so a damaged or hostile file ends in `MachOError`.
Only the headers and load commands are read, never the code (a bundle has 400 such files).
"""

import os
import stat
import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from macholib import mach_o

from ..errors import MachOError, show_path
from .slice import Dylib, LinkeditData, LoadCommand, Section, Segment, Slice
from .tables import (
    ARCHIVE_MAGIC,
    CPU_ARM64,
    CPU_SUBTYPE_MASK,
    CPU_X86_64,
    FAT_MAGICS,
    FILETYPES,
    MAX_ALIGNMENT,
    MAX_COMMANDS,
    MAX_COMMANDS_SIZE,
    MAX_SLICES,
    PLATFORM_MACOS,
    THIN_MAGICS,
    Version,
    arch_name,
    pack_version,
    show_version,
    unpack_version,
)

__all__ = [
    "CPU_ARM64",
    "CPU_X86_64",
    "PLATFORM_MACOS",
    "Dylib",
    "LinkeditData",
    "LoadCommand",
    "MachOFile",
    "Section",
    "Segment",
    "Slice",
    "StaticLibraryError",
    "Version",
    "looks_like_macho",
    "pack_version",
    "parse_macho",
    "read_macho",
    "show_version",
    "unpack_version",
]


class StaticLibraryError(MachOError):
    """A universal file whose slices are archives of objects: nothing that is loaded or signed."""


@dataclass(frozen=True)
class MachOFile:
    """A Mach-O file: thin (one slice) or universal."""

    path: Path
    size: int
    """Bytes."""
    fat: bool
    slices: tuple[Slice, ...]

    @property
    def archs(self) -> tuple[str, ...]:
        """Architectures in the order of the file."""
        return tuple(s.arch for s in self.slices)

    @property
    def filetype(self) -> str:
        """The kind of the first slice; the others are of the same kind in any sane file."""
        return self.slices[0].filetype


class Buffer(Protocol):
    """Bytes, a bytearray or a memory map."""

    def __len__(self) -> int: ...
    def __getitem__(self, item: slice, /) -> bytes: ...


def looks_like_macho(start: bytes) -> bool:
    """Whether a file that begins with `start` (8 bytes are enough) is Mach-O, thin or universal."""
    if start[:4] in THIN_MAGICS:
        return True
    return (
        start[:4] in FAT_MAGICS
        and len(start) >= 8
        and start[4:7] == b"\0\0\0"
        and (0 < start[7] <= MAX_SLICES)
    )


def read_macho(path: Path) -> MachOFile:
    """Read the headers of the Mach-O file at `path`.

    A symlink as the last part of `path` is followed; whoever must not leave a folder resolves it
    before. Raises MachOError for anything that is no sound Mach-O file, or cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise MachOError(f"{show_path(path)} is not a regular file.")
            return parse_macho(_FileView(descriptor, status.st_size), path)
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise MachOError(f"{show_path(path)} cannot be read: {reason}.") from None


def parse_macho(
    data: Buffer, path: Path = Path("<bytes>"), *, head_only: bool = False
) -> MachOFile:
    """Read the headers of a Mach-O file that is in memory; `path` is used in messages only.

    With `head_only`, `data` may end behind the load commands, wherever they point. Raises
    MachOError for anything that is no sound Mach-O file.
    """
    macho = _read(data, path)
    if not head_only:
        for slice_ in macho.slices:
            slice_.check_ranges()
    return macho


class _FileView:
    """A file as a Buffer: only the ranges asked for are read."""

    def __init__(self, descriptor: int, size: int) -> None:
        self._descriptor, self._size = descriptor, size
        self._start = os.pread(descriptor, 4096, 0)

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, item: slice, /) -> bytes:
        start, stop, _ = item.indices(self._size)
        if stop <= len(self._start):
            return self._start[start:stop]
        return os.pread(self._descriptor, max(0, stop - start), start)


def _read(data: Buffer, path: Path) -> MachOFile:
    start = bytes(data[0:8])
    if start[:4] in THIN_MAGICS:
        return MachOFile(path, len(data), False, (_read_slice(data, path, 0, len(data)),))
    if not looks_like_macho(start):
        raise MachOError(f"{show_path(path)} is not a Mach-O file.")
    ranges = _fat_ranges(data, path, wide=FAT_MAGICS[start[:4]], count=start[7])
    slices = tuple(_read_slice(data, path, *where) for _, *where in ranges)
    for (kind, *_), found in zip(ranges, slices, strict=True):
        if kind != found.kind:
            raise MachOError(f"{show_path(path)}: the slice {arch_name(kind)} is for {found.arch}.")
    return MachOFile(path, len(data), True, slices)


def _fat_ranges(
    data: Buffer, path: Path, *, wide: bool, count: int
) -> list[tuple[tuple[int, int], int, int, int]]:
    """Kind, offset, size and alignment of each slice, in the order of the file."""
    layout = ">2I2Q2I" if wide else ">5I"
    each = struct.calcsize(layout)
    table = bytes(data[8 : 8 + count * each])
    if len(table) < count * each:
        raise MachOError(f"{show_path(path)} is cut short in its table of architectures.")
    ranges, seen = [], set()
    for index in range(count):
        entry = struct.unpack_from(layout, table, index * each)
        cpu, subtype, offset, size, alignment = entry[:5]
        kind = (cpu, subtype & CPU_SUBTYPE_MASK)
        name = arch_name(kind)
        if offset < 8 + len(table) or offset + size > len(data) or size < 28:
            raise MachOError(f"{show_path(path)}: the slice {name} lies outside the file.")
        if alignment > MAX_ALIGNMENT or offset % (1 << alignment):
            raise MachOError(f"{show_path(path)}: the slice {name} is not aligned as it says.")
        if kind in seen:
            raise MachOError(f"{show_path(path)} has two slices for {name}.")
        seen.add(kind)
        ranges.append((kind, offset, size, alignment))
    ordered = sorted((offset, size) for _, offset, size, _ in ranges)
    for (offset, size), (following, _) in pairwise(ordered):
        if offset + size > following:
            raise MachOError(f"{show_path(path)} has slices that overlap.")
    return ranges


def _read_slice(data: Buffer, path: Path, offset: int, size: int, alignment: int = 0) -> Slice:
    header = bytes(data[offset : offset + min(size, 32)])
    if header.startswith(ARCHIVE_MAGIC):
        raise StaticLibraryError(f"{show_path(path)} is a static library.")
    order, is_64 = THIN_MAGICS.get(header[:4], ("", False))
    length = 32 if is_64 else 28
    if not order or len(header) < length:
        raise MachOError(f"{show_path(path)} has a slice that is not Mach-O.")
    _, cpu, subtype, filetype, count, commands_size, flags = struct.unpack_from(
        order + "7I", header
    )
    room = min(size - length, MAX_COMMANDS_SIZE)
    if commands_size > room or count > min(commands_size // 8, MAX_COMMANDS):
        raise MachOError(
            f"{show_path(path)} says it has {count} load commands in {commands_size} bytes, "
            "which cannot be."
        )
    block = bytes(data[offset + length : offset + length + commands_size])
    commands = []
    at = 0
    for _ in range(count):
        if at + 8 > len(block):
            raise MachOError(f"{show_path(path)}: the load commands are cut short.")
        number, command_size = struct.unpack_from(order + "2I", block, at)
        if command_size < 8 or at + command_size > len(block):
            raise MachOError(f"{show_path(path)}: a load command has an impossible size.")
        name = mach_o.LC_NAMES.get(number, f"LC_{number:#x}")
        body = block[at + 8 : at + command_size]
        commands.append(LoadCommand(number, name, length + at, command_size, body))
        at += command_size
    kind = FILETYPES.get(filetype, f"type-{filetype}")
    slice_ = Slice(
        path,
        offset,
        size,
        order,
        is_64,
        cpu,
        subtype,
        kind,
        flags,
        tuple(commands),
        commands_size,
        alignment,
    )
    slice_.decode()
    return slice_
