"""CodeDirectories: in goes one blob, out come its fields and hashes; and the way back.

All versions are read (0x20001 to 0x20600); 0x20400 is written, and 0x20500 where a hardened
runtime's version has to be said. Layout: `cs_blobs.h` of Apple's xnu.
"""

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..macho.file import Version, pack_version, unpack_version
from .blobs import SignatureFormatError, blob_length
from .constants import (
    CDHASH_SIZE,
    FLAG_NAMES,
    HASHES,
    PAGE_SIZE,
    SHA256,
    SUPPORTS_EXEC_SEGMENT,
    SUPPORTS_LIMIT_64,
    SUPPORTS_LINKAGE,
    SUPPORTS_RUNTIME,
    SUPPORTS_SCATTER,
    SUPPORTS_TEAM,
    Magic,
)

_FIXED = ">9I4BI"
_FIXED_SIZE = struct.calcsize(_FIXED)
"""`CS_CodeDirectory` in xnu's cs_blobs.h, up to `spare2`: what all versions have."""
_LATER = ">3IQ3Q"
"""What versions up to 0x20400 add: the offsets of scatter vector and team, spare, the 64-bit limit,
base, limit and flags of the executable segment."""
_MAX_LIMIT_32 = (1 << 32) - 1
"""The `codeLimit` of code that only the 64-bit limit can measure."""
MAX_SPECIAL_SLOTS = 64
"""Our bound; cs_blobs.h has eleven."""
MAX_PAGE_SHIFT = 30
"""Our bound, as a power of two; Apple's pages have 4 or 16 KB."""


@dataclass(frozen=True, slots=True)
class CodeDirectory:
    """What a CodeDirectory says; all sizes in bytes."""

    version: int
    flags: int
    identifier: str
    team: str | None
    hash_type: int
    hash_size: int
    page_size: int
    """0: one hash over everything."""
    code_limit: int
    """Bytes of the slice that are hashed."""
    special: Mapping[int, bytes]
    """Special slot (1, 2, ...) to its hash; slots of zeros are left out."""
    code_hashes: bytes
    """All code hashes, one behind the other."""
    platform: int = 0
    scatter_offset: int = 0
    exec_segment: tuple[int, int, int] | None = None
    """Base, limit and flags of the executable segment (from 0x20400 on)."""
    runtime: Version | None = None
    """Version of the hardened runtime (from 0x20500 on)."""
    linkage: tuple[int, int, bytes] | None = None
    """Hash type, application type and hash of what was linked against (from 0x20600 on)."""
    raw: bytes = field(default=b"", repr=False)

    @property
    def hash_name(self) -> str:
        """The algorithm, as hashlib calls it."""
        return HASHES[self.hash_type][0]

    @property
    def page_count(self) -> int:
        """How many code hashes there are."""
        return len(self.code_hashes) // self.hash_size

    @property
    def cdhash(self) -> bytes:
        """The 20 bytes by which the system knows this code."""
        return hashlib.new(self.hash_name, self.raw).digest()[:CDHASH_SIZE]

    @property
    def flag_names(self) -> tuple[str, ...]:
        """Names of the flags set; unknown bits in hexadecimal."""
        names = [name for flag, name in FLAG_NAMES.items() if self.flags & flag]
        rest = self.flags & ~sum(FLAG_NAMES)
        return (*names, f"{rest:#x}") if rest else tuple(names)

    def digest(self, data: bytes | memoryview) -> bytes:
        """Hash `data` the way this CodeDirectory does, cut to its hash size."""
        return hashlib.new(self.hash_name, data).digest()[: self.hash_size]


def parse_code_directory(raw: bytes) -> CodeDirectory:
    """Read a whole CodeDirectory blob. Raises SignatureFormatError where it cannot be one."""
    length = blob_length(raw)
    if length < _FIXED_SIZE:
        raise SignatureFormatError("The CodeDirectory is too short.")
    raw = bytes(raw[:length])
    (
        magic, _, version, flags, hash_offset, ident_offset, special_count, page_count, limit,
        hash_size, hash_type, platform, page_shift, _,
    ) = struct.unpack_from(_FIXED, raw)  # fmt: skip
    if magic != Magic.CODE_DIRECTORY:
        raise SignatureFormatError(f"The CodeDirectory starts with {magic:#010x}.")
    if version >> 16 != 2:
        raise SignatureFormatError(f"The CodeDirectory is of an unknown version, {version:#x}.")
    if hash_type not in HASHES or HASHES[hash_type][1] != hash_size:
        raise SignatureFormatError(
            f"The CodeDirectory says its hashes are of type {hash_type} with {hash_size} bytes."
        )
    if page_shift > MAX_PAGE_SHIFT or special_count > MAX_SPECIAL_SLOTS:
        raise SignatureFormatError(
            f"The CodeDirectory says pages of 2**{page_shift} bytes, {special_count} special slots."
        )
    extra = _Extra(raw, version)
    first = hash_offset - special_count * hash_size
    end = hash_offset + page_count * hash_size
    if first < extra.size or end > length:
        raise SignatureFormatError(
            f"The CodeDirectory has no room for {page_count} code hashes and {special_count} more."
        )
    wide = extra.limit_64
    special = {
        slot: raw[hash_offset - slot * hash_size : hash_offset - (slot - 1) * hash_size]
        for slot in range(1, special_count + 1)
    }
    return CodeDirectory(
        version=version,
        flags=flags,
        identifier=_text(raw, ident_offset, "identifier"),
        team=_text(raw, extra.team_offset, "team") if extra.team_offset else None,
        hash_type=hash_type,
        hash_size=hash_size,
        page_size=1 << page_shift if page_shift else 0,
        code_limit=wide or limit,
        special={slot: value for slot, value in special.items() if any(value)},
        code_hashes=raw[hash_offset:end],
        platform=platform,
        scatter_offset=extra.scatter_offset,
        exec_segment=extra.exec_segment,
        runtime=extra.runtime,
        linkage=extra.linkage,
        raw=raw,
    )


class _Extra:
    """The fields that versions after the first have added."""

    def __init__(self, raw: bytes, version: int) -> None:
        self._raw = raw
        self.size = _FIXED_SIZE
        self.scatter_offset = self._take("I", version >= SUPPORTS_SCATTER)[0]
        self.team_offset = self._take("I", version >= SUPPORTS_TEAM)[0]
        _, self.limit_64 = self._take("IQ", version >= SUPPORTS_LIMIT_64)
        segment = self._take("3Q", version >= SUPPORTS_EXEC_SEGMENT)
        has_segment = version >= SUPPORTS_EXEC_SEGMENT
        self.exec_segment = (segment[0], segment[1], segment[2]) if has_segment else None
        runtime, _ = self._take("2I", version >= SUPPORTS_RUNTIME)
        self.runtime = unpack_version(runtime) if runtime else None
        kind, application, _, offset, size = self._take("2BH2I", version >= SUPPORTS_LINKAGE)
        self.linkage = None
        if size:
            if offset + size > len(raw):
                raise SignatureFormatError("The CodeDirectory's linkage hash lies outside it.")
            self.linkage = (kind, application, raw[offset : offset + size])

    def _take(self, layout: str, present: bool) -> tuple[int, ...]:
        size = struct.calcsize(">" + layout)
        if not present:
            return struct.unpack(">" + layout, bytes(size))
        if self.size + size > len(self._raw):
            raise SignatureFormatError("The CodeDirectory is too short for its version.")
        values = struct.unpack_from(">" + layout, self._raw, self.size)
        self.size += size
        return values


def _text(raw: bytes, offset: int, what: str) -> str:
    end = raw.find(b"\0", offset)
    if not _FIXED_SIZE <= offset < len(raw) or end < 0:
        raise SignatureFormatError(f"The CodeDirectory's {what} lies outside it.")
    return raw[offset:end].decode("utf-8", "surrogateescape")


def make_code_directory(
    *,
    identifier: str,
    flags: int,
    code_limit: int,
    code_hashes: bytes,
    special: Mapping[int, bytes],
    exec_segment: tuple[int, int, int],
    page_size: int = PAGE_SIZE,
    team: str | None = None,
    runtime: Version | None = None,
) -> bytes:
    """A CodeDirectory blob with SHA-256 over pages of `page_size` bytes, a power of two.

    `special` maps special slots to their digests; slots up to the highest one are written, zeros
    where none is given. Version 0x20500 if `runtime` is given, else 0x20400.
    """
    version = SUPPORTS_RUNTIME if runtime else SUPPORTS_EXEC_SEGMENT
    hash_size = HASHES[SHA256][1]
    special_count = max(special, default=0)
    zero = bytes(hash_size)
    tail = struct.pack(">2I", pack_version(runtime), 0) if runtime else b""
    ident_offset = _FIXED_SIZE + struct.calcsize(_LATER) + len(tail)
    names = identifier.encode("utf-8", "surrogateescape") + b"\0"
    team_offset = 0
    if team:
        team_offset = ident_offset + len(names)
        names += team.encode("utf-8") + b"\0"
    hash_offset = ident_offset + len(names) + special_count * hash_size
    limit_64 = code_limit if code_limit > _MAX_LIMIT_32 else 0
    head = struct.pack(
        _FIXED,
        Magic.CODE_DIRECTORY,
        hash_offset + len(code_hashes),
        version,
        flags,
        hash_offset,
        ident_offset,
        special_count,
        len(code_hashes) // hash_size,
        _MAX_LIMIT_32 if limit_64 else code_limit,
        hash_size,
        SHA256,
        0,
        page_size.bit_length() - 1,
        0,
    )
    fields = struct.pack(_LATER, 0, team_offset, 0, limit_64, *exec_segment) + tail
    slots = b"".join(special.get(slot, zero) for slot in range(special_count, 0, -1))
    return head + fields + names + slots + code_hashes
