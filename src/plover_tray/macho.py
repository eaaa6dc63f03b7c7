"""Reading Mach-O: in goes a file, out come its slices, load commands and what they name.

The structures and constants are macholib's; the bounds are ours: no count, size or offset of the
file is believed before it is checked, so a damaged or hostile file ends in `MachOError`.
Only the headers and load commands are read, never the code (a bundle has 400 such files).
Sources: `mach-o/loader.h` and `mach-o/fat.h` of Apple's cctools, as rendered by macholib.
"""

import os
import stat
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, Protocol

from macholib import mach_o
from macholib.ptypes import sizeof

from .errors import MachOError

Version = tuple[int, int, int]

THIN_MAGICS = {
    b"\xce\xfa\xed\xfe": ("<", False),
    b"\xcf\xfa\xed\xfe": ("<", True),
    b"\xfe\xed\xfa\xce": (">", False),
    b"\xfe\xed\xfa\xcf": (">", True),
}
"""First four bytes of a thin file: byte order, 64 bit or not."""

FAT_MAGICS = {b"\xca\xfe\xba\xbe": False, b"\xca\xfe\xba\xbf": True}
"""First four bytes of a universal file (always big-endian): 64-bit offsets or not."""

ARCHIVE_MAGIC = b"!<arch>\n"
"""A static library; a universal one has archives for slices."""

MAX_SLICES = 32
"""More is a Java class file, which shares the magic: its next word is a version of 45 or more."""
MAX_COMMANDS_SIZE = 8 << 20
"""Bytes; the largest seen in real files is some 5 KB."""
MAX_ALIGNMENT = 15
"""Of a slice, as a power of two; cctools' MAXSECTALIGN."""

CPU_ARM64 = 0x0100000C
CPU_X86_64 = 0x01000007
CPU_SUBTYPE_MASK = 0x00FFFFFF
"""The top byte of the subtype holds capability bits (library or pointer authentication ABI)."""

ARCHITECTURES = {
    (CPU_ARM64, 0): "arm64",
    (CPU_ARM64, 1): "arm64v8",
    (CPU_ARM64, 2): "arm64e",
    (CPU_X86_64, 3): "x86_64",
    (CPU_X86_64, 8): "x86_64h",
    (7, 3): "i386",
    (18, 0): "ppc",
    (0x01000012, 0): "ppc64",
}

FILETYPES = {
    1: "object",
    2: "execute",
    4: "core",
    6: "dylib",
    7: "dylinker",
    8: "bundle",
    9: "dylib-stub",
    10: "dsym",
    11: "kext",
    12: "fileset",
}

PLATFORM_MACOS = 1
_FACTS = (
    "install_name",
    "dylibs",
    "rpaths",
    "segments",
    "build_version",
    "uuid",
    "entry_offset",
    "code_signature",
    "symtab",
)
_ARM64_PAGE, _OTHER_PAGE = 0x4000, 0x1000

_DYLIB_COMMANDS = {
    mach_o.LC_LOAD_DYLIB,
    mach_o.LC_LOAD_WEAK_DYLIB,
    mach_o.LC_REEXPORT_DYLIB,
    mach_o.LC_LAZY_LOAD_DYLIB,
    mach_o.LC_LOAD_UPWARD_DYLIB,
}
_LINKEDIT_COMMANDS = {
    mach_o.LC_CODE_SIGNATURE,
    mach_o.LC_FUNCTION_STARTS,
    mach_o.LC_DATA_IN_CODE,
    mach_o.LC_CODE_SEGMENT_SPLIT_INFO,
    mach_o.LC_DYLIB_CODE_SIGN_DRS,
    mach_o.LC_LINKER_OPTIMIZATION_HINT,
    mach_o.LC_DYLD_EXPORTS_TRIE,
    mach_o.LC_DYLD_CHAINED_FIXUPS,
}
_ZEROFILL_SECTIONS = {0x1, 0xC, 0x12}
"""S_ZEROFILL, S_GB_ZEROFILL, S_THREAD_LOCAL_ZEROFILL: they take no room in the file."""


class StaticLibraryError(MachOError):
    """A universal file whose slices are archives of objects: nothing that is loaded or signed."""


@dataclass(frozen=True, slots=True)
class LoadCommand:
    """One load command as it stands in the file."""

    number: int
    name: str
    """`LC_RPATH` and so on; `LC_0x7f` for one that macholib does not know."""
    offset: int
    """Bytes from the start of the slice."""
    size: int
    """Bytes, the eight of command and size included."""
    data: bytes
    """The command behind its first eight bytes."""


@dataclass(frozen=True, slots=True)
class Dylib:
    """A library that a slice wants loaded."""

    command: str
    """`LC_LOAD_DYLIB`, `LC_LOAD_WEAK_DYLIB`, ..."""
    name: str
    """The install name asked for, such as `@rpath/QtCore.framework/Versions/A/QtCore`."""
    current_version: Version
    compatibility_version: Version

    @property
    def weak(self) -> bool:
        """Whether the program starts without it."""
        return self.command == "LC_LOAD_WEAK_DYLIB"


@dataclass(frozen=True, slots=True)
class Section:
    """A section; sizes and offsets in bytes, the offset from the start of the slice."""

    segment: str
    name: str
    address: int
    size: int
    offset: int
    flags: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment; sizes and offsets in bytes, the offset from the start of the slice."""

    name: str
    address: int
    memory_size: int
    offset: int
    file_size: int
    protection: int
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class LinkeditData:
    """A range of `__LINKEDIT`, in bytes from the start of the slice."""

    offset: int
    size: int


@dataclass(frozen=True)
class Slice:
    """One architecture of a Mach-O file."""

    path: Path
    offset: int
    """Bytes from the start of the file."""
    size: int
    """Bytes."""
    byte_order: str
    """`<` or `>`, as in the struct module."""
    is_64: bool
    cputype: int
    cpusubtype: int
    filetype: str
    """`execute`, `dylib`, `bundle`, `dsym`, `object`, ..."""
    flags: int
    commands: tuple[LoadCommand, ...]
    commands_size: int
    """Bytes of all load commands together (`sizeofcmds`)."""
    alignment: int = 0
    """Of the slice's place in a universal file, as a power of two; 0 in a thin file."""

    @property
    def arch(self) -> str:
        """`arm64`, `arm64e`, `x86_64`, ...; `cpu-<type>` where it is none of the known."""
        key = (self.cputype, self.cpusubtype & CPU_SUBTYPE_MASK)
        return ARCHITECTURES.get(key, f"cpu-{self.cputype}")

    @property
    def header_size(self) -> int:
        """Bytes before the first load command."""
        return 32 if self.is_64 else 28

    @property
    def page_size(self) -> int:
        """Bytes of a page of memory of this architecture."""
        return _ARM64_PAGE if self.cputype == CPU_ARM64 else _OTHER_PAGE

    @cached_property
    def install_name(self) -> str | None:
        """The name under which a library wants to be loaded (LC_ID_DYLIB)."""
        for command in self._having({mach_o.LC_ID_DYLIB}):
            return self._dylib(command).name
        return None

    @cached_property
    def dylibs(self) -> tuple[Dylib, ...]:
        """Libraries to be loaded, in the order of the file."""
        return tuple(self._dylib(command) for command in self._having(_DYLIB_COMMANDS))

    @cached_property
    def rpaths(self) -> tuple[str, ...]:
        """Folders in which `@rpath` is looked for (LC_RPATH), in the order of the file."""
        return tuple(
            self._string(command, 0, len_before=12) for command in self._having({mach_o.LC_RPATH})
        )

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """All segments with their sections."""
        wanted = {mach_o.LC_SEGMENT, mach_o.LC_SEGMENT_64}
        return tuple(self._segment(command) for command in self._having(wanted))

    @cached_property
    def build_version(self) -> tuple[int, Version, Version] | None:
        """Platform, oldest system and SDK, from LC_BUILD_VERSION or LC_VERSION_MIN_MACOSX."""
        for command in self._having({mach_o.LC_BUILD_VERSION}):
            platform, minos, sdk = struct.unpack_from(
                self.byte_order + "3I", self._at_least(command, 12)
            )
            return platform, unpack_version(minos), unpack_version(sdk)
        for command in self._having({mach_o.LC_VERSION_MIN_MACOSX}):
            minos, sdk = struct.unpack_from(self.byte_order + "2I", self._at_least(command, 8))
            return PLATFORM_MACOS, unpack_version(minos), unpack_version(sdk)
        return None

    @property
    def minos(self) -> Version | None:
        """The oldest macOS on which dyld will load this."""
        return self.build_version[1] if self.build_version else None

    @property
    def sdk(self) -> Version | None:
        """The SDK that this was linked against; AppKit's behaviour depends on the main one's."""
        return self.build_version[2] if self.build_version else None

    @cached_property
    def uuid(self) -> bytes | None:
        """The 16 bytes of LC_UUID."""
        for command in self._having({mach_o.LC_UUID}):
            return self._at_least(command, 16)[:16]
        return None

    @cached_property
    def entry_offset(self) -> int | None:
        """Where `main` is, in bytes from the start of the slice (LC_MAIN)."""
        for command in self._having({mach_o.LC_MAIN}):
            (offset,) = struct.unpack_from(self.byte_order + "Q", self._at_least(command, 16))
            return int(offset)
        return None

    @cached_property
    def code_signature(self) -> LinkeditData | None:
        """Where the signature is, if there is one; its range is not checked here."""
        return self.linkedit("LC_CODE_SIGNATURE")

    def decode(self) -> None:
        """Read every fact once, so that damage is found now. Raises MachOError."""
        for name in _FACTS:
            getattr(self, name)

    def linkedit(self, name: str) -> LinkeditData | None:
        """The range that the load command `name` (such as `LC_FUNCTION_STARTS`) points at."""
        for command in self.commands:
            if command.name == name and command.number in _LINKEDIT_COMMANDS:
                offset, size = struct.unpack_from(
                    self.byte_order + "2I", self._at_least(command, 8)
                )
                return LinkeditData(offset, size)
        return None

    @cached_property
    def symtab(self) -> tuple[int, int, int, int] | None:
        """Symbol table: offset, number of symbols, offset and size of the strings, in bytes."""
        for command in self._having({mach_o.LC_SYMTAB}):
            values = struct.unpack_from(self.byte_order + "4I", self._at_least(command, 16))
            return values[0], values[1], values[2], values[3]
        return None

    @cached_property
    def header_room(self) -> int:
        """Bytes free between the last load command and the first section's content."""
        end = self.header_size + self.commands_size
        starts = [
            section.offset
            for segment in self.segments
            for section in segment.sections
            if section.offset and section.flags & 0xFF not in _ZEROFILL_SECTIONS and section.size
        ]
        starts += [s.offset for s in self.segments if s.offset and s.file_size]
        return max(0, min(starts, default=self.size) - end)

    def _having(self, numbers: set[int]) -> list[LoadCommand]:
        return [command for command in self.commands if command.number in numbers]

    def _at_least(self, command: LoadCommand, size: int) -> bytes:
        if len(command.data) < size:
            raise MachOError(
                f"{_shown(self.path)}: the load command {command.name} of {self.arch} is cut short."
            )
        return command.data

    def _string(self, command: LoadCommand, field: int, *, len_before: int) -> str:
        data = self._at_least(command, len_before - 8)
        (start,) = struct.unpack_from(self.byte_order + "I", data, field)
        if not len_before <= start <= command.size:
            raise MachOError(
                f"{_shown(self.path)}: the name in {command.name} of {self.arch} lies outside it."
            )
        return os.fsdecode(data[start - 8 :].split(b"\0", 1)[0])

    def _dylib(self, command: LoadCommand) -> Dylib:
        data = self._at_least(command, sizeof(mach_o.dylib_command))
        _, _, current, compatible = struct.unpack_from(self.byte_order + "4I", data)
        return Dylib(
            command.name,
            self._string(command, 0, len_before=24),
            unpack_version(current),
            unpack_version(compatible),
        )

    def _segment(self, command: LoadCommand) -> Segment:
        wide = command.number == mach_o.LC_SEGMENT_64
        kind = mach_o.segment_command_64 if wide else mach_o.segment_command
        section_kind = mach_o.section_64 if wide else mach_o.section
        data = self._at_least(command, sizeof(kind))
        layout = "16s4Q4I" if wide else "16s8I"
        name, address, memory, offset, size, _, protection, count, _ = struct.unpack_from(
            self.byte_order + layout, data
        )
        each, start = sizeof(section_kind), sizeof(kind)
        if start + count * each > len(data):
            raise MachOError(
                f"{_shown(self.path)}: a segment of {self.arch} names {count} sections, "
                "more than its load command holds."
            )
        layout = self.byte_order + ("16s16s2Q5I" if wide else "16s16s7I")
        sections = []
        for index in range(count):
            s = struct.unpack_from(layout, data, start + index * each)
            sections.append(Section(_name(s[1]), _name(s[0]), s[2], s[3], s[4], s[8]))
        return Segment(_name(name), address, memory, offset, size, protection, tuple(sections))


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


def unpack_version(packed: int) -> Version:
    """X.Y.Z of the 16.8.8 bits in which load commands keep versions."""
    return packed >> 16, (packed >> 8) & 0xFF, packed & 0xFF


def pack_version(version: Sequence[int]) -> int:
    """The 16.8.8 bits of a version; missing parts are zero."""
    major, minor, patch = (*version, 0, 0, 0)[:3]
    return major << 16 | minor << 8 | patch


def show_version(version: Sequence[int] | None) -> str:
    """`11.0`, `14.4`, `13.3.1`; `unknown` for None."""
    if version is None:
        return "unknown"
    parts = list(version)
    while len(parts) > 2 and parts[-1] == 0:
        parts.pop()
    return ".".join(map(str, parts))


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
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise MachOError(f"{_shown(path)} is not a regular file.")
            return _read(_FileView(file, status.st_size), path)
    except OSError as error:
        raise MachOError(f"{_shown(path)} cannot be read: {error.strerror}.") from error


def parse_macho(data: Buffer, path: Path = Path("<bytes>")) -> MachOFile:
    """Read the headers of a Mach-O file that is in memory; `path` is used in messages only."""
    return _read(data, path)


class _FileView:
    """A file as a Buffer: only the ranges asked for are read."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size = file, size
        self._start = os.pread(file.fileno(), 4096, 0)

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, item: slice, /) -> bytes:
        start, stop, _ = item.indices(self._size)
        if stop <= len(self._start):
            return self._start[start:stop]
        return os.pread(self._file.fileno(), max(0, stop - start), start)


def _read(data: Buffer, path: Path) -> MachOFile:
    start = bytes(data[0:8])
    if start[:4] in THIN_MAGICS:
        return MachOFile(path, len(data), False, (_read_slice(data, path, 0, len(data)),))
    if not looks_like_macho(start):
        raise MachOError(f"{_shown(path)} is not a Mach-O file.")
    ranges = _fat_ranges(data, path, wide=FAT_MAGICS[start[:4]], count=start[7])
    slices = tuple(_read_slice(data, path, *where) for where in ranges)
    return MachOFile(path, len(data), True, slices)


def _fat_ranges(data: Buffer, path: Path, *, wide: bool, count: int) -> list[tuple[int, int, int]]:
    layout = ">2I2Q2I" if wide else ">5I"
    each = struct.calcsize(layout)
    table = bytes(data[8 : 8 + count * each])
    if len(table) < count * each:
        raise MachOError(f"{_shown(path)} is cut short in its table of architectures.")
    ranges, seen = [], set()
    for index in range(count):
        entry = struct.unpack_from(layout, table, index * each)
        cpu, subtype, offset, size, alignment = entry[:5]
        kind = (cpu, subtype & CPU_SUBTYPE_MASK)
        name = ARCHITECTURES.get(kind, f"cpu-{cpu}")
        if offset < 8 + len(table) or offset + size > len(data) or size < 28:
            raise MachOError(f"{_shown(path)}: the slice {name} lies outside the file.")
        if alignment > MAX_ALIGNMENT or offset % (1 << alignment):
            raise MachOError(f"{_shown(path)}: the slice {name} is not aligned as it says.")
        if kind in seen:
            raise MachOError(f"{_shown(path)} has two slices for {name}.")
        seen.add(kind)
        ranges.append((offset, size, alignment))
    ordered = sorted(ranges)
    for (offset, size, _), (following, *_) in pairwise(ordered):
        if offset + size > following:
            raise MachOError(f"{_shown(path)} has slices that overlap.")
    return ranges


def _read_slice(data: Buffer, path: Path, offset: int, size: int, alignment: int = 0) -> Slice:
    header = bytes(data[offset : offset + min(size, 32)])
    if header.startswith(ARCHIVE_MAGIC):
        raise StaticLibraryError(f"{_shown(path)} is a static library.")
    order, is_64 = THIN_MAGICS.get(header[:4], ("", False))
    length = 32 if is_64 else 28
    if not order or len(header) < length:
        raise MachOError(f"{_shown(path)} has a slice that is not Mach-O.")
    _, cpu, subtype, filetype, count, commands_size, flags = struct.unpack_from(
        order + "7I", header
    )
    if commands_size > min(size - length, MAX_COMMANDS_SIZE) or count * 8 > commands_size:
        raise MachOError(
            f"{_shown(path)} says it has {count} load commands in {commands_size} bytes, "
            "which cannot be."
        )
    block = bytes(data[offset + length : offset + length + commands_size])
    commands = []
    at = 0
    for _ in range(count):
        if at + 8 > len(block):
            raise MachOError(f"{_shown(path)}: the load commands are cut short.")
        number, command_size = struct.unpack_from(order + "2I", block, at)
        if command_size < 8 or at + command_size > len(block):
            raise MachOError(f"{_shown(path)}: a load command has an impossible size.")
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


def _name(raw: bytes) -> str:
    return os.fsdecode(raw.split(b"\0", 1)[0])


def _shown(path: Path) -> str:
    """A path on one line, whatever is in its name."""
    return ascii(str(path))[1:-1] if not str(path).isprintable() else str(path)
