"""Editing Mach-O: in go the bytes of a slice, out come the bytes of the slice wanted.

Pure functions; nothing here opens a file. An edit leaves a signature in place but stale: whoever
edits seals again (or calls `strip_signature`). Load commands may only grow into the room that the
linker left behind them, so each function says clearly when that room is too small.
"""

import os
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cmp_to_key

from macholib import mach_o

from ..errors import MachOError
from .file import (
    CPU_ARM64,
    PLATFORM_MACOS,
    LoadCommand,
    MachOFile,
    Segment,
    Slice,
    Version,
    pack_version,
    parse_macho,
    show_version,
)
from .tables import DYLIB_COMMANDS, MAX_ALIGNMENT

_FAT_HEADER, _FAT_ARCH, _FAT_ARCH_64 = ">2I", ">5I", ">2I2Q2I"
"""`fat_header`, `fat_arch` and `fat_arch_64` of mach-o/fat.h; always big-endian."""
_FAT_MAGIC, _FAT_MAGIC_64 = 0xCAFEBABE, 0xCAFEBABF
_MAX_FAT32 = (1 << 32) - 1
"""Bytes that a `fat_arch` can measure."""
_COUNTS_AT = 16
"""Place of `ncmds` and `sizeofcmds` in `mach_header` and `mach_header_64` (mach-o/loader.h)."""
_MINOS_AT, _SDK_AT = 12, 16
"""Places in `build_version_command`."""
_VM_SIZE_AT, _FILE_SIZE_AT = 32, 48
"""Places in `segment_command_64`."""
_HEAD_WITH_PATH = 12
"""Bytes of a load command whose path follows at once, as `rpath_command`'s."""
_ALIGNMENT = 8
"""Sizes of load commands are multiples of it in 64-bit files."""
_MAX_MAJOR, _MAX_MINOR = (1 << 16) - 1, (1 << 8) - 1
"""Of a version's 16.8.8 bits."""


@dataclass(frozen=True, slots=True)
class CommandEdit:
    """What becomes of one load command: `raw` is the whole new command; None drops it."""

    raw: bytes | None


def thin_slice(data: bytes) -> Slice:
    """The one slice of a thin file. Raises MachOError for a universal one."""
    return _one_slice(data)


def _one_slice(data: bytes, *, head_only: bool = False) -> Slice:
    macho = parse_macho(data, head_only=head_only)
    if macho.fat:
        raise MachOError("A thin slice was expected, not a universal file.")
    return macho.slices[0]


def _editable(data: bytes) -> Slice:
    """The slice, if it is of a byte order that Macs have had since 2006."""
    slice_ = thin_slice(data)
    if slice_.byte_order != "<":
        raise MachOError(f"The {slice_.arch} slice is big-endian; it cannot be changed.")
    return slice_


def split_slices(data: bytes) -> list[tuple[Slice, bytes]]:
    """The slices of a thin or universal file, each with its own bytes, in the file's order."""
    return [(s, data[s.offset : s.offset + s.size]) for s in parse_macho(data).slices]


def join_slices(slices: Sequence[bytes]) -> bytes:
    """One universal file of thin slices, laid out as `lipo -create` does.

    Other architectures come before arm64, each at a multiple of its page size, and a 64-bit table
    is used only where offsets need it (known from llvm-lipo, whose output is the same). One slice
    alone stays thin. Raises MachOError for none at all, or two of one architecture.
    """
    if not slices:
        raise MachOError("There is no slice to make a file of.")
    if len(slices) == 1:
        return slices[0]
    parsed = sorted(((thin_slice(data), data) for data in slices), key=cmp_to_key(_lipo_order))
    names = [s.arch for s, _ in parsed]
    if len(set(names)) < len(names):
        raise MachOError(f"Two slices for the same architecture cannot be joined: {names}.")
    return _with_fat_table(parsed)


def _lipo_order(one: tuple[Slice, bytes], other: tuple[Slice, bytes]) -> int:
    a, b = one[0], other[0]
    if a.cputype == b.cputype:
        return a.cpusubtype - b.cpusubtype
    return (a.cputype == CPU_ARM64) - (b.cputype == CPU_ARM64) or a.page_size - b.page_size


def replace_slices(original: MachOFile, slices: Sequence[bytes]) -> bytes:
    """The file `original` with other bytes for its slices, in the same order.

    A thin file stays thin, a universal one universal, even with one slice; alignments are kept.
    """
    if not original.fat:
        return slices[0]
    pairs = zip(original.slices, slices, strict=True)
    return _with_fat_table(
        [(replace(thin_slice(data), alignment=old.alignment), data) for old, data in pairs]
    )


def rewrite_commands(
    data: bytes,
    edit: Callable[[LoadCommand], CommandEdit | None],
    append: Sequence[bytes] = (),
) -> bytes:
    """Replace or drop load commands of a thin slice, and append others behind them.

    `edit` returns None to keep a command as it is. `append` holds whole commands (8-byte sizes).
    `data` may end behind the load commands. Raises MachOError where the room behind them is too
    small.
    """
    slice_ = _one_slice(data, head_only=True)
    kept: list[bytes] = []
    for command in slice_.commands:
        change = edit(command)
        if change is None:
            kept.append(data[command.offset : command.offset + command.size])
        elif change.raw is not None:
            kept.append(change.raw)
    kept += append
    block = b"".join(kept)
    grown = len(block) - slice_.commands_size
    if grown > slice_.header_room:
        raise MachOError(
            f"The {slice_.arch} slice has {slice_.header_room} bytes of room behind its load "
            f"commands; {grown} are needed."
        )
    out = bytearray(data)
    start = slice_.header_size
    struct.pack_into(slice_.byte_order + "2I", out, _COUNTS_AT, len(kept), len(block))
    out[start : start + len(block)] = block
    if grown < 0:
        out[start + len(block) : start + slice_.commands_size] = bytes(-grown)
    return bytes(out)


def path_command(number: int, path: str, *, prefix: bytes = b"") -> bytes:
    """A whole load command that ends in a path: LC_RPATH, LC_LOAD_DYLIB (with `prefix`), ...

    Raises MachOError for a path that no load command can hold.
    """
    if not path or "\0" in path:
        raise MachOError(f"{path!r} is no path for a load command.")
    text = os.fsencode(path) + b"\0"
    start = _HEAD_WITH_PATH + len(prefix)
    size = -(-(start + len(text)) // _ALIGNMENT) * _ALIGNMENT
    head = struct.pack("<3I", number, size, start) + prefix
    return (head + text).ljust(size, b"\0")


def add_rpath(data: bytes, path: str) -> bytes:
    """Add an LC_RPATH to a thin slice, behind the others; nothing changes if it is there."""
    if path in _editable(data).rpaths:
        return data
    return rewrite_commands(data, lambda _: None, [path_command(mach_o.LC_RPATH, path)])


def replace_rpath(data: bytes, old: str, new: str) -> bytes:
    """Rename every LC_RPATH `old` of a thin slice to `new`."""
    slice_ = _editable(data)
    return _rename(data, slice_, {mach_o.LC_RPATH}, slice_.rpaths, old, new)


def replace_dylib(data: bytes, old: str, new: str) -> bytes:
    """Let a thin slice load `new` where it named `old`; versions and weakness stay."""
    slice_ = _editable(data)
    return _rename(data, slice_, DYLIB_COMMANDS, [d.name for d in slice_.dylibs], old, new)


def _rename(
    data: bytes, slice_: Slice, numbers: set[int], names: Sequence[str], old: str, new: str
) -> bytes:
    """Give each load command of `numbers` (which say `names`) whose name is `old` the name `new`.

    What stands before the name stays: newer linkers write flags there (`dylib_use_command`).
    """
    if old not in names:
        return data
    places = [c.offset for c in slice_.commands if c.number in numbers]
    named = dict(zip(places, names, strict=True))

    def edit(command: LoadCommand) -> CommandEdit | None:
        if named.get(command.offset) != old:
            return None
        (start,) = struct.unpack_from("<I", command.data)
        return CommandEdit(path_command(command.number, new, prefix=command.data[4 : start - 8]))

    return rewrite_commands(data, edit)


def set_build_version(data: bytes, *, minos: Version | None, sdk: Version | None) -> bytes:
    """Set the oldest system and the SDK in a thin slice's LC_BUILD_VERSION; None keeps one."""
    slice_ = _editable(data)
    found = [c for c in slice_.commands if c.number == mach_o.LC_BUILD_VERSION]
    for command in found:
        (platform,) = struct.unpack_from("<I", command.data)
        if platform == PLATFORM_MACOS or len(found) == 1:
            out = bytearray(data)
            for place, version in ((_MINOS_AT, minos), (_SDK_AT, sdk)):
                if version is not None:
                    struct.pack_into("<I", out, command.offset + place, _packed(version))
            return bytes(out)
    raise MachOError(f"The {slice_.arch} slice has no LC_BUILD_VERSION to change.")


def _packed(version: Version) -> int:
    major, minor, patch = version
    if not (0 <= major <= _MAX_MAJOR and 0 <= minor <= _MAX_MINOR and 0 <= patch <= _MAX_MINOR):
        raise MachOError(f"{show_version(version)} is no version that a load command can hold.")
    return pack_version(version)


def linkedit_segment(slice_: Slice) -> Segment:
    """The `__LINKEDIT` segment, which must end the slice. Raises MachOError otherwise."""
    for segment in slice_.segments:
        if segment.name == "__LINKEDIT":
            if segment.offset + segment.file_size != slice_.size:
                raise MachOError(f"__LINKEDIT of {slice_.arch} does not end the slice.")
            return segment
    raise MachOError(f"The {slice_.arch} slice has no __LINKEDIT segment.")


def resize_linkedit(data: bytes, size: int) -> bytes:
    """Let `__LINKEDIT` of a thin slice be `size` bytes long; the slice is cut or zero-filled.

    Raises MachOError where `__LINKEDIT` does not end the slice, or the slice is not 64 bit.
    """
    slice_ = _editable(data)
    segment = linkedit_segment(slice_)
    command = next(
        c
        for c, s in zip(_segment_commands(slice_), slice_.segments, strict=True)
        if s.name == segment.name
    )
    if command.number != mach_o.LC_SEGMENT_64:
        raise MachOError(f"The {slice_.arch} slice is not 64 bit; it cannot be changed.")
    pages = (size + slice_.page_size - 1) // slice_.page_size * slice_.page_size
    end = segment.offset + size
    out = bytearray(data[:end].ljust(end, b"\0"))
    struct.pack_into("<Q", out, command.offset + _VM_SIZE_AT, pages)
    struct.pack_into("<Q", out, command.offset + _FILE_SIZE_AT, size)
    return bytes(out)


def _segment_commands(slice_: Slice) -> list[LoadCommand]:
    return [c for c in slice_.commands if c.number in {mach_o.LC_SEGMENT, mach_o.LC_SEGMENT_64}]


def strip_signature(data: bytes) -> bytes:
    """A thin slice without its LC_CODE_SIGNATURE and without the signature's bytes."""
    slice_ = thin_slice(data)
    signature = slice_.code_signature
    if signature is None:
        return data
    segment = linkedit_segment(slice_)
    if signature.offset + signature.size != slice_.size or signature.offset < segment.offset:
        raise MachOError(f"The signature of the {slice_.arch} slice does not end it.")
    shorter = resize_linkedit(data, signature.offset - segment.offset)
    drop = CommandEdit(None)
    return rewrite_commands(
        shorter, lambda c: drop if c.number == mach_o.LC_CODE_SIGNATURE else None
    )


def fat_table(slices: Sequence[tuple[Slice, int]]) -> tuple[bytes, list[int]]:
    """The head of a universal file and the places of its slices, given each with its new size.

    Places are bytes from the start of the file, at multiples of the alignment that a slice had in
    its universal file, or of its architecture's page size.
    """
    wide = sum(size + (1 << MAX_ALIGNMENT) for _, size in slices) > _MAX_FAT32
    layout = _FAT_ARCH_64 if wide else _FAT_ARCH
    at = struct.calcsize(_FAT_HEADER) + len(slices) * struct.calcsize(layout)
    out = struct.pack(_FAT_HEADER, _FAT_MAGIC_64 if wide else _FAT_MAGIC, len(slices))
    places = []
    for slice_, size in slices:
        alignment = slice_.alignment or slice_.page_size.bit_length() - 1
        at = -(-at >> alignment) << alignment
        values = [slice_.cputype, slice_.cpusubtype, at, size, alignment]
        out += struct.pack(layout, *([*values, 0] if wide else values))
        places.append(at)
        at += size
    return out, places


def _with_fat_table(slices: Sequence[tuple[Slice, bytes]]) -> bytes:
    table, places = fat_table([(slice_, len(data)) for slice_, data in slices])
    out = bytearray(table)
    for start, (_, data) in zip(places, slices, strict=True):
        out += bytes(start - len(out))
        out += data
    return bytes(out)
