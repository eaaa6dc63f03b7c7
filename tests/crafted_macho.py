"""Mach-O files put together by hand, for what no compiler makes.

Comes in: load commands as bytes. Goes out: the bytes of a thin or universal file, right or wrong.
"""

import struct
from collections.abc import Sequence

CPU_ARM64, CPU_X86_64 = 0x0100000C, 0x01000007
SUBTYPES = {CPU_ARM64: 0, CPU_X86_64: 3}
EXECUTE, DYLIB = 2, 6

LC_SEGMENT_64, LC_LOAD_DYLIB, LC_ID_DYLIB, LC_RPATH = 0x19, 0xC, 0xD, 0x8000001C
LC_BUILD_VERSION, LC_SYMTAB, LC_MAIN, LC_CODE_SIGNATURE = 0x32, 0x2, 0x80000028, 0x1D
LC_LOAD_WEAK_DYLIB, LC_FUNCTION_STARTS, LC_VERSION_MIN_MACOSX = 0x80000018, 0x26, 0x24
MACOS, MAC_CATALYST = 1, 6


def command(number: int, body: bytes, *, order: str = "<") -> bytes:
    """A whole load command, filled up to a multiple of 8 bytes."""
    size = (8 + len(body) + 7) // 8 * 8
    return (struct.pack(order + "2I", number, size) + body).ljust(size, b"\0")


def path_command(number: int, path: bytes, head: bytes = b"", *, order: str = "<") -> bytes:
    """A load command whose name stands behind `head`."""
    return command(number, struct.pack(order + "I", 12 + len(head)) + head + path + b"\0")


def dylib_command(number: int, path: bytes, *, timestamp: int = 2, version: int = 0) -> bytes:
    return path_command(number, path, struct.pack("<3I", timestamp, version, 0x10000))


def segment(
    name: bytes, offset: int, size: int, *, address: int = 0, sections: Sequence[bytes] = ()
) -> bytes:
    body = struct.pack("<16s4Q4I", name, address, size, offset, size, 7, 5, len(sections), 0)
    return command(LC_SEGMENT_64, body + b"".join(sections))


def section(name: bytes, segment_name: bytes, offset: int, size: int, flags: int = 0) -> bytes:
    return struct.pack("<16s16s2Q8I", name, segment_name, 0, size, offset, 0, 0, 0, flags, 0, 0, 0)


def build_version(platform: int, minos: int, sdk: int) -> bytes:
    return command(LC_BUILD_VERSION, struct.pack("<4I", platform, minos, sdk, 0))


def thin(
    commands: Sequence[bytes] = (),
    *,
    cpu: int = CPU_ARM64,
    subtype: int | None = None,
    filetype: int = EXECUTE,
    count: int | None = None,
    commands_size: int | None = None,
    size: int = 0,
    order: str = "<",
) -> bytes:
    """A thin 64-bit file; `count` and `commands_size` may lie, `size` fills it with zeros."""
    block = b"".join(commands)
    head = struct.pack(
        order + "8I",
        0xFEEDFACF,
        cpu,
        SUBTYPES.get(cpu, 0) if subtype is None else subtype,
        filetype,
        len(commands) if count is None else count,
        len(block) if commands_size is None else commands_size,
        0x85,
        0,
    )
    return (head + block).ljust(size, b"\0")


def small_library(name: bytes = b"@rpath/libx.dylib", *, cpu: int = CPU_ARM64) -> bytes:
    """A sound, empty dylib with `__TEXT` and `__LINKEDIT`, and plenty of header room."""
    text = section(b"__text", b"__TEXT", 0x2000, 16)
    commands = [
        segment(b"__TEXT", 0, 0x4000, sections=[text]),
        segment(b"__LINKEDIT", 0x4000, 0x100, address=0x4000),
        dylib_command(LC_ID_DYLIB, name),
        build_version(MACOS, 0x000B0000, 0x000E0000),
    ]
    return thin(commands, cpu=cpu, filetype=DYLIB, size=0x4100)


def fat(
    slices: Sequence[tuple[int, int, int, int, int]], body: bytes, *, wide: bool = False
) -> bytes:
    """A universal file: (cpu, subtype, offset, size, alignment) for each slice, then `body`."""
    layout = ">2I2Q2I" if wide else ">5I"
    table = struct.pack(">2I", 0xCAFEBABF if wide else 0xCAFEBABE, len(slices))
    for values in slices:
        table += struct.pack(layout, *values, *((0,) if wide else ()))
    return table + body[len(table) :]
