"""The signatures of real Mach-O files verify, and one flipped byte in what they cover is found."""

import shutil
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plover_tray.macho.file import parse_macho
from plover_tray.signature.blobs import make_blob, make_superblob, parse_superblob
from plover_tray.signature.constants import Magic, Slot
from plover_tray.signature.entitlements import make_der_blob, make_xml_blob
from plover_tray.signature.hashing import file_page_hashes, page_hashes, workers
from plover_tray.signature.requirement_parser import parse_requirement_text
from plover_tray.signature.requirements import make_requirement_set
from plover_tray.signature.slices import FileFacts, SliceFacts, read_file_facts
from plover_tray.signing.macho_seal import sign_macho_bytes
from signature.parts import EXECUTABLE, library, tool, wheels_with_signatures


def real_files() -> list[Path]:
    return [
        path
        for wheels in wheels_with_signatures()
        for path in wheels.rglob("*")
        if path.is_file() and not path.is_symlink()
    ]


def test_every_signature_in_real_wheels_verifies(apple_app: Path) -> None:
    files = [*real_files(), *(path for path in apple_app.rglob("*") if path.is_file())]
    seen: Counter[str] = Counter()
    with workers() as pool:
        for path, facts in zip(files, pool.map(read_file_facts, files), strict=True):
            assert not facts.error, path
            for slice_ in facts.slices:
                assert not slice_.faults, (path, slice_.arch, slice_.faults)
                seen[_kind(slice_)] += 1
    assert seen["linker-signed"] >= 200
    assert seen["ad-hoc"] >= 28
    assert seen["Developer ID Application"] == 4
    assert seen["unsigned"] >= 200


def _kind(slice_: SliceFacts) -> str:
    signature = slice_.signature
    if signature is None:
        return "unsigned"
    if signature.cms is not None:
        assert signature.cms.apple
        return str(signature.cms.certificates[0].kind)
    return "linker-signed" if signature.linker_signed else "ad-hoc"


@pytest.fixture(scope="module")
def file_to_damage(tmp_path_factory: pytest.TempPathFactory, apple_app: Path) -> Path:
    """A copy, changed byte by byte and restored by the tests of this module."""
    path = tmp_path_factory.mktemp("damaged") / "file"
    shutil.copy(tool(), path)
    return path


@given(
    place=st.floats(0, 1, exclude_max=True), slice_number=st.integers(0, 1), bit=st.integers(0, 7)
)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_one_flipped_bit_anywhere_in_the_signed_range_is_found(
    file_to_damage: Path, place: float, slice_number: int, bit: int
) -> None:
    original = file_to_damage.read_bytes()
    slice_ = parse_macho(original).slices[slice_number]
    assert slice_.code_signature is not None
    at = slice_.offset + int(place * slice_.code_signature.offset)
    damaged = bytearray(original)
    damaged[at] ^= 1 << bit
    try:
        file_to_damage.write_bytes(damaged)
        facts = read_file_facts(file_to_damage)
    finally:
        file_to_damage.write_bytes(original)
    faults = [fault.kind for s in facts.slices for fault in s.faults]
    unsigned_now = any(s.signature is None for s in facts.slices)
    assert faults or facts.error or unsigned_now


def test_a_changed_page_is_named(tmp_path: Path) -> None:
    data = bytearray(tool().read_bytes())
    slice_ = parse_macho(bytes(data)).slices[1]
    data[slice_.offset + 3 * 16384 + 17] ^= 1
    path = tmp_path / "changed"
    path.write_bytes(data)
    first, second = read_file_facts(path).slices
    assert not first.faults
    assert second.signature is not None
    page = second.signature.directory.page_size
    assert second.signature.bad_pages == (3 * 16384 // page,)
    (fault,) = second.faults
    assert fault.kind == "pages"
    assert fault.message.startswith("1 of ")
    assert fault.evidence == f"first at byte 49152 of the {second.arch} slice"


def test_a_file_cut_short_is_an_error_not_a_traceback(tmp_path: Path) -> None:
    data = tool().read_bytes()
    for size in (0, 7, 40, 4096, 20_000, len(data) - 1):
        path = tmp_path / "cut"
        path.write_bytes(data[:size])
        facts = read_file_facts(path)
        assert facts.error or not facts.macho, size


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    assert read_file_facts(tmp_path / "nowhere").error
    assert read_file_facts(tmp_path).error
    (tmp_path / "link").symlink_to(tool())
    assert read_file_facts(tmp_path / "link").error


def test_a_library_signed_in_one_slice_only_says_so() -> None:
    facts = read_file_facts(library(), ("sha256",))
    by_arch = {s.arch: s.signature for s in facts.slices}
    assert by_arch["x86_64"] is None
    assert by_arch["arm64"] is not None
    assert by_arch["arm64"].linker_signed
    assert len(facts.digests["sha256"]) == 32


def test_the_certificates_and_the_time_stamp_are_shown(apple_app: Path) -> None:
    facts: FileFacts = read_file_facts(apple_app / EXECUTABLE)
    signature = facts.slices[0].signature
    assert signature is not None
    assert signature.cms is not None
    names = [certificate.name for certificate in signature.cms.certificates]
    assert names[0].startswith("Developer ID Application: ")
    assert names[-1] == "Apple Root CA"
    assert signature.cms.apple
    assert signature.cms.timestamp is not None
    assert signature.cms.signing_time is not None
    assert abs(signature.cms.timestamp - signature.cms.signing_time).total_seconds() < 3600
    assert signature.cms.timestamp_authority is not None
    assert signature.hardened
    assert not signature.adhoc


@given(st.binary(max_size=300), st.integers(1, 64), st.lists(st.integers(0, 300), max_size=4))
def test_pages_are_hashed_alike_however_they_are_handed_over(
    data: bytes, page: int, cuts: list[int]
) -> None:
    places = [0, *sorted(cuts), len(data)]
    parts = [data[a:b] for a, b in pairwise(places)]
    joined = b"".join(parts)
    expected = b"".join(
        page_hashes([joined[i : i + page]], page) for i in range(0, len(joined), page)
    )
    assert page_hashes(parts, page) == expected


@pytest.mark.parametrize("page", [0, 4096, 16384, 1 << 21])
def test_pages_of_a_file_are_those_of_its_bytes(page: int) -> None:
    data = tool().read_bytes()
    with tool().open("rb") as file:
        found = b"".join(file_page_hashes(file.fileno(), 100, 100_000, page, "sha256"))
    assert found == page_hashes([data[100:100_100]], page or 100_000)


def with_blobs(path: Path, change: Callable[[dict[int, bytes]], None]) -> list[str]:
    """Faults of a signed program whose SuperBlob's blobs were changed."""
    data = sign_macho_bytes(
        tool().read_bytes(),
        identifier="x",
        entitlements={"com.apple.security.cs.allow-jit": True},
        requirements=make_requirement_set(parse_requirement_text("identifier x")),
    )
    slice_ = parse_macho(data).slices[0]
    where = slice_.code_signature
    assert where is not None
    start = slice_.offset + where.offset
    blobs = {
        blob.slot: blob.raw for blob in parse_superblob(data[start : start + where.size]).blobs
    }
    change(blobs)
    new = make_superblob(sorted(blobs.items())).ljust(where.size, b"\0")
    path.write_bytes(data[:start] + new + data[start + where.size :])
    return [fault.message for fault in read_file_facts(path).slices[0].faults]


def test_a_signature_left_alone_has_no_fault(tmp_path: Path) -> None:
    assert with_blobs(tmp_path / "x", lambda blobs: None) == []


@pytest.mark.parametrize(
    ("slot", "raw", "messages"),
    [
        (Slot.ENTITLEMENTS, make_xml_blob({"get-task-allow": True}),
         ["The blob for entitlements is not the one that was signed",
          "The entitlements in XML and in DER are not the same"]),
        (Slot.ENTITLEMENTS_DER, make_der_blob({"get-task-allow": True}),
         ["The blob for entitlements in DER is not the one that was signed",
          "The entitlements in XML and in DER are not the same"]),
        (Slot.ENTITLEMENTS_DER, None, ["The blob for entitlements in DER is missing"]),
        (Slot.REQUIREMENTS, None, ["The blob for requirements is missing"]),
        (Slot.REQUIREMENTS, make_requirement_set(parse_requirement_text("identifier y")),
         ["The blob for requirements is not the one that was signed"]),
        (Slot.REQUIREMENTS, make_xml_blob({}),
         ["The blob for requirements is something else", "The signature starts with"]),
        (Slot.LAUNCH_SELF, make_blob(Magic.LAUNCH_CONSTRAINT, b"x"),
         ["The blob for launch constraint on itself is not covered by the signature"]),
        (Slot.CMS, make_blob(Magic.WRAPPER, b"no CMS"), ["The CMS signature cannot be read"]),
    ],
)  # fmt: skip
def test_a_blob_that_was_not_signed_is_found(
    tmp_path: Path, slot: Slot, raw: bytes | None, messages: list[str]
) -> None:
    def change(blobs: dict[int, bytes]) -> None:
        if raw is None:
            del blobs[slot]
        else:
            blobs[slot] = raw

    found = with_blobs(tmp_path / "x", change)
    assert len(found) == len(messages)
    assert all(
        message.startswith(expected) for message, expected in zip(found, messages, strict=True)
    )


def test_a_signature_without_certificate_that_does_not_say_adhoc_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(sign_macho_bytes(tool().read_bytes(), identifier="x", flags=0))
    (fault,) = read_file_facts(path).slices[0].faults
    assert (fault.kind, fault.message) == (
        "cms", "It is neither ad-hoc nor signed with a certificate",
    )  # fmt: skip
