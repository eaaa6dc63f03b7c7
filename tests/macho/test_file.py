"""The Mach-O reader, against real files, hostile ones, and LIEF."""

import os
import socket
import struct
import tracemalloc
from functools import cache
from pathlib import Path

import crafted_macho as craft
import lief
import pytest
from apps.compile import BOTH, Options, compile_source, compile_stub
from apps.wheels import mac_site_packages
from hypothesis import given, settings
from hypothesis import strategies as st

from plover_tray.errors import MachOError
from plover_tray.macho.file import (
    Slice,
    StaticLibraryError,
    looks_like_macho,
    pack_version,
    parse_macho,
    read_macho,
    show_version,
    unpack_version,
)
from plover_tray.macho.tables import MAX_COMMANDS

HEAD = 4096


@cache
def stub(arch: str | None = None) -> bytes:
    archs = (arch,) if arch else BOTH
    return compile_stub("plover_5_2.c", Options(archs=archs, rpaths=("@executable_path/../x",)))


@cache
def library() -> bytes:
    options = Options(install_name="@rpath/libhelper.dylib", rpaths=("@loader_path",))
    return compile_source("int helper(void) { return 1; }", options=options)


def real_files() -> list[Path]:
    """Some of the files in the real wheels: small ones, of each kind."""
    root = mac_site_packages()
    names = [
        "hid.cpython-313-darwin.so",
        "objc/_objc.cpython-313-darwin.so",
        "objc/_objc.cpython-313-darwin.so.dSYM/Contents/Resources/DWARF/_objc.cpython-313-darwin.so",
        "PySide6/QtDBus.abi3.so",
        "PySide6/Qt/lib/QtSvg.framework/Versions/A/QtSvg",
        "PySide6/Qt/plugins/platforms/libqcocoa.dylib",
    ]
    return [root / name for name in names if (root / name).exists()]


def assert_sound_or_refused(data: bytes) -> None:
    """What a parser owes to any input: a result whose facts can be read, or MachOError."""
    message = ""
    slices: tuple[Slice, ...] = ()
    try:
        slices = parse_macho(data).slices
    except MachOError as error:
        message = error.message
    assert bool(slices) != bool(message)
    assert message.isprintable()
    for slice_ in slices:
        assert slice_.arch
        assert slice_.header_room >= 0
        assert all(s.offset + s.file_size <= len(data) for s in slice_.segments) or (
            slice_.filetype in ("dsym", "dylib-stub")
        )


# Sound files


def test_both_slices_of_a_compiled_stub_are_read() -> None:
    macho = parse_macho(stub())
    assert macho.fat
    assert set(macho.archs) == {"arm64", "x86_64"}
    assert macho.filetype == "execute"
    for slice_ in macho.slices:
        assert slice_.minos == (11, 0, 0)
        assert slice_.sdk == (14, 0, 0)
        assert slice_.rpaths == ("@executable_path/../x",)
        assert [d.name for d in slice_.dylibs] == ["/usr/lib/libSystem.B.dylib"]
        assert slice_.offset % slice_.page_size == 0
        assert slice_.install_name is None
        assert slice_.entry_offset is not None
    signed = {s.arch for s in macho.slices if s.code_signature}
    assert signed == {"arm64"}


def test_a_library_says_under_which_name_it_is_loaded() -> None:
    for slice_ in parse_macho(library()).slices:
        assert slice_.filetype == "dylib"
        assert slice_.install_name == "@rpath/libhelper.dylib"
        assert slice_.current_version is not None


def test_a_file_on_disk_reads_as_the_same_bytes_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "stub"
    path.write_bytes(stub())
    assert read_macho(path).slices == parse_macho(stub(), path).slices


def test_real_files_read_as_lief_reads_them() -> None:
    files = real_files()
    assert files
    quick = lief.MachO.ParserConfig.quick
    for path in files:
        other = lief.MachO.parse(str(path), config=quick)
        assert other is not None
        ours = read_macho(path)
        assert len(ours.slices) == len(other)
        for slice_, theirs in zip(ours.slices, other, strict=True):
            names = [lib.name for lib in theirs.libraries]
            assert [d.name for d in slice_.dylibs] == [
                name for name in names if name != slice_.install_name
            ]
            assert list(slice_.rpaths) == [rpath.path for rpath in theirs.rpaths]
            assert theirs.uuid is not None
            assert slice_.uuid == bytes(theirs.uuid.uuid)
            assert len(slice_.commands) == len(theirs.commands)
            assert [s.name for s in slice_.segments] == [s.name for s in theirs.segments]
            assert bool(slice_.code_signature) == theirs.has_code_signature
            if theirs.build_version:
                assert slice_.minos == tuple(theirs.build_version.minos)
                assert slice_.sdk == tuple(theirs.build_version.sdk)


def test_every_macho_file_in_the_real_wheels_is_sound() -> None:
    count = 0
    for folder, _, names in os.walk(mac_site_packages()):
        for name in names:
            path = Path(folder, name)
            with path.open("rb") as file:
                start = file.read(8)
            if looks_like_macho(start):
                count += 1
                read_macho(path)
    assert count > 300


def test_of_several_build_versions_the_one_for_macos_counts() -> None:
    commands = [
        craft.build_version(craft.MAC_CATALYST, 0x000E0000, 0x00110000),
        craft.build_version(craft.MACOS, 0x000A0F00, 0x000B0300),
    ]
    (slice_,) = parse_macho(craft.thin(commands)).slices
    assert slice_.build_version == (craft.MACOS, (10, 15, 0), (11, 3, 0))


def test_an_old_files_minimum_version_is_read_too() -> None:
    old = craft.command(craft.LC_VERSION_MIN_MACOSX, struct.pack("<2I", 0x000A0D06, 0x000A0E00))
    (slice_,) = parse_macho(craft.thin([old])).slices
    assert slice_.minos == (10, 13, 6)
    assert slice_.sdk == (10, 14, 0)


def test_a_signature_outside_the_slice_is_no_damage_of_the_file() -> None:
    signature = craft.command(craft.LC_CODE_SIGNATURE, struct.pack("<2I", 1 << 20, 64))
    (slice_,) = parse_macho(craft.thin([signature])).slices
    assert slice_.code_signature is not None
    assert slice_.code_signature.offset == 1 << 20


def test_the_header_room_ends_at_the_first_content() -> None:
    (slice_,) = parse_macho(craft.small_library()).slices
    assert slice_.header_room == 0x2000 - slice_.header_size - slice_.commands_size


def test_a_file_larger_than_any_disk_costs_only_its_head(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    path.write_bytes(craft.small_library())
    os.truncate(path, 1 << 40)
    assert read_macho(path).slices[0].install_name == "@rpath/libx.dylib"


@pytest.mark.parametrize(("version", "text"), [((11, 0, 0), "11.0"), ((14, 4, 1), "14.4.1")])
def test_versions_survive_packing_and_are_shown_short(
    version: tuple[int, int, int], text: str
) -> None:
    assert unpack_version(pack_version(version)) == version
    assert show_version(version) == text
    assert show_version(None) == "unknown"


# Files that are no Mach-O


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xcf",
        b"\xcf\xfa\xed\xfe",
        b"\xca\xfe\xba\xbe",
        b"\xca\xfe\xba\xbe\0\0\0\0",
        b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(100),  # a Java class
        b"#!/bin/sh\nexit\n",
        b"\x7fELF" + bytes(100),
        bytes(4096),
    ],
)
def test_what_is_no_macho_file_is_refused(data: bytes) -> None:
    with pytest.raises(MachOError):
        parse_macho(data)


def test_a_java_class_does_not_look_like_a_universal_file() -> None:
    assert not looks_like_macho(b"\xca\xfe\xba\xbe\0\0\0\x41")
    assert looks_like_macho(b"\xca\xfe\xba\xbe\0\0\0\x02")


def test_a_universal_static_library_is_told_apart() -> None:
    body = bytes(0x4000) + b"!<arch>\n" + bytes(100)
    data = craft.fat([(craft.CPU_ARM64, 0, 0x4000, 108, 14)], body)
    with pytest.raises(StaticLibraryError):
        parse_macho(data)


def test_pipes_sockets_devices_and_folders_are_refused_without_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(tmp_path)  # a socket's path may be 100 bytes long
        server.bind("socket")
    places = [tmp_path / name for name in ("pipe", "folder", "socket", "missing", "a\0b")]
    for path in [*places, Path("/dev/null")]:
        with pytest.raises(MachOError):
            read_macho(path)


def test_a_folder_that_is_no_file_leaves_no_descriptor_open(tmp_path: Path) -> None:
    before = os.dup(0)
    os.close(before)
    with pytest.raises(MachOError):
        read_macho(tmp_path)
    after = os.dup(0)
    os.close(after)
    assert after == before


def test_a_message_is_one_line_whatever_the_file_is_called(tmp_path: Path) -> None:
    path = tmp_path / "two\nlines \x1b[31m"
    path.write_bytes(stub("arm64")[:100])
    with pytest.raises(MachOError) as caught:
        read_macho(path)
    assert str(caught.value).isprintable()
    assert r"two\nlines" in str(caught.value)


# Damaged and hostile files


@pytest.mark.parametrize("arch", [*BOTH, None])
def test_a_stub_cut_short_anywhere_in_its_first_4_kb_is_refused(arch: str | None) -> None:
    data = stub(arch)
    assert len(data) > HEAD
    for length in range(HEAD + 1):
        with pytest.raises(MachOError):
            parse_macho(data[:length])


def test_a_real_file_cut_short_anywhere_in_its_first_4_kb_is_refused() -> None:
    for path in real_files()[:2]:
        data = path.read_bytes()[: HEAD + 1]
        for length in range(HEAD + 1):
            with pytest.raises(MachOError):
                parse_macho(data[:length])


@pytest.mark.parametrize("arch", BOTH)
def test_a_slice_cut_short_anywhere_at_all_is_refused(arch: str) -> None:
    data = stub(arch)
    for length in range(HEAD, len(data), 61):
        with pytest.raises(MachOError):
            parse_macho(data[:length])


@pytest.mark.parametrize(
    ("count", "commands_size"),
    [(0xFFFFFFFF, None), (1, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (1000, 8), (3, 8)],
)
def test_absurd_load_command_counts_are_refused(count: int, commands_size: int | None) -> None:
    command = craft.build_version(craft.MACOS, 0, 0)
    data = craft.thin([command], count=count, commands_size=commands_size, size=8192)
    with pytest.raises(MachOError):
        parse_macho(data)


@pytest.mark.parametrize("size", [0, 1, 7, 25, 0x7FFFFFFF, 0xFFFFFFFF])
@pytest.mark.parametrize("number", [craft.LC_RPATH, 0x7ABC])
def test_a_load_command_of_impossible_size_is_refused(size: int, number: int) -> None:
    command = struct.pack("<2I", number, size) + bytes(16)
    with pytest.raises(MachOError):
        parse_macho(craft.thin([command], size=4096))


@pytest.mark.parametrize("start", [0, 8, 11, 25, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_name_outside_its_load_command_is_refused(start: int) -> None:
    command = craft.command(craft.LC_RPATH, struct.pack("<I", start) + b"@loader_path")
    with pytest.raises(MachOError, match="LC_RPATH"):
        parse_macho(craft.thin([command], size=4096))


@pytest.mark.parametrize("number", [craft.LC_LOAD_DYLIB, craft.LC_ID_DYLIB, craft.LC_SYMTAB])
def test_a_load_command_that_is_too_short_is_refused(number: int) -> None:
    with pytest.raises(MachOError, match="cut short"):
        parse_macho(craft.thin([craft.command(number, b"")], size=4096))


@pytest.mark.parametrize(
    "command",
    [
        craft.segment(b"__TEXT", 0, 4097),
        craft.segment(b"__DATA", 1 << 63, 1),
        craft.segment(b"__DATA", 4096, (1 << 64) - 1),
        craft.command(craft.LC_SYMTAB, struct.pack("<4I", 4000, 100, 0, 0)),
        craft.command(craft.LC_SYMTAB, struct.pack("<4I", 0, 0xFFFFFFFF, 0, 0)),
        craft.command(craft.LC_SYMTAB, struct.pack("<4I", 0, 0, 4096, 1)),
        craft.command(craft.LC_MAIN, struct.pack("<2Q", 4096, 0)),
        craft.command(craft.LC_MAIN, struct.pack("<2Q", (1 << 64) - 1, 0)),
        craft.command(craft.LC_FUNCTION_STARTS, struct.pack("<2I", 4090, 7)),
    ],
)
def test_a_load_command_that_points_past_the_end_is_refused(command: bytes) -> None:
    with pytest.raises(MachOError, match="lies outside"):
        parse_macho(craft.thin([command], size=4096))
    (slice_,) = parse_macho(craft.thin([command], size=4096), head_only=True).slices
    assert len(slice_.commands) == 1


def test_more_sections_than_fit_are_refused() -> None:
    command = bytearray(craft.segment(b"__TEXT", 0, 16))
    struct.pack_into("<I", command, 64, 0xFFFFFFFF)
    with pytest.raises(MachOError, match="sections"):
        parse_macho(craft.thin([bytes(command)], size=4096))


@pytest.mark.parametrize("count", [MAX_COMMANDS + 1, 1 << 17, 1 << 20])
def test_a_million_load_commands_cost_no_memory(count: int) -> None:
    command = struct.pack("<2I", 0x12345, 8)
    data = craft.thin([command * count], count=count)
    tracemalloc.start()
    try:
        with pytest.raises(MachOError):
            parse_macho(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1 << 20


ARM, INTEL = (craft.CPU_ARM64, 0), (craft.CPU_X86_64, 3)


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize(
    ("slices", "word"),
    [
        ([(*INTEL, 0x4000, 0x4100, 12), (*ARM, 0x8000, 0x4100, 14)], "overlap"),
        ([(*INTEL, 0x8000, 0x4100, 12), (*ARM, 0x4000, 0x4100, 14)], "overlap"),
        ([(*ARM, 0x4000, 0x4100, 14), (*ARM, 0xC000, 0x4100, 14)], "two slices for arm64"),
        ([(*ARM, 0x4000, 0x40000, 14)], "outside"),
        ([(*ARM, 0x400000, 0x100, 14)], "outside"),
        ([(*ARM, 0, 0x4100, 14)], "outside"),
        ([(*ARM, 0x4000, 0, 14)], "outside"),
        ([(*ARM, 0x4000, 27, 14)], "outside"),
        ([(*ARM, 0x4000, 0x4100, 15)], "not aligned"),
        ([(*ARM, 0x4000, 0x4100, 0xFFFFFFFF)], "not aligned"),
        ([(*INTEL, 0x4000, 0x4100, 14)], "x86_64 is for arm64"),
        ([(*ARM, 0x5000, 0x1000, 12)], "not Mach-O"),
    ],
)
def test_a_universal_file_that_contradicts_itself_is_refused(
    slices: list[tuple[int, int, int, int, int]], word: str, *, wide: bool
) -> None:
    library_ = craft.small_library()
    body = bytearray(0x11000)
    for place in (0x4000, 0xC000):
        body[place : place + len(library_)] = library_
    with pytest.raises(MachOError, match=word):
        parse_macho(craft.fat(slices, bytes(body), wide=wide))


def test_an_alignment_beyond_that_of_any_linker_is_refused() -> None:
    body = bytes(0x10000) + craft.small_library()
    with pytest.raises(MachOError, match="not aligned"):
        parse_macho(craft.fat([(*ARM, 0x10000, 0x4100, 16)], body))


def test_a_universal_file_within_a_universal_file_is_refused() -> None:
    inner = craft.fat([(*ARM, 0x4000, 0x4100, 14)], bytes(0x4000) + craft.small_library())
    body = bytes(0x4000) + inner
    with pytest.raises(MachOError, match="not Mach-O"):
        parse_macho(craft.fat([(*ARM, 0x4000, len(inner), 14)], body))


def test_64_bit_offsets_of_a_universal_file_are_read() -> None:
    data = craft.fat([(*ARM, 0x4000, 0x4100, 14)], bytes(0x4000) + craft.small_library(), wide=True)
    assert parse_macho(data).archs == ("arm64",)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_flipped_bytes_in_a_head_are_read_or_refused(data: st.DataObject) -> None:
    original = data.draw(
        st.sampled_from([stub("arm64"), stub("x86_64"), stub(), library(), craft.small_library()])
    )
    base = data.draw(st.sampled_from([0, *(s.offset for s in parse_macho(original).slices)]))
    changed = bytearray(original)
    places = st.integers(base, min(base + 1400, len(original) - 1))
    values = st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]) | st.integers(0, 255)
    for place, value in data.draw(st.lists(st.tuples(places, values), min_size=1, max_size=8)):
        changed[place] = value
    assert_sound_or_refused(bytes(changed))


NUMBERS = st.sampled_from(
    [
        *(0x1, 0x2, 0xC, 0xD, 0x19, 0x1B, 0x1D, 0x22, 0x24, 0x26, 0x29, 0x32, 0x0, 0xFFFFFFFF),
        *(0x80000018, 0x8000001C, 0x8000001F, 0x80000022, 0x80000028, 0x80000033, 0x80000034),
    ]
)
WORDS = st.sampled_from([0, 1, 8, 12, 24, 80, 4096, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(NUMBERS, st.lists(WORDS, max_size=24), st.binary(max_size=40)), max_size=8),
    st.sampled_from(["<", ">"]),
    st.integers(0, 12),
)
def test_any_load_commands_are_read_or_refused(
    commands: list[tuple[int, list[int], bytes]], order: str, filetype: int
) -> None:
    made = [
        craft.command(number, struct.pack(f"{order}{len(words)}I", *words) + rest, order=order)
        for number, words, rest in commands
    ]
    assert_sound_or_refused(craft.thin(made, filetype=filetype, size=8192, order=order))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(*[WORDS | st.integers(0, 0xFFFFFFFF)] * 5), min_size=1, max_size=5),
    st.binary(max_size=600),
)
def test_any_table_of_architectures_is_read_or_refused(
    slices: list[tuple[int, int, int, int, int]], body: bytes
) -> None:
    assert_sound_or_refused(craft.fat(slices, body))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([b"", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe\0\0\0\x02"]), st.binary())
def test_any_bytes_are_read_or_refused(start: bytes, rest: bytes) -> None:
    assert_sound_or_refused(start + rest)
