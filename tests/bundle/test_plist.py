"""Property lists, sound and hostile."""

import datetime
import plistlib
import struct
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plover_tray.bundle.plist import MAX_DEPTH, MAX_PLIST, PlistFormat, parse_plist
from plover_tray.errors import BundleError

FORMATS: dict[PlistFormat, plistlib.PlistFormat] = {
    "xml": plistlib.FMT_XML,
    "binary": plistlib.FMT_BINARY,
}
NAME = "Contents/Info.plist"
INFO = {
    "CFBundleIdentifier": "org.example.é",
    "Numbers": [0, -1, 1 << 40, 1.5],
    "Flag": True,
    "Data": b"\0\xff",
    "Date": datetime.datetime(2026, 11, 23, 12, 0),
    "Nested": {"a": [{"b": []}]},
}


def refused(data: bytes) -> str:
    with pytest.raises(BundleError) as caught:
        parse_plist(data, NAME)
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 500
    assert NAME in message
    return message


def xml(body: bytes) -> bytes:
    return b'<?xml version="1.0" encoding="UTF-8"?>\n<plist version="1.0">' + body + b"</plist>"


def binary(
    objects: list[bytes],
    *,
    table: list[int] | None = None,
    width: int = 4,
    reference: int = 1,
    count: int | None = None,
    top: int = 0,
    start: int | None = None,
) -> bytes:
    """A binary plist of these objects; `table` says where they are if not one behind the other."""
    out = b"bplist00"
    places = []
    for item in objects:
        places.append(len(out))
        out += item
    places = places if table is None else [places[number] for number in table]
    begin = len(out) if start is None else start
    out += b"".join((place % (1 << 8 * width)).to_bytes(width, "big") for place in places)
    return out + struct.pack(
        ">6xBBQQQ", width, reference, len(places) if count is None else count, top, begin
    )


def array(references: bytes) -> bytes:
    return b"\xaf\x12" + struct.pack(">I", len(references)) + references


# Sound ones


@pytest.mark.parametrize("kind", ["xml", "binary"])
def test_both_formats_give_what_was_written(kind: PlistFormat) -> None:
    assert parse_plist(plistlib.dumps(INFO, fmt=FORMATS[kind]), NAME) == (INFO, kind)


@pytest.mark.parametrize("encoding", ["UTF-8", "utf-8", "utf8", "UTF-16", "ISO-8859-1", "US-ASCII"])
def test_the_encodings_of_xml_are_read(encoding: str) -> None:
    word = "a" if encoding == "US-ASCII" else "é"
    text = f'<?xml version="1.0" encoding="{encoding}"?><plist><dict><key>a</key>'
    text += f"<string>{word if encoding != 'utf8' else 'a'}</string></dict></plist>"
    info, _ = parse_plist(text.encode(encoding), NAME)
    assert info["a"] in ("a", "é")


VALUES = st.recursive(
    st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.floats(allow_nan=False)
    | st.binary(max_size=20)
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abé", max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)
DICTIONARIES = st.dictionaries(st.text("abé", max_size=5), VALUES, max_size=5)


@settings(deadline=None)
@given(DICTIONARIES, st.sampled_from(["xml", "binary"]))
def test_any_dictionary_survives(info: dict[str, Any], kind: PlistFormat) -> None:
    assert parse_plist(plistlib.dumps(info, fmt=FORMATS[kind]), NAME) == (info, kind)


# What is no plist, or none that we take


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        b"bplist00",
        b"bplist00" + bytes(32),
        b"<plist>",
        b"{ CFBundleIdentifier = x; }",  # the old ASCII format
        b'"just a string"',
        b"\xff\xfe\x00",
        xml(b"<dict><key>a</key></dict>"),
        xml(b"<dict><string>a</string></dict>"),
        xml(b"<array><key>a</key></array>"),
        xml(b"<dict><key>a</key><integer>one</integer></dict>"),
        xml(b"<dict><key>a</key><integer></integer></dict>"),
        xml(b"<dict><key>a</key><date>yesterday</date></dict>"),
        xml(b"<dict><key>a</key><date>2026-99-99T99:99:99Z</date></dict>"),
        xml(b"<dict><key>a</key><data>!</data></dict>").replace(b"!", b"a"),
        xml(b"<dict><key>a</key><real>x</real></dict>"),
        xml(b"<dict><key>a</key><string>\xff\xfe</string></dict>"),
        xml(b"<dict><key>a</key><string>\x00</string></dict>"),
        xml(b"<dict/>") + b"<plist/>",
        b'<?xml version="1.0" encoding="unicode_escape"?><plist><dict/></plist>',
        b'<?xml version="1.0" encoding="idna"?><plist><dict/></plist>',
        b'<?xml version="1.0" encoding="rot13"?><plist><dict/></plist>',
    ],
)
def test_what_is_no_plist_is_refused(data: bytes) -> None:
    refused(data)


@pytest.mark.parametrize("root", [b"<array/>", b"<string>a</string>", b"<integer>1</integer>", b""])
def test_a_root_that_is_no_dictionary_is_refused(root: bytes) -> None:
    refused(xml(root))


def test_a_binary_root_that_is_no_dictionary_is_refused() -> None:
    assert "root" in refused(plistlib.dumps([1], fmt=plistlib.FMT_BINARY))


def test_more_than_a_plist_ever_has_is_refused_unread() -> None:
    assert "larger" in refused(bytes(MAX_PLIST + 1))


@pytest.mark.parametrize("number", [b"9" * 5000, b"0x" + b"f" * 5000, b"18446744073709551616"])
def test_a_number_that_no_mac_can_hold_is_refused(number: bytes) -> None:
    refused(xml(b"<dict><key>Schema</key><integer>" + number + b"</integer></dict>"))


# Bombs


def test_an_entity_bomb_is_refused() -> None:
    entities = b'<!ENTITY a0 "lol">' + b"".join(
        b'<!ENTITY a%d "%s">' % (i, b"&a%d;" % (i - 1) * 10) for i in range(1, 12)
    )
    data = (
        b"<?xml version='1.0'?><!DOCTYPE x ["
        + entities
        + b"]><plist><string>&a11;</string></plist>"
    )
    assert "ENTITY" in refused(data).upper()


def test_an_external_entity_is_not_opened(tmp_path: Any) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    data = f'<!DOCTYPE x [<!ENTITY a SYSTEM "file://{secret}">]><plist><dict><key>a</key>'
    assert "secret" not in refused(f"{data}<string>&a;</string></dict></plist>".encode()).lower()


@pytest.mark.parametrize(
    "long",
    [
        b"<!--" + b"a" * (1 << 20) + b"-->",
        b"<?pi " + b"a" * (1 << 20) + b"?>",
        b'<a b="%s"/>' % (b"a" * (1 << 20)),
    ],
)
def test_a_tag_that_expat_would_read_again_and_again_is_refused(long: bytes) -> None:
    assert "too long" in refused(xml(long + b"<dict/>"))


def test_long_text_is_no_long_tag() -> None:
    info = {"text": "a" * (1 << 20), "data": b"\0" * (1 << 20)}
    assert parse_plist(plistlib.dumps(info), NAME) == (info, "xml")


@pytest.mark.parametrize("closed", [True, False])
def test_deep_nesting_is_refused(closed: bool) -> None:
    depth = 100_000
    body = b"<array>" * depth + (b"</array>" * depth if closed else b"")
    refused(xml(b"<dict><key>a</key>" + body + b"</dict>"))


def test_the_allowed_depth_is_allowed() -> None:
    value: Any = []
    for _ in range(MAX_DEPTH - 2):
        value = [value]
    parse_plist(plistlib.dumps({"a": value}), NAME)
    with pytest.raises(BundleError, match="deep"):
        parse_plist(plistlib.dumps({"a": [[[value]]]}), NAME)


def test_a_cycle_is_refused() -> None:
    dictionary = b"\xd1\x01\x02"
    assert "deep" in refused(binary([dictionary, b"\x51a", array(b"\x02")]))


def test_one_array_named_many_times_over_is_refused() -> None:
    levels = [array(bytes([number + 1] * 250)) for number in range(2, 7)]
    data = binary([b"\xd1\x01\x02", b"\x51a", *levels, b"\x09"])
    assert "more values" in refused(data)


def test_objects_that_overlap_are_refused_before_they_cost_memory() -> None:
    objects = [
        b"\xd1\x01\x02",
        b"\x51a",
        array(bytes(range(3, 203))),
        array(b"\xcb" * 100_000),
        b"\x09",
    ]
    data = binary(objects, table=[0, 1, 2, *[3] * 200, 4])
    tracemalloc.start()
    try:
        assert "overlap" in refused(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 << 20


@pytest.mark.parametrize("marker", [b"\x4f\x12", b"\x5f\x12", b"\x6f\x12", b"\xdf\x12"])
def test_strings_and_dictionaries_that_overlap_are_refused(marker: bytes) -> None:
    shared = marker + struct.pack(">I", 50_000) + b"a" * 200_000
    data = binary(
        [b"\xd1\x01\x02", b"\x51a", array(bytes(range(3, 103))), shared],
        table=[0, 1, 2, *[3] * 100],
    )
    assert "overlap" in refused(data)


def test_numbers_of_many_bytes_that_overlap_are_refused() -> None:
    shared = b"\x1f" + b"\xff" * (1 << 15)
    data = binary(
        [b"\xd1\x01\x02", b"\x51a", array(bytes(range(3, 103))), shared],
        table=[0, 1, 2, *[3] * 100],
    )
    assert "overlap" in refused(data)


@pytest.mark.parametrize("count", [10**9, 1 << 63, (1 << 64) - 1, 600_000])
def test_an_absurd_count_of_objects_is_refused(count: int) -> None:
    assert "more values" in refused(binary([b"\xd0"], count=count))


@pytest.mark.parametrize("size", [10**9, (1 << 32) - 1])
@pytest.mark.parametrize("kind", [0x4F, 0x5F, 0x6F, 0xAF, 0xCF, 0xDF])
def test_an_absurd_size_of_an_object_is_refused(kind: int, size: int) -> None:
    huge = bytes([kind, 0x12]) + struct.pack(">I", size)
    refused(binary([b"\xd1\x01\x02", b"\x51a", huge]))


@pytest.mark.parametrize(
    "data",
    [
        binary([b"\xd0"], top=7),
        binary([b"\xd0"], top=1 << 63),
        binary([b"\xd0"], start=1 << 40),
        binary([b"\xd0"], start=(1 << 64) - 1),
        binary([b"\xd0"], width=1, start=0),
        binary([b"\xd1\x05\x05"]),
        binary([b"\xd1\x01\x01", b"\xa0"]),  # an array as a key
        binary([b"\xd1\x01\x01", b"\x10\x07"]),  # a number as a key
        binary([b"\xd1\x01\x02", b"\x51a", b"\x61\xd8\x00"]),  # half a surrogate pair
        binary([b"\xd1\x01\x02", b"\x51\xff", b"\x09"]),
        binary([b"\xd1\x01\x02", b"\x51a", b"\x33" + struct.pack(">d", 1e300)]),
        binary([b"\xd1\x01\x02", b"\x51a", b"\x33" + struct.pack(">d", float("nan"))]),
        binary([b"\xd1\x01\x02", b"\x51a", b"\x14" + b"\x7f" * 16]),
        binary([b"\x7f"]),
    ],
)
def test_a_damaged_binary_plist_is_refused(data: bytes) -> None:
    refused(data)


# Anything at all


def read_or_refused(data: bytes) -> None:
    try:
        info, _ = parse_plist(data, NAME)
    except BundleError as error:
        info, message = {}, str(error)
    else:
        message = ""
    assert isinstance(info, dict)
    assert message.isprintable()


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([b"", b"bplist00", b"<plist>", b"<?xml", b"\xfe\xff"]), st.binary(max_size=400)
)
def test_any_bytes_are_read_or_refused(start: bytes, rest: bytes) -> None:
    read_or_refused(start + rest)


@settings(max_examples=400, deadline=None)
@given(
    DICTIONARIES,
    st.sampled_from(["xml", "binary"]),
    st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_flipped_bytes_are_read_or_refused(
    info: dict[str, Any], kind: PlistFormat, changes: list[tuple[int, int]]
) -> None:
    data = bytearray(plistlib.dumps(info, fmt=FORMATS[kind]))
    for place, value in changes:
        data[-1 - place % len(data)] = value
    read_or_refused(bytes(data))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.binary(min_size=1, max_size=24), min_size=1, max_size=12),
    st.data(),
)
def test_any_objects_of_the_binary_format_are_read_or_refused(
    objects: list[bytes], data: st.DataObject
) -> None:
    table = data.draw(st.lists(st.integers(0, len(objects) - 1), max_size=12))
    width = data.draw(st.sampled_from([0, 1, 2, 3, 4, 8, 200]))
    reference = data.draw(st.sampled_from([0, 1, 2, 8, 255]))
    read_or_refused(
        binary([b"\xd1\x01\x02", *objects], table=[0, *table], width=width, reference=reference)
    )
