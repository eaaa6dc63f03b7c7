"""What Mach-O's numbers mean, and our bounds: tables only, nothing is read here.

Sources: `mach-o/loader.h`, `mach-o/fat.h` and `mach/machine.h` of Apple's cctools, as rendered by
macholib.
"""

from collections.abc import Sequence

from macholib import mach_o

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
MAX_COMMANDS = 4096
"""Load commands of one slice; the most seen in real files is 45."""
MAX_COMMANDS_SIZE = 1 << 20
"""Bytes; the largest seen in real files is some 5 KB."""
MAX_ALIGNMENT = 15
"""Of a slice, as a power of two; cctools' MAXSECTALIGN."""

CPU_ARM64 = 0x0100000C
CPU_X86_64 = 0x01000007
CPU_ARM, CPU_ARM64_32 = 12, 0x0200000C
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
ARM_PAGE, OTHER_PAGE = 0x4000, 0x1000
"""Bytes of a page of memory."""
NO_CONTENT = {"dsym", "dylib-stub"}
"""File types whose segments are those of another file."""

DYLIB_COMMANDS = {
    mach_o.LC_LOAD_DYLIB,
    mach_o.LC_LOAD_WEAK_DYLIB,
    mach_o.LC_REEXPORT_DYLIB,
    mach_o.LC_LAZY_LOAD_DYLIB,
    mach_o.LC_LOAD_UPWARD_DYLIB,
}
LINKEDIT_COMMANDS = {
    mach_o.LC_CODE_SIGNATURE,
    mach_o.LC_FUNCTION_STARTS,
    mach_o.LC_DATA_IN_CODE,
    mach_o.LC_CODE_SEGMENT_SPLIT_INFO,
    mach_o.LC_DYLIB_CODE_SIGN_DRS,
    mach_o.LC_LINKER_OPTIMIZATION_HINT,
    mach_o.LC_DYLD_EXPORTS_TRIE,
    mach_o.LC_DYLD_CHAINED_FIXUPS,
}
ZEROFILL_SECTIONS = {0x1, 0xC, 0x12}
"""S_ZEROFILL, S_GB_ZEROFILL, S_THREAD_LOCAL_ZEROFILL: they take no room in the file."""


def arch_name(kind: tuple[int, int]) -> str:
    """The name of a processor's type and subtype; `cpu-<type>` where it is none of the known."""
    return ARCHITECTURES.get(kind, f"cpu-{kind[0]}")


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
