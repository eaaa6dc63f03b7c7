"""SuperBlobs, CodeDirectories and entitlements: read, written, and refused when they lie."""

import plistlib
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plover_tray.signature.blobs import (
    SignatureFormatError,
    SuperBlob,
    make_superblob,
    parse_superblob,
    slot_name,
)
from plover_tray.signature.codedirectory import make_code_directory, parse_code_directory
from plover_tray.signature.constants import ExecSegment, Flag, Magic, Slot
from plover_tray.signature.entitlements import (
    default_entitlements,
    exec_segment_flags,
    make_der_blob,
    make_xml_blob,
    parse_der,
    parse_xml,
)

DER_OF_APPLES_CODESIGN = {
    bytes([112, 5, 2, 1, 1, 176, 0]): {},
    bytes([112, 15, 2, 1, 1, 176, 10, 48, 8, 12, 3, 107, 101, 121, 1, 1, 255]): {"key": True},
    bytes([112, 15, 2, 1, 1, 176, 10, 48, 8, 12, 3, 107, 101, 121, 2, 1, 255]): {"key": -1},
    bytes([112, 15, 2, 1, 1, 176, 10, 48, 8, 12, 3, 107, 101, 121, 2, 1, 42]): {"key": 42},
    bytes([112, 14, 2, 1, 1, 176, 9, 48, 7, 12, 3, 107, 101, 121, 48, 0]): {"key": []},
    bytes.fromhex("701a020101b01530130c036b6579b00c300a0c05696e6e6572010100"): {
        "key": {"inner": False}
    },
}
"""Bytes that codesign made, known from the tests of apple-platform-rs (plist_der.rs)."""

values: st.SearchStrategy[Any] = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab.é"), inner, max_size=4),
    max_leaves=12,
)


def test_a_superblob_written_anew_is_the_one_that_was_read(apple_superblob: SuperBlob) -> None:
    blobs = [(blob.slot, blob.raw) for blob in apple_superblob.blobs]
    raw = make_superblob(blobs)
    assert parse_superblob(raw + b"room behind it") == apple_superblob
    assert [slot_name(slot) for slot, _ in blobs] == [
        "CodeDirectory",
        "requirements",
        "entitlements",
        "entitlements in DER",
        "CMS signature",
    ]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"\xfa\xde\x0c", "starts outside"),
        (struct.pack(">2I", Magic.EMBEDDED_SIGNATURE, 12), "says it has 12 bytes"),
        (struct.pack(">3I", 1, 12, 0), "starts with 0x00000001"),
        (struct.pack(">3I", Magic.EMBEDDED_SIGNATURE, 12, 9), "9 blobs"),
        (struct.pack(">5I", Magic.EMBEDDED_SIGNATURE, 20, 1, 0, 400), "starts outside"),
        (struct.pack(">5I", Magic.EMBEDDED_SIGNATURE, 20, 1, 0, 0), "lies in the index"),
        (make_superblob([(0, b"\xfa\xde\x0c\x02\0\0\0\x08")] * 2), "two blobs for CodeDirectory"),
    ],
)
def test_a_superblob_that_lies_is_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(SignatureFormatError, match=reason):
        parse_superblob(raw)


def test_the_code_directory_of_a_developer_id_is_read(apple_superblob: SuperBlob) -> None:
    blob = apple_superblob.find(Slot.CODE_DIRECTORY)
    assert blob is not None
    directory = parse_code_directory(blob.raw)
    assert directory.identifier == "org.mitmproxy.macos-redirector"
    assert directory.team == "S8XHQB96PW"
    assert directory.flag_names == ("runtime",)
    assert directory.version == 0x20500
    assert directory.runtime is not None
    assert sorted(directory.special) == [1, 2, 3, 5, 7]
    assert directory.page_count == -(-directory.code_limit // directory.page_size)


def test_a_code_directory_written_is_read_back() -> None:
    raw = make_code_directory(
        identifier="org.example.ü",
        flags=Flag.ADHOC | Flag.RUNTIME,
        code_limit=5 << 30,
        code_hashes=bytes(range(64)),
        special={3: b"r" * 32, 1: b"i" * 32},
        exec_segment=(0, 4096, ExecSegment.MAIN_BINARY),
        team="TEAM",
        runtime=(14, 2, 1),
    )
    directory = parse_code_directory(raw)
    assert directory.identifier == "org.example.ü"
    assert (directory.team, directory.runtime) == ("TEAM", (14, 2, 1))
    assert directory.code_limit == 5 << 30
    assert directory.special == {1: b"i" * 32, 3: b"r" * 32}
    assert directory.code_hashes == bytes(range(64))
    assert directory.exec_segment == (0, 4096, 1)
    assert directory.flag_names == ("adhoc", "runtime")


@pytest.mark.parametrize("version", [0x20001, 0x20100, 0x20200, 0x20300, 0x20400, 0x20500, 0x20600])
def test_code_directories_of_all_versions_are_read(version: int) -> None:
    extra = {0x20100: 4, 0x20200: 8, 0x20300: 20, 0x20400: 44, 0x20500: 52, 0x20600: 64}
    fields = bytes(extra.get(version, 0))
    start = 44 + len(fields)
    names, hashes = b"id\0", b"h" * 20
    head = struct.pack(
        ">9I4BI", Magic.CODE_DIRECTORY, start + len(names) + 20, version, 2, start + len(names),
        start, 0, 1, 100, 20, 1, 0, 12, 0,
    )  # fmt: skip
    directory = parse_code_directory(head + fields + names + hashes)
    assert (directory.version, directory.identifier) == (version, "id")
    assert directory.hash_name == "sha1"
    assert directory.code_hashes == hashes
    assert (directory.exec_segment is not None) == (version >= 0x20400)


def test_a_code_directory_without_room_for_its_hashes_is_refused() -> None:
    raw = make_code_directory(
        identifier="x", flags=2, code_limit=1, code_hashes=b"h" * 32, special={},
        exec_segment=(0, 0, 0),
    )  # fmt: skip
    with pytest.raises(SignatureFormatError, match="no room for 2 code hashes"):
        parse_code_directory(raw[:28] + struct.pack(">I", 2) + raw[32:])


@pytest.mark.parametrize(("raw", "found"), DER_OF_APPLES_CODESIGN.items())
def test_der_entitlements_are_those_of_apples_codesign(raw: bytes, found: dict[str, Any]) -> None:
    assert make_der_blob(found)[8:] == raw
    assert parse_der(raw) == found


def test_entitlements_signed_by_apples_tools_come_out_byte_for_byte(
    apple_superblob: SuperBlob,
) -> None:
    xml = apple_superblob.find(Slot.ENTITLEMENTS)
    der = apple_superblob.find(Slot.ENTITLEMENTS_DER)
    assert xml is not None
    assert der is not None
    found = parse_xml(xml.payload)
    assert parse_der(der.payload) == found
    assert make_der_blob(found) == der.raw
    assert make_xml_blob(found) == xml.raw


@given(st.dictionaries(st.text("abc.-é"), values, max_size=5))
def test_der_entitlements_survive_the_way_there_and_back(found: dict[str, Any]) -> None:
    assert parse_der(make_der_blob(found)[8:]) == found


@pytest.mark.parametrize("value", [1.5, b"data", 1 << 63, None])
def test_what_signatures_cannot_carry_is_refused(value: object) -> None:
    with pytest.raises(SignatureFormatError):
        make_der_blob({"key": value})


def test_der_that_nests_for_ever_is_refused() -> None:
    inner = b"\x30\x00"
    for _ in range(40):
        inner = bytes((0x30, len(inner))) + inner
    pair = b"\x0c\x01k" + inner
    pairs = bytes((0x30, len(pair))) + pair
    content = b"\x02\x01\x01" + bytes((0xB0, len(pairs))) + pairs
    with pytest.raises(SignatureFormatError, match="nested too deeply"):
        parse_der(bytes((0x70, len(content))) + content)


def test_xml_entitlements_in_binary_are_refused() -> None:
    with pytest.raises(SignatureFormatError, match="no XML"):
        parse_xml(plistlib.dumps({}, fmt=plistlib.FMT_BINARY))


def test_entitlements_that_weaken_the_code_segment_set_its_flags() -> None:
    assert exec_segment_flags(default_entitlements()) == 0
    assert exec_segment_flags({"get-task-allow": True}) == ExecSegment.ALLOW_UNSIGNED
    assert exec_segment_flags({"get-task-allow": False}) == 0
