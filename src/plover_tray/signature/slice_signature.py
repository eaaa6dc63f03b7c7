"""The signature of one slice: in go its bytes and the code, out what it says and its faults."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..macho.file import LinkeditData, Slice
from .blobs import SignatureFormatError, SuperBlob, parse_superblob, slot_name
from .codedirectory import CodeDirectory, parse_code_directory
from .constants import MAX_ALTERNATES, Flag, Magic, Slot
from .entitlements import parse_der, parse_xml
from .hashing import file_page_hashes
from .requirements import Expr, Kind, parse_requirement_set

if TYPE_CHECKING:
    from .cms import CmsFacts

MAX_BAD_PAGES = 1_000
"""Remembered of one slice."""

_EMBEDDED = {
    Slot.REQUIREMENTS: Magic.REQUIREMENTS,
    Slot.ENTITLEMENTS: Magic.ENTITLEMENTS,
    Slot.ENTITLEMENTS_DER: Magic.ENTITLEMENTS_DER,
    Slot.LAUNCH_SELF: Magic.LAUNCH_CONSTRAINT,
    Slot.LAUNCH_PARENT: Magic.LAUNCH_CONSTRAINT,
    Slot.LAUNCH_RESPONSIBLE: Magic.LAUNCH_CONSTRAINT,
    Slot.LIBRARY_CONSTRAINT: Magic.LAUNCH_CONSTRAINT,
}
"""Special slots whose content is a blob of the signature itself, and its magic."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something about one slice's signature that does not hold."""

    kind: str
    """`damaged`, `pages`, `coverage`, `slot` or `cms`."""
    message: str
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """What the signature of one slice says."""

    directories: tuple[CodeDirectory, ...]
    """The CodeDirectory, then its alternates with other hashes."""
    requirements: Mapping[int, Expr]
    entitlements: Mapping[str, Any] | None
    """None where there are none; the XML form, or the DER form alone."""
    entitlements_der: Mapping[str, Any] | None
    cms: "CmsFacts | None"
    bad_pages: tuple[int, ...]

    @property
    def directory(self) -> CodeDirectory:
        """The first CodeDirectory."""
        return self.directories[0]

    @property
    def best(self) -> CodeDirectory:
        """The CodeDirectory with the strongest hash, which the system goes by."""
        return max(self.directories, key=lambda directory: directory.hash_type)

    @property
    def flags(self) -> Flag:
        """Flags of the CodeDirectory."""
        return Flag(self.best.flags & sum(Flag))

    @property
    def adhoc(self) -> bool:
        """No certificate behind it."""
        return bool(self.flags & Flag.ADHOC)

    @property
    def linker_signed(self) -> bool:
        """Made by the linker; seals nothing but the code."""
        return bool(self.flags & Flag.LINKER_SIGNED)

    @property
    def hardened(self) -> bool:
        """With the hardened runtime."""
        return bool(self.flags & Flag.RUNTIME)

    @property
    def cdhashes(self) -> tuple[bytes, ...]:
        """Of all CodeDirectories."""
        return tuple(directory.cdhash for directory in self.directories)

    @property
    def designated(self) -> Expr | None:
        """The designated requirement that is written down, if any."""
        return self.requirements.get(Kind.DESIGNATED)


def read_signature(
    descriptor: int, slice_: Slice, where: LinkeditData, data: bytes, faults: list[Fault]
) -> Signature:
    """Read the signature `data` of a slice of the open file, and check it against the code.

    `where` is the place of the signature in the slice. What does not hold is added to `faults`.
    Raises SignatureFormatError for one that cannot be read.
    """
    blobs = parse_superblob(data)
    directories = _directories(blobs)
    bad: set[int] = set()
    for directory in directories:
        _check_coverage(directory, where, faults)
        if directory.code_limit <= slice_.size and not directory.scatter_offset:
            bad |= _bad_pages(descriptor, slice_.offset, directory)
        _check_slots(blobs, directory, faults)
    if bad:
        pages = directories[0].page_count
        faults.append(
            Fault(
                "pages",
                f"{len(bad)} of {pages} pages were changed after signing",
                f"first at byte {min(bad) * directories[0].page_size} of the {slice_.arch} slice",
            )
        )
    return Signature(
        directories,
        _requirements(blobs, faults),
        *_entitlements(blobs, faults),
        _cms(blobs, directories, faults),
        tuple(sorted(bad)[:MAX_BAD_PAGES]),
    )


def _directories(blobs: SuperBlob) -> tuple[CodeDirectory, ...]:
    slots = [int(Slot.CODE_DIRECTORY)]
    slots += [Slot.ALTERNATE_CODE_DIRECTORY + n for n in range(MAX_ALTERNATES)]
    found = [parse_code_directory(blob.raw) for slot in slots if (blob := blobs.find(slot))]
    if not found or blobs.find(Slot.CODE_DIRECTORY) is None:
        raise SignatureFormatError("The signature has no CodeDirectory.")
    return tuple(found)


def _check_coverage(directory: CodeDirectory, where: LinkeditData, faults: list[Fault]) -> None:
    page = directory.page_size or max(1, directory.code_limit)
    expected = -(-directory.code_limit // page)
    if directory.code_limit != where.offset:
        faults.append(
            Fault(
                "coverage",
                "The signature does not cover exactly the code before it",
                f"it covers {directory.code_limit} bytes and starts at {where.offset}",
            )
        )
    elif expected != directory.page_count:
        faults.append(
            Fault(
                "coverage",
                "The signature does not cover all pages of the code",
                f"it has {directory.page_count} hashes for {expected} pages",
            )
        )
    elif directory.scatter_offset:
        faults.append(Fault("coverage", "The signature covers scattered pages, not the whole code"))


def _bad_pages(descriptor: int, offset: int, directory: CodeDirectory) -> set[int]:
    size, hashes = directory.hash_size, directory.code_hashes
    found = file_page_hashes(
        descriptor, offset, directory.code_limit, directory.page_size, directory.hash_name
    )
    bad = set()
    count = 0
    for number, digest in zip(range(directory.page_count), found, strict=False):
        count += 1
        if digest[:size] != hashes[number * size : (number + 1) * size]:
            bad.add(number)
    return bad | set(range(count, min(directory.page_count, count + MAX_BAD_PAGES)))


def _check_slots(blobs: SuperBlob, directory: CodeDirectory, faults: list[Fault]) -> None:
    for slot, magic in _EMBEDDED.items():
        blob, expected = blobs.find(slot), directory.special.get(slot)
        if blob is None and expected is None:
            continue
        if blob is None:
            reason = "is missing"
        elif blob.magic != magic:
            reason = "is something else"
        elif expected is None:
            reason = "is not covered by the signature"
        elif directory.digest(blob.raw) != expected:
            reason = "is not the one that was signed"
        else:
            continue
        faults.append(Fault("slot", f"The blob for {slot_name(slot)} {reason}"))


def _requirements(blobs: SuperBlob, faults: list[Fault]) -> dict[int, Expr]:
    blob = blobs.find(Slot.REQUIREMENTS)
    if blob is None:
        return {}
    try:
        return parse_requirement_set(blob.raw)
    except SignatureFormatError as error:
        faults.append(Fault("damaged", error.message))
        return {}


def _entitlements(
    blobs: SuperBlob, faults: list[Fault]
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    found: list[dict[str, Any] | None] = []
    for slot, parse in ((Slot.ENTITLEMENTS, parse_xml), (Slot.ENTITLEMENTS_DER, parse_der)):
        blob = blobs.find(slot)
        try:
            found.append(parse(blob.payload) if blob else None)
        except SignatureFormatError as error:
            faults.append(Fault("damaged", error.message))
            found.append(None)
    xml, der = found
    if xml is not None and der is not None and xml != der:
        faults.append(Fault("slot", "The entitlements in XML and in DER are not the same"))
    return (der if xml is None else xml), der


def _cms(
    blobs: SuperBlob, directories: tuple[CodeDirectory, ...], faults: list[Fault]
) -> "CmsFacts | None":
    blob = blobs.find(Slot.CMS)
    adhoc = bool(directories[0].flags & Flag.ADHOC)
    if blob is None or not blob.payload:
        if not adhoc:
            faults.append(Fault("cms", "It is neither ad-hoc nor signed with a certificate"))
        return None
    if blob.magic != Magic.WRAPPER:
        faults.append(Fault("cms", "Where the CMS signature should be is something else"))
        return None
    from .cms import read_cms  # noqa: PLC0415 - large libraries, needed for few files

    try:
        cms = read_cms(
            blob.payload, directories[0].raw, [directory.cdhash for directory in directories]
        )
    except SignatureFormatError as error:
        faults.append(Fault("cms", error.message))
        return None
    faults += [Fault("cms", f"The CMS signature does not hold: {why}") for why in cms.problems]
    return cms
