"""One architecture of a Mach-O file: in go its load commands, out comes what they say.

`file.parse_macho` makes these; nothing here opens a file. A load command that contradicts itself
or points outside the slice is a `MachOError`.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from macholib import mach_o
from macholib.ptypes import sizeof

from ..errors import MachOError, show_path
from .tables import (
    ARM_PAGE,
    CPU_ARM,
    CPU_ARM64,
    CPU_ARM64_32,
    CPU_SUBTYPE_MASK,
    DYLIB_COMMANDS,
    LINKEDIT_COMMANDS,
    NO_CONTENT,
    OTHER_PAGE,
    PLATFORM_MACOS,
    ZEROFILL_SECTIONS,
    Version,
    arch_name,
    unpack_version,
)

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
        return arch_name(self.kind)

    @property
    def kind(self) -> tuple[int, int]:
        """Type and subtype of the processor, without the capability bits."""
        return self.cputype, self.cpusubtype & CPU_SUBTYPE_MASK

    @property
    def header_size(self) -> int:
        """Bytes before the first load command."""
        return 32 if self.is_64 else 28

    @property
    def page_size(self) -> int:
        """Bytes of a page of memory of this architecture."""
        return ARM_PAGE if self.cputype in (CPU_ARM64, CPU_ARM, CPU_ARM64_32) else OTHER_PAGE

    @cached_property
    def install_name(self) -> str | None:
        """The name under which a library wants to be loaded (LC_ID_DYLIB)."""
        for command in self._having({mach_o.LC_ID_DYLIB}):
            return self._dylib(command).name
        return None

    @cached_property
    def current_version(self) -> Version | None:
        """The version that a library says it has (LC_ID_DYLIB); None for programs."""
        for command in self._having({mach_o.LC_ID_DYLIB}):
            return self._dylib(command).current_version
        return None

    @cached_property
    def dylibs(self) -> tuple[Dylib, ...]:
        """Libraries to be loaded, in the order of the file."""
        return tuple(self._dylib(command) for command in self._having(DYLIB_COMMANDS))

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
        """Platform, oldest system and SDK, from LC_BUILD_VERSION or LC_VERSION_MIN_MACOSX.

        Of several (a library for Mac Catalyst too) the one for macOS, else the first.
        """
        found = [
            struct.unpack_from(self.byte_order + "3I", self._at_least(command, 12))
            for command in self._having({mach_o.LC_BUILD_VERSION})
        ]
        for platform, minos, sdk in sorted(found, key=lambda v: v[0] != PLATFORM_MACOS):
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

    def check_ranges(self) -> None:
        """Raise MachOError where a load command points outside the slice."""
        for what, end in self._ends():
            if end > self.size:
                raise self._damaged(f"{what} lies outside it; the file is cut short or damaged")

    def _ends(self) -> Iterator[tuple[str, int]]:
        """Where what the load commands point at ends, in bytes from the start of the slice.

        Not the signature: whether it is whole is a question of its own.
        """
        if self.filetype not in NO_CONTENT:
            for segment in self.segments:
                yield f"the segment {segment.name!r}", segment.offset + segment.file_size
        if self.symtab is not None:
            offset, count, strings, size = self.symtab
            yield "the symbol table", offset + count * (16 if self.is_64 else 12)
            yield "the symbols' names", strings + size
        if self.entry_offset is not None:
            yield "main", self.entry_offset + 1
        for command in self._having(LINKEDIT_COMMANDS - {mach_o.LC_CODE_SIGNATURE}):
            offset, size = self._range(command)
            yield command.name, offset + size

    def linkedit(self, name: str) -> LinkeditData | None:
        """The range that the load command `name` (such as `LC_FUNCTION_STARTS`) points at."""
        for command in self.commands:
            if command.name == name and command.number in LINKEDIT_COMMANDS:
                return LinkeditData(*self._range(command))
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
            if section.offset and section.flags & 0xFF not in ZEROFILL_SECTIONS and section.size
        ]
        starts += [s.offset for s in self.segments if s.offset and s.file_size]
        return max(0, min(starts, default=self.size) - end)

    def _range(self, command: LoadCommand) -> tuple[int, int]:
        offset, size = struct.unpack_from(self.byte_order + "2I", self._at_least(command, 8))
        return offset, size

    def _damaged(self, what: str) -> MachOError:
        return MachOError(f"{show_path(self.path)}: in the {self.arch} slice, {what}.")

    def _having(self, numbers: set[int]) -> list[LoadCommand]:
        return [command for command in self.commands if command.number in numbers]

    def _at_least(self, command: LoadCommand, size: int) -> bytes:
        if len(command.data) < size:
            raise self._damaged(f"its load command {command.name} is cut short")
        return command.data

    def _string(self, command: LoadCommand, field: int, *, len_before: int) -> str:
        data = self._at_least(command, len_before - 8)
        (start,) = struct.unpack_from(self.byte_order + "I", data, field)
        if not len_before <= start <= command.size:
            raise self._damaged(f"the name in {command.name} lies outside the load command")
        return os.fsdecode(data[start - 8 :].split(b"\0", 1)[0])

    def _dylib(self, command: LoadCommand) -> Dylib:
        data = self._at_least(command, sizeof(mach_o.dylib_command))
        (current,) = struct.unpack_from(self.byte_order + "I", data, 8)
        return Dylib(
            command.name,
            self._string(command, 0, len_before=24),
            unpack_version(current),
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
            raise self._damaged(f"a segment names {count} sections, more than its command holds")
        layout = self.byte_order + ("16s16s2Q5I" if wide else "16s16s7I")
        sections = []
        for index in range(count):
            s = struct.unpack_from(layout, data, start + index * each)
            sections.append(Section(_name(s[1]), _name(s[0]), s[2], s[3], s[4], s[8]))
        return Segment(_name(name), address, memory, offset, size, protection, tuple(sections))


def _name(raw: bytes) -> str:
    return os.fsdecode(raw.split(b"\0", 1)[0])
