"""A Mach-O slice as dyld sees it: in goes a slice's bytes, out come segments, fixups and the entry.

LIEF reads the bindings and rebases, from dyld info and from chained fixups alike; the segments and
the entry come from macho/, which has checked their bounds.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import lief

from ...errors import MachOError
from ...interrupts import held_back
from ...macho.file import CPU_ARM64, Section, Slice
from ..ending import Ended
from ..result import Outcome
from . import memory
from .memory import EXECUTE, PAGE, READ, WRITE, Memory, page_ceiling

MAX_FIXUPS = 2_000_000

_INITIALIZERS, _INITIALIZER_OFFSETS = 0x9, 0x16
_THREAD_TEMPLATE = (0x11, 0x12)
"""Section types of mach-o/loader.h: S_MOD_INIT_FUNC_POINTERS, S_INIT_FUNC_OFFSETS,
S_THREAD_LOCAL_REGULAR and S_THREAD_LOCAL_ZEROFILL."""

_UNIXTHREAD_PC = {CPU_ARM64: 32, 0x01000007: 16}
"""The program counter's place in LC_UNIXTHREAD's registers (mach/machine/_structs.h)."""


@dataclass(frozen=True, slots=True)
class Binding:
    """A pointer that dyld fills with the address of another library's symbol."""

    address: int
    symbol: str
    addend: int
    library: str | None
    """Install name; None for a flat lookup."""
    weak: bool


@dataclass(frozen=True, slots=True)
class Image:
    """One slice, ready to be mapped."""

    path: str
    """In the guest."""
    slice_: Slice
    data: bytes
    bindings: tuple[Binding, ...]
    rebases: tuple[tuple[int, int], ...]
    """Address and the unslid pointer that belongs there."""
    slide: int = 0

    @property
    def base(self) -> int:
        """Where the Mach-O header is in memory."""
        for segment in self.slice_.segments:
            if segment.offset == 0 and segment.file_size:
                return segment.address + self.slide
        raise MachOError("No segment holds the Mach-O header.")

    @property
    def entry(self) -> tuple[int, bool]:
        """Address to enter, and whether it is `main` (LC_MAIN) or `start` (LC_UNIXTHREAD)."""
        offset = self.slice_.entry_offset
        if offset is not None:
            return self.base + offset, True
        place = _UNIXTHREAD_PC.get(self.slice_.cputype, 0)
        for command in self.slice_.commands:
            if command.name == "LC_UNIXTHREAD" and len(command.data) >= 8 * (place + 2):
                (counter,) = struct.unpack_from("<Q", command.data, 8 + 8 * place)
                return int(counter) + self.slide, False
        raise MachOError("There is no LC_MAIN or LC_UNIXTHREAD, so nothing to start at.")

    def sections(self, *kinds: int) -> Iterator[Section]:
        """All sections of the given types."""
        for segment in self.slice_.segments:
            for section in segment.sections:
                if section.flags & 0xFF in kinds:
                    yield section

    def section(self, *names: str) -> Section | None:
        """The first section with one of the names."""
        for segment in self.slice_.segments:
            for section in segment.sections:
                if section.name in names:
                    return section
        return None

    def initializers(self, guest: Memory) -> list[int]:
        """Functions that dyld calls before main, in order."""
        found: list[int] = []
        for section in self.sections(_INITIALIZERS, _INITIALIZER_OFFSETS):
            data = guest.read(section.address + self.slide, section.size)
            if section.flags & 0xFF == _INITIALIZERS:
                found += [value for (value,) in struct.iter_unpack("<Q", data[: len(data) & ~7])]
            else:
                offsets = struct.iter_unpack("<I", data[: len(data) & ~3])
                found += [self.base + offset for (offset,) in offsets]
        return found

    def thread_template(self) -> tuple[int, int]:
        """Start and size of what each thread gets a copy of; (0, 0) if nothing."""
        sections = list(self.sections(*_THREAD_TEMPLATE))
        if not sections:
            return 0, 0
        start = min(section.address for section in sections)
        return start + self.slide, max(s.address + s.size for s in sections) - start

    def map(self, guest: Memory) -> None:
        """Put the segments into guest memory and apply the rebases.

        Raises GuestFault for addresses that cannot be mapped.
        """
        for segment in self.slice_.segments:
            if not segment.memory_size or (segment.name == "__PAGEZERO" and not segment.file_size):
                continue
            start = segment.address + self.slide
            if segment.address % PAGE or start + segment.memory_size > memory.IMAGES_END:
                raise MachOError(f"The segment {segment.name!r} lies at {segment.address:#x}.")
            content = self._content(segment.offset, min(segment.file_size, segment.memory_size))
            protection = segment.protection & (READ | WRITE | EXECUTE)
            guest.map(start, page_ceiling(segment.memory_size), protection)
            guest.write(start, content)
        for address, value in self.rebases:
            guest.put_u64(address + self.slide, value + self.slide)

    def _content(self, offset: int, size: int) -> bytes:
        if offset + size > len(self.data):
            raise MachOError("A segment's content lies past the end of the file.")
        return self.data[offset : offset + size]


def read_image(path: str, slice_: Slice, data: bytes, slide: int = 0) -> Image:
    """Read the fixups of `slice_`, whose bytes are `data`. Raises MachOError, or Ended."""
    with held_back():
        return _read_image(path, slice_, data, slide)


def _read_image(path: str, slice_: Slice, data: bytes, slide: int) -> Image:
    lief.logging.disable()
    config = lief.MachO.ParserConfig.quick
    config.parse_dyld_bindings = True
    config.parse_dyld_rebases = True
    # The FatBinary must outlive everything that is read from it, or LIEF reads freed memory.
    fat = lief.MachO.parse(data, config)
    binary = fat.at(0) if fat is not None and fat.size else None
    if binary is None:
        raise MachOError("LIEF cannot read it.")
    fixups = ("LC_DYLD_INFO", "LC_DYLD_INFO_ONLY", "LC_DYLD_CHAINED_FIXUPS")
    if not any(command.name in fixups for command in slice_.commands) and binary.imported_symbols:
        raise Ended(
            Outcome.UNKNOWN_CALL,
            "It was linked for macOS 10.5 or older; how such a file is bound has no model.",
            call="classic fixups",
        )
    bindings, rebases = [], []
    for number, binding in enumerate(binary.bindings):
        if number > MAX_FIXUPS:
            raise MachOError("It has too many bindings.")
        symbol = binding.symbol.name if binding.has_symbol and binding.symbol is not None else ""
        ordinal = binding.library_ordinal
        library = slice_.dylibs[ordinal - 1].name if 0 < ordinal <= len(slice_.dylibs) else None
        bindings.append(
            Binding(
                binding.address,
                symbol if isinstance(symbol, str) else symbol.decode("utf-8", "surrogateescape"),
                binding.addend,
                library,
                binding.weak_import,
            )
        )
    for number, relocation in enumerate(binary.relocations):
        if number > MAX_FIXUPS:
            raise MachOError("It has too many rebases.")
        if isinstance(relocation, lief.MachO.RelocationFixup):
            rebases.append((relocation.address, relocation.target))
    del binary, fat
    return Image(path, slice_, data, tuple(bindings), tuple(rebases), slide)
