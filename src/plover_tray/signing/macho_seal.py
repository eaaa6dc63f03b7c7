"""Signing one Mach-O file ad-hoc: in go its bytes and what the seal has to say, out comes the
signed file, thin or universal.

Laid out as Apple's codesign does (seen here: signing again what it had signed ad-hoc gives the
same bytes): SHA-256 over pages, a CodeDirectory 0x20400, an empty requirement set, an empty CMS
blob; the signature starts at a multiple of 16 and gets 18,000 bytes more than it needs, which is
codesign's estimate for a CMS signature. Pages have 4096 bytes, as every system takes them, unless
the slice was signed before with others: codesign of Xcode 26 takes 16,384 on arm64 (seen here).
What an older codesign signature left in that room stays, for codesign lets it stay too.
"""

import hashlib
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from macholib import mach_o

from ..errors import SigningError
from ..macho.edit import fat_table
from ..macho.file import MachOFile, Slice, Version, parse_macho
from ..signature.blobs import SignatureFormatError, make_blob, make_superblob, parse_superblob
from ..signature.codedirectory import CodeDirectory, make_code_directory, parse_code_directory
from ..signature.constants import (
    CDHASH_SIZE,
    LOADED_TYPES,
    PAGE_SIZE,
    ExecSegment,
    Flag,
    Magic,
    Slot,
)
from ..signature.entitlements import exec_segment_flags, make_der_blob, make_xml_blob, parse_xml
from ..signature.hashing import page_hashes

PAGE_SIZES = {0x1000, 0x4000}
"""Pages that are kept where codesign chose them."""
CMS_ROOM = 18_000
"""Bytes that codesign reserves for a CMS signature, used or not."""
ALIGNMENT = 16
"""Of the signature's place and size, in bytes."""
LINKEDIT_MULTIPLE = 0x4000
"""Bytes of memory that `__LINKEDIT` is rounded up to, on x86_64 too (seen here)."""
MAX_THIN_SIZE = 0xFFFFFFFF
"""LC_CODE_SIGNATURE holds the signature's place in 32 bits."""

EMPTY_REQUIREMENTS = make_blob(Magic.REQUIREMENTS, bytes(4))
EMPTY_CMS = make_blob(Magic.WRAPPER, b"")

Entitlements = Mapping[str, Any] | bytes
Buffer = bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True)
class SignatureContent:
    """What the seal of one Mach-O file has to say."""

    identifier: str
    flags: int = Flag.ADHOC
    info_plist: bytes | None = None
    code_resources: bytes | None = None
    requirements: bytes | None = None
    """A whole requirement set blob; None: an empty one."""
    entitlements: Entitlements | None = None
    """A dictionary, or an XML property list that is taken as it is."""
    hardened_runtime_version: Version | None = None
    """With Flag.RUNTIME: the version to claim; None: the SDK of the slice, as codesign does."""


def sign_macho_bytes(
    data: bytes,
    *,
    identifier: str,
    flags: int = Flag.ADHOC,
    info_plist: bytes | None = None,
    code_resources: bytes | None = None,
    requirements: bytes | None = None,
    entitlements: Entitlements | None = None,
    hardened_runtime_version: Version | None = None,
) -> bytes:
    """Sign a thin or universal file ad-hoc and return it; an old signature is replaced.

    `info_plist` and `code_resources` are the bytes of those files of the bundle whose main
    executable this is; without `info_plist` the one in the `__info_plist` section is taken.
    Raises SigningError where there is no room for LC_CODE_SIGNATURE or the file cannot be
    signed, MachOError where it is damaged.
    """
    content = SignatureContent(
        identifier,
        flags,
        info_plist,
        code_resources,
        requirements,
        entitlements,
        hardened_runtime_version,
    )
    return b"".join(seal_macho(data, parse_macho(data), content).parts)


@dataclass(frozen=True, slots=True)
class SealedMachO:
    """A signed file."""

    parts: list[Buffer]
    """To be written one behind the other."""
    cdhashes: Mapping[str, bytes]
    """Architecture to cdhash."""


def seal_macho(data: Buffer, macho: MachOFile, content: SignatureContent) -> SealedMachO:
    """Sign the file `data`, whose headers are `macho`, so that it says `content`.

    What is not changed stays a view of `data`: large files are never copied in memory. Raises as
    `sign_macho_bytes` does.
    """
    view = memoryview(data)
    sealed = [_sealed_slice(view[s.offset : s.offset + s.size], s, content) for s in macho.slices]
    cdhashes = {s.arch: cdhash for s, (_, cdhash) in zip(macho.slices, sealed, strict=True)}
    if not macho.fat:
        return SealedMachO(sealed[0][0], cdhashes)
    sizes = [sum(map(len, parts)) for parts, _ in sealed]
    table, places = fat_table(list(zip(macho.slices, sizes, strict=True)))
    out: list[Buffer] = [table]
    at = len(table)
    for place, size, (parts, _) in zip(places, sizes, sealed, strict=True):
        out.append(bytes(place - at))
        out += parts
        at = place + size
    return SealedMachO(out, cdhashes)


def unsignable(slice_: Slice) -> str:
    """Why `slice_` cannot carry a signature; empty if it can."""
    if slice_.filetype not in LOADED_TYPES:
        return f"a file of type {slice_.filetype} carries no signature"
    if slice_.size + (1 << 20) > MAX_THIN_SIZE:
        return "it is too large"
    ends = sorted((s.offset + s.file_size, s.name) for s in slice_.segments)
    if not any(name == "__LINKEDIT" for _, name in ends):
        return "it has no __LINKEDIT segment"
    end, last = ends[-1]
    if last != "__LINKEDIT" or end > slice_.size:
        return "__LINKEDIT is not its last segment"
    signature = slice_.code_signature
    if signature is not None:
        end = min(end, -(-(signature.offset + signature.size) // ALIGNMENT) * ALIGNMENT)
    if end < slice_.size:
        return "something was appended behind its last segment"
    if signature is None and slice_.header_room < 16:
        return (
            f"{slice_.header_room} bytes are free behind its load commands and 16 are needed "
            "for LC_CODE_SIGNATURE"
        )
    return ""


def _end_of_code(slice_: Slice) -> int:
    signature = slice_.code_signature
    return signature.offset if signature else slice_.size


def _sealed_slice(
    view: memoryview, slice_: Slice, content: SignatureContent
) -> tuple[list[Buffer], bytes]:
    """One slice with its seal (changed head, code, padding, signature, room), and its cdhash."""
    reason = unsignable(slice_)
    if reason:
        raise SigningError(
            f"The {slice_.arch} slice of {slice_.path} cannot be signed: {reason}.",
            mend="Link it again with -headerpad, or leave the file out of the bundle.",
        )
    limit = _end_of_code(slice_)
    start = -(-limit // ALIGNMENT) * ALIGNMENT
    old = _existing_directory(view, slice_)
    page_size = old.page_size if old and old.page_size in PAGE_SIZES else PAGE_SIZE
    build = _signature_builder(content, slice_, start, page_size, view)
    length = len(build(bytes(-(-start // page_size) * 32))[0])
    room = -(-(length + CMS_ROOM) // ALIGNMENT) * ALIGNMENT
    head = _head_with_signature(view, slice_, start, room)
    padding = bytes(start - limit)
    code = view[len(head) : limit]
    signature, cdhash = build(page_hashes([head, code, padding], page_size))
    rest = bytes(view[start + length : start + room]) if old else b""
    return [head, code, padding, signature, rest, bytes(room - length - len(rest))], cdhash


def _special_blobs(content: SignatureContent, slice_: Slice) -> list[tuple[int, bytes]]:
    blobs = [(int(Slot.REQUIREMENTS), content.requirements or EMPTY_REQUIREMENTS)]
    if content.entitlements is not None and slice_.filetype == "execute":
        known = _as_mapping(content.entitlements)
        blobs.append((Slot.ENTITLEMENTS, make_xml_blob(content.entitlements)))
        blobs.append((Slot.ENTITLEMENTS_DER, make_der_blob(known)))
    return blobs


def _as_mapping(entitlements: Entitlements) -> Mapping[str, Any]:
    return parse_xml(entitlements) if isinstance(entitlements, bytes) else entitlements


def _existing_directory(view: memoryview, slice_: Slice) -> CodeDirectory | None:
    """The CodeDirectory that codesign made before; None for none, or the linker's."""
    where = slice_.code_signature
    if where is None:
        return None
    try:
        blobs = parse_superblob(bytes(view[where.offset : where.offset + where.size]))
        found = blobs.find(Slot.CODE_DIRECTORY)
        directory = parse_code_directory(found.raw) if found else None
    except SignatureFormatError:
        return None
    return directory if directory and not directory.flags & Flag.LINKER_SIGNED else None


def _signature_builder(
    content: SignatureContent, slice_: Slice, limit: int, page_size: int, view: memoryview
) -> Callable[[bytes], tuple[bytes, bytes]]:
    """A function from code hashes to the whole SuperBlob and its cdhash."""
    blobs = _special_blobs(content, slice_)
    special = {slot: hashlib.sha256(raw).digest() for slot, raw in blobs}
    info = content.info_plist
    if info is None:
        info = embedded_info_plist(view, slice_)
    for slot, file in ((Slot.INFO, info), (Slot.RESOURCES, content.code_resources)):
        if file is not None:
            special[slot] = hashlib.sha256(file).digest()
    segment_flags = ExecSegment(0)
    if slice_.filetype == "execute":
        segment_flags |= ExecSegment.MAIN_BINARY
        if content.entitlements is not None:
            segment_flags |= exec_segment_flags(_as_mapping(content.entitlements))
    text = next((s for s in slice_.segments if s.name == "__TEXT"), None)
    segment = (text.offset, text.file_size, segment_flags) if text else (0, 0, segment_flags)
    runtime = None
    if content.flags & Flag.RUNTIME:
        runtime = content.hardened_runtime_version or slice_.sdk or (11, 0, 0)

    def build(code_hashes: bytes) -> tuple[bytes, bytes]:
        directory = make_code_directory(
            identifier=content.identifier,
            flags=content.flags,
            code_limit=limit,
            page_size=page_size,
            code_hashes=code_hashes,
            special=special,
            exec_segment=segment,
            runtime=runtime,
        )
        cdhash = hashlib.sha256(directory).digest()[:CDHASH_SIZE]
        parts = [(Slot.CODE_DIRECTORY, directory), *blobs, (Slot.CMS, EMPTY_CMS)]
        return make_superblob(parts), cdhash

    return build


def embedded_info_plist(view: memoryview | bytes, slice_: Slice) -> bytes | None:
    """The Info.plist in the section `__TEXT,__info_plist` of a tool without a bundle, if any.

    `view` holds the slice alone.
    """
    for segment in slice_.segments:
        for section in segment.sections:
            if (section.segment, section.name) == ("__TEXT", "__info_plist"):
                return bytes(view[section.offset : section.offset + section.size])
    return None


def _head_with_signature(view: memoryview, slice_: Slice, start: int, room: int) -> bytes:
    """The slice's first bytes, load commands included, pointing at the signature."""
    order = slice_.byte_order
    linkedit = next(s for s in slice_.segments if s.name == "__LINKEDIT")
    file_size = start + room - linkedit.offset
    memory_size = -(-file_size // LINKEDIT_MULTIPLE) * LINKEDIT_MULTIPLE
    pointer = struct.pack(order + "4I", mach_o.LC_CODE_SIGNATURE, 16, start, room)
    end = slice_.header_size + slice_.commands_size
    head = bytearray(view[:end])
    for command in slice_.commands:
        if command.number == mach_o.LC_CODE_SIGNATURE:
            head[command.offset : command.offset + 16] = pointer
        elif command.number in _SEGMENTS and command.data.startswith(b"__LINKEDIT\0"):
            sizes, field = ("Q", 8) if slice_.is_64 else ("I", 4)
            at = command.offset + 24 + field  # behind name and address
            struct.pack_into(order + sizes, head, at, memory_size)
            struct.pack_into(order + sizes, head, at + 2 * field, file_size)
    if slice_.code_signature is None:
        head += pointer
        counts = (len(slice_.commands) + 1, slice_.commands_size + len(pointer))
        struct.pack_into(order + "2I", head, 16, *counts)
    return bytes(head)


_SEGMENTS = {mach_o.LC_SEGMENT, mach_o.LC_SEGMENT_64}
