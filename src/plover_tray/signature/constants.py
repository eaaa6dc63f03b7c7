"""The numbers of code signatures: tables, each with its source.

Source, unless said otherwise: `osfmk/kern/cs_blobs.h` of Apple's xnu and `CSCommon.h` and
`CSCommonPriv.h` of Apple's Security framework, all published.
"""

from enum import IntEnum, IntFlag


class Magic(IntEnum):
    """First word (big-endian) of each kind of blob."""

    REQUIREMENT = 0xFADE0C00
    REQUIREMENTS = 0xFADE0C01
    CODE_DIRECTORY = 0xFADE0C02
    EMBEDDED_SIGNATURE = 0xFADE0CC0
    WRAPPER = 0xFADE0B01
    """Around the CMS signature, which is DER and no blob of its own."""
    ENTITLEMENTS = 0xFADE7171
    ENTITLEMENTS_DER = 0xFADE7172
    LAUNCH_CONSTRAINT = 0xFADE8181


class Slot(IntEnum):
    """Where a blob stands in a SuperBlob; 1 to 11 are also the CodeDirectory's special slots."""

    CODE_DIRECTORY = 0
    INFO = 1
    """Info.plist; a file or a section, never in the SuperBlob."""
    REQUIREMENTS = 2
    RESOURCES = 3
    """`_CodeSignature/CodeResources`; a file, never in the SuperBlob."""
    APPLICATION = 4
    ENTITLEMENTS = 5
    REP_SPECIFIC = 6
    """A disk image's own trailer."""
    ENTITLEMENTS_DER = 7
    LAUNCH_SELF = 8
    LAUNCH_PARENT = 9
    LAUNCH_RESPONSIBLE = 10
    LIBRARY_CONSTRAINT = 11
    ALTERNATE_CODE_DIRECTORY = 0x1000
    """The first of five: the same code hashed with another algorithm."""
    CMS = 0x10000


SLOT_NAMES: dict[int, str] = {
    Slot.CODE_DIRECTORY: "CodeDirectory",
    Slot.INFO: "Info.plist",
    Slot.REQUIREMENTS: "requirements",
    Slot.RESOURCES: "CodeResources",
    Slot.APPLICATION: "application",
    Slot.ENTITLEMENTS: "entitlements",
    Slot.REP_SPECIFIC: "trailer",
    Slot.ENTITLEMENTS_DER: "entitlements in DER",
    Slot.LAUNCH_SELF: "launch constraint on itself",
    Slot.LAUNCH_PARENT: "launch constraint on the parent",
    Slot.LAUNCH_RESPONSIBLE: "launch constraint on the responsible process",
    Slot.LIBRARY_CONSTRAINT: "library constraint",
    Slot.CMS: "CMS signature",
}
"""What people call a slot."""

MAX_ALTERNATES = 5
"""Alternate CodeDirectories: slots 0x1000 to 0x1004."""


class Flag(IntFlag):
    """The CodeDirectory's flags that mean something for an app."""

    ADHOC = 0x2
    """No certificate: only the hashes speak."""
    FORCE_HARD = 0x100
    FORCE_KILL = 0x200
    FORCE_EXPIRATION = 0x400
    RESTRICT = 0x800
    ENFORCEMENT = 0x1000
    LIBRARY_VALIDATION = 0x2000
    RUNTIME = 0x10000
    """The hardened runtime, which notarization demands."""
    LINKER_SIGNED = 0x20000
    """Made by the linker, so that arm64 runs it at all; codesign replaces it without asking."""


FLAG_NAMES: dict[int, str] = {
    Flag.ADHOC: "adhoc",
    Flag.FORCE_HARD: "hard",
    Flag.FORCE_KILL: "kill",
    Flag.FORCE_EXPIRATION: "expires",
    Flag.RESTRICT: "restrict",
    Flag.ENFORCEMENT: "enforcement",
    Flag.LIBRARY_VALIDATION: "library-validation",
    Flag.RUNTIME: "runtime",
    Flag.LINKER_SIGNED: "linker-signed",
}
"""The names that `codesign --display` prints."""


class ExecSegment(IntFlag):
    """Flags on the executable segment, some of them derived from entitlements."""

    MAIN_BINARY = 0x1
    ALLOW_UNSIGNED = 0x10
    DEBUGGER = 0x20
    JIT = 0x40
    SKIP_LIBRARY_VALIDATION = 0x80
    CAN_LOAD_CDHASH = 0x100
    CAN_EXEC_CDHASH = 0x200


ENTITLEMENT_EXEC_FLAGS = {
    "get-task-allow": ExecSegment.ALLOW_UNSIGNED,
    "run-unsigned-code": ExecSegment.ALLOW_UNSIGNED,
    "com.apple.private.cs.debugger": ExecSegment.DEBUGGER,
    "dynamic-codesigning": ExecSegment.JIT,
    "com.apple.private.skip-library-validation": ExecSegment.SKIP_LIBRARY_VALIDATION,
    "com.apple.private.amfi.can-load-cdhash": ExecSegment.CAN_LOAD_CDHASH,
    "com.apple.private.amfi.can-execute-cdhash": ExecSegment.CAN_EXEC_CDHASH,
}
"""Entitlements that also set a flag on the executable segment (read in apple-platform-rs)."""

HASHES = {
    1: ("sha1", 20),
    2: ("sha256", 32),
    3: ("sha256", 20),
    4: ("sha384", 48),
    5: ("sha512", 64),
}
"""A CodeDirectory's hash type: hashlib's name, bytes kept of each digest."""

SHA256 = 2

CDHASH_SIZE = 20
"""Bytes kept of a CodeDirectory's own digest, whatever the algorithm."""

PAGE_SIZE = 4096
"""Bytes under one code hash. Apple's codesign takes them for x86_64 and, before Xcode 26, for
arm64 too; since then 16,384 for arm64 (seen here)."""

SUPPORTS_SCATTER = 0x20100
SUPPORTS_TEAM = 0x20200
SUPPORTS_LIMIT_64 = 0x20300
SUPPORTS_EXEC_SEGMENT = 0x20400
SUPPORTS_RUNTIME = 0x20500
SUPPORTS_LINKAGE = 0x20600
"""CodeDirectory versions from which on a group of fields is there."""

LOADED_TYPES = frozenset({"execute", "dylib", "bundle", "dylinker", "kext"})
"""Mach-O types that the system loads: they carry signatures, unlike debug symbols and objects."""
