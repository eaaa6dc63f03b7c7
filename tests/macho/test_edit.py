"""Edits of Mach-O slices, read back by LIEF and LLVM's tools."""

import itertools
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Callable, Sequence
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
from plover_tray.macho.edit import (
    CommandEdit,
    add_rpath,
    join_slices,
    linkedit_segment,
    path_command,
    replace_dylib,
    replace_rpath,
    replace_slices,
    resize_linkedit,
    rewrite_commands,
    set_build_version,
    split_slices,
    strip_signature,
    thin_slice,
)
from plover_tray.macho.file import Slice, parse_macho

KEPT_ALIVE: list[lief.MachO.FatBinary] = []
"""LIEF's slices point into these, and crash without them."""
SYSTEM = "/usr/lib/libSystem.B.dylib"


@cache
def thin(arch: str) -> bytes:
    return compile_stub("plover_5_2.c", Options(archs=(arch,), rpaths=("@executable_path/../x",)))


@cache
def thin_library(arch: str) -> bytes:
    options = Options(archs=(arch,), install_name="@rpath/libhelper.dylib")
    return compile_source("int helper(void) { return 1; }", options=options)


@cache
def real_libraries() -> list[list[bytes]]:
    """The slices of some small real libraries, most with the linker's signature."""
    root = mac_site_packages()
    names = ["hid.cpython-313-darwin.so", "_cffi_backend.cpython-313-darwin.so"]
    paths = [*(root / name for name in names), *sorted(root.glob("objc/*.so"))]
    return [
        [data for _, data in split_slices(path.read_bytes())] for path in paths if path.exists()
    ]


def llvm(name: str) -> str:
    for candidate in (name, *(f"{name}-{version}" for version in range(22, 12, -1))):
        if shutil.which(candidate):
            return candidate
    pytest.skip(f"{name} is not installed")


def lipo(folder: Path, slices: Sequence[bytes]) -> bytes:
    paths = [folder / f"slice{number}" for number in range(len(slices))]
    for path, data in zip(paths, slices, strict=True):
        path.write_bytes(data)
    command: list[str | Path] = [llvm("llvm-lipo"), "-create", *paths, "-output", folder / "fat"]
    subprocess.run(command, check=True)
    return (folder / "fat").read_bytes()


def read_back(data: bytes) -> lief.MachO.Binary:
    """The slice as LIEF, which shares no code with ours, sees it; load commands must agree."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        fat = lief.MachO.parse(file.name)
    assert fat is not None
    KEPT_ALIVE.append(fat)
    binary = fat.at(0)
    assert binary is not None
    assert len(binary.commands) == len(thin_slice(data).commands)
    return binary


def dylibs(data: bytes) -> list[tuple[str, str, tuple[int, ...], tuple[int, ...]]]:
    return [
        (
            str(lib.command).rpartition(".")[2],
            str(lib.name),
            tuple(lib.current_version),
            tuple(lib.compatibility_version),
        )
        for lib in read_back(data).libraries
    ]


def content(data: bytes) -> bytes:
    """All but the header and the room behind it, which edits of load commands may change."""
    slice_ = thin_slice(data)
    return data[slice_.header_size + slice_.commands_size + slice_.header_room :]


def commands_but(data: bytes, *names: str) -> list[bytes]:
    return [
        data[c.offset : c.offset + c.size] for c in thin_slice(data).commands if c.name not in names
    ]


# Universal files


@pytest.mark.parametrize("order", list(itertools.permutations(BOTH)))
def test_joined_slices_equal_what_lipo_makes(tmp_path: Path, order: tuple[str, ...]) -> None:
    slices = [thin(arch) for arch in order]
    assert join_slices(slices) == lipo(tmp_path, slices)


def test_joined_real_slices_equal_what_lipo_makes(tmp_path: Path) -> None:
    pairs = [slices for slices in real_libraries() if len(slices) == 2]
    assert pairs
    for pair in pairs:
        assert join_slices(pair) == lipo(tmp_path, pair)


KINDS = [(craft.CPU_X86_64, 3), (craft.CPU_X86_64, 8), (craft.CPU_ARM64, 0), (craft.CPU_ARM64, 2)]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::3])
def test_variants_of_one_processor_stand_as_lipo_sorts_them(
    tmp_path: Path, order: tuple[int, ...]
) -> None:
    slices = []
    for number in order:
        cpu, subtype = KINDS[number]
        data = bytearray(craft.small_library(cpu=cpu))
        struct.pack_into("<I", data, 8, subtype)
        slices.append(bytes(data))
    assert join_slices(slices) == lipo(tmp_path, slices)


def test_split_slices_join_to_the_same_file() -> None:
    whole = join_slices([thin(arch) for arch in BOTH])
    assert join_slices([data for _, data in split_slices(whole)]) == whole
    assert {s.arch: data for s, data in split_slices(whole)} == {a: thin(a) for a in BOTH}


def test_one_slice_alone_stays_thin() -> None:
    assert join_slices([thin("arm64")]) == thin("arm64")


def test_slices_of_one_architecture_or_none_cannot_be_joined() -> None:
    with pytest.raises(MachOError, match="same architecture"):
        join_slices([thin("arm64"), thin("arm64")])
    with pytest.raises(MachOError):
        join_slices([])
    with pytest.raises(MachOError, match="universal"):
        join_slices([join_slices([thin(a) for a in BOTH]), thin("arm64")])


def test_replaced_slices_keep_their_order_and_alignment() -> None:
    arm = craft.small_library()
    data = craft.fat([(craft.CPU_ARM64, 0, 0x8000, 0x4100, 15)], bytes(0x8000) + arm)
    original = parse_macho(data)
    assert replace_slices(original, [arm]) == data
    longer = resize_linkedit(arm, 0x900)
    (slice_,) = parse_macho(replace_slices(original, [longer])).slices
    assert (slice_.offset, slice_.alignment, slice_.size) == (0x8000, 15, 0x4900)
    real = join_slices([thin("x86_64"), thin("arm64")])
    parts = [part for _, part in split_slices(real)]
    assert replace_slices(parse_macho(real), parts) == real
    assert replace_slices(parse_macho(parts[0]), parts[:1]) == parts[0]


# Signatures and __LINKEDIT


def test_a_stripped_signature_is_gone_for_lief_and_the_rest_is_as_it_was() -> None:
    signed = 0
    real = [data for slices in real_libraries() for data in slices]
    for data in [*real, thin("arm64"), thin("x86_64"), thin_library("arm64")]:
        before = thin_slice(data)
        bare = strip_signature(data)
        if before.code_signature is None:
            assert bare == data
            continue
        signed += 1
        binary = read_back(bare)
        assert not binary.has_code_signature
        assert len(bare) == before.code_signature.offset
        assert commands_but(bare, "LC_SEGMENT_64") == commands_but(
            data, "LC_SEGMENT_64", "LC_CODE_SIGNATURE"
        )
        start = before.header_size + before.commands_size
        assert bare[start:] == data[start : len(bare)]
        linkedit = binary.get_segment("__LINKEDIT")
        assert linkedit is not None
        assert linkedit.file_offset + linkedit.file_size == len(bare)
        assert linkedit.virtual_size % thin_slice(bare).page_size == 0
        assert linkedit.virtual_size >= linkedit.file_size
    assert signed >= 4


def test_a_stripped_slice_is_accepted_by_llvm_objdump(tmp_path: Path) -> None:
    tool = llvm("llvm-objdump")
    path = tmp_path / "stripped"
    path.write_bytes(strip_signature(thin("arm64")))
    command: list[str | Path] = [tool, "--macho", "--private-headers", path]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "LC_CODE_SIGNATURE" not in said
    assert "__LINKEDIT" in said


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(BOTH), st.integers(0, 100_000))
def test_linkedit_can_have_any_size(arch: str, size: int) -> None:
    data = strip_signature(thin_library(arch))
    bare = resize_linkedit(data, len(data) - linkedit_segment(thin_slice(data)).offset)
    assert bare == data
    grown = linkedit_segment(thin_slice(data)).file_size + size
    changed = resize_linkedit(data, grown)
    slice_ = thin_slice(changed)
    assert linkedit_segment(slice_).file_size == grown
    assert len(changed) == len(data) + size
    assert content(changed) == content(data) + bytes(size)
    assert linkedit_segment(slice_).memory_size % slice_.page_size == 0
    assert linkedit_segment(slice_).memory_size >= grown


def test_a_linkedit_that_does_not_end_the_slice_is_not_cut() -> None:
    data = craft.small_library() + b"appended"
    with pytest.raises(MachOError, match="does not end"):
        resize_linkedit(data, 0x80)


def test_a_signature_that_does_not_end_the_slice_is_not_stripped() -> None:
    signature = craft.command(craft.LC_CODE_SIGNATURE, struct.pack("<2I", 0x4000, 0x80))
    commands = [craft.segment(b"__LINKEDIT", 0x4000, 0x100), signature]
    with pytest.raises(MachOError, match="does not end it"):
        strip_signature(craft.thin(commands, size=0x4100))


# Names


@pytest.mark.parametrize("arch", BOTH)
def test_an_added_rpath_is_the_last_one_and_nothing_else_changes(arch: str) -> None:
    for data in (thin(arch), thin_library(arch)):
        changed = add_rpath(data, "@executable_path/../Frameworks/é")
        rpaths = [str(rpath.path) for rpath in read_back(changed).rpaths]
        assert rpaths == [*thin_slice(data).rpaths, "@executable_path/../Frameworks/é"]
        assert content(changed) == content(data)
        assert commands_but(changed, "LC_RPATH") == commands_but(data, "LC_RPATH")
        assert len(changed) == len(data)


def test_an_rpath_that_is_there_is_not_added_again() -> None:
    data = thin("arm64")
    assert add_rpath(data, "@executable_path/../x") == data


@pytest.mark.parametrize("arch", BOTH)
def test_a_renamed_rpath_keeps_its_place(arch: str) -> None:
    data = add_rpath(thin(arch), "@loader_path")
    changed = replace_rpath(data, "@executable_path/../x", "@executable_path/../Frameworks")
    assert [str(rpath.path) for rpath in read_back(changed).rpaths] == [
        "@executable_path/../Frameworks",
        "@loader_path",
    ]
    assert content(changed) == content(data)
    assert replace_rpath(changed, "@executable_path/../Frameworks", "@executable_path/../x") == data
    assert replace_rpath(data, "@not/there", "x") == data


@pytest.mark.parametrize("arch", BOTH)
def test_a_renamed_library_keeps_its_versions(arch: str) -> None:
    data = thin(arch)
    changed = replace_dylib(data, SYSTEM, "@loader_path/../lib/libother.dylib")
    ((kind, name, current, compatible),) = dylibs(data)
    assert name == SYSTEM
    new = (kind, "@loader_path/../lib/libother.dylib", current, compatible)
    assert dylibs(changed) == [new]
    assert content(changed) == content(data)
    assert replace_dylib(changed, "@loader_path/../lib/libother.dylib", SYSTEM) == data
    assert replace_dylib(data, "not there", "x") == data


def test_a_librarys_own_name_is_not_taken_for_one_it_loads() -> None:
    data = craft.small_library(SYSTEM.encode())
    assert replace_dylib(data, SYSTEM, "@rpath/other.dylib") == data


def test_a_weak_library_stays_weak() -> None:
    commands = [
        craft.dylib_command(craft.LC_LOAD_WEAK_DYLIB, b"@rpath/libweak.dylib", version=0x10203),
        craft.segment(b"__TEXT", 0x1000, 0x100),
    ]
    data = craft.thin(commands, size=0x1100)
    (library,) = thin_slice(replace_dylib(data, "@rpath/libweak.dylib", "@rpath/w")).dylibs
    assert library.weak
    assert (library.name, library.current_version) == ("@rpath/w", (1, 2, 3))


def test_flags_that_newer_linkers_put_before_the_name_stay() -> None:
    # dylib_use_command: marker 0x1a741800 for the timestamp, flags behind the versions (loader.h)
    head = struct.pack("<4I", 0x1A741800, 0x10000, 0x10000, 0x5)
    use = craft.path_command(craft.LC_LOAD_DYLIB, b"@rpath/liba.dylib", head)
    data = craft.thin([use, craft.segment(b"__TEXT", 0x1000, 0x100)], size=0x1100)
    changed = replace_dylib(data, "@rpath/liba.dylib", "@rpath/a much longer name.dylib")
    command = thin_slice(changed).commands[0]
    assert command.data[:20] == struct.pack("<I", 28) + head
    assert command.data[20:].rstrip(b"\0") == b"@rpath/a much longer name.dylib"


@pytest.mark.parametrize("path", ["", "a\0b"])
def test_a_path_that_no_load_command_can_hold_is_refused(path: str) -> None:
    with pytest.raises(MachOError):
        add_rpath(thin("arm64"), path)


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(BOTH),
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=900),
        unique=True,
        max_size=60,
    ),
)
def test_rpaths_are_added_until_the_room_is_used_up(arch: str, paths: list[str]) -> None:
    data = thin_library(arch)
    for path in paths:
        before = thin_slice(data)
        need = len(path_command(craft.LC_RPATH, path))
        if need > before.header_room:
            with pytest.raises(MachOError, match=f"{before.header_room} bytes of room.*{need}"):
                add_rpath(data, path)
            return
        changed = add_rpath(data, path)
        after = thin_slice(changed)
        assert after.rpaths == (*before.rpaths, path)
        assert after.header_room == before.header_room - need
        assert content(changed) == content(data)
        data = changed


def test_the_room_can_be_used_to_the_last_byte() -> None:
    data = craft.small_library()
    room = thin_slice(data).header_room
    longest = room - 12 - 1
    assert thin_slice(add_rpath(data, "x" * longest)).header_room == room % 8
    with pytest.raises(MachOError, match="bytes of room"):
        add_rpath(data, "x" * (longest + 1))


def test_the_room_of_a_real_library_can_be_too_small() -> None:
    data = real_libraries()[0][0]
    room = thin_slice(data).header_room
    with pytest.raises(MachOError, match=f"{room} bytes of room"):
        add_rpath(data, "x" * room)


# Versions


@pytest.mark.parametrize("arch", BOTH)
def test_the_build_version_is_what_lief_reads(arch: str) -> None:
    changed = set_build_version(thin(arch), minos=(12, 3, 1), sdk=(26, 0, 0))
    version = read_back(changed).build_version
    assert version is not None
    assert (list(version.minos), list(version.sdk)) == ([12, 3, 1], [26, 0, 0])
    assert version.platform == lief.MachO.BuildVersion.PLATFORMS.MACOS
    differing = [
        i for i, pair in enumerate(zip(thin(arch), changed, strict=True)) if len({*pair}) > 1
    ]
    assert 1 <= len(differing) <= 8
    assert set_build_version(thin(arch), minos=None, sdk=None) == thin(arch)
    half = thin_slice(set_build_version(thin(arch), minos=None, sdk=(15, 2, 0)))
    assert (half.minos, half.sdk) == ((11, 0, 0), (15, 2, 0))


def test_of_several_build_versions_the_one_for_macos_is_set() -> None:
    commands = [
        craft.build_version(craft.MAC_CATALYST, 0x000E0000, 0x00110000),
        craft.build_version(craft.MACOS, 0x000A0F00, 0x000B0300),
    ]
    changed = set_build_version(craft.thin(commands), minos=(11, 0, 0), sdk=None)
    assert thin_slice(changed).build_version == (craft.MACOS, (11, 0, 0), (11, 3, 0))
    assert commands_but(changed)[0] == commands[0]


@pytest.mark.parametrize("version", [(65536, 0, 0), (11, 256, 0), (11, 0, 256), (-1, 0, 0)])
def test_a_version_that_does_not_fit_is_refused(version: tuple[int, int, int]) -> None:
    with pytest.raises(MachOError, match="no version"):
        set_build_version(thin("arm64"), minos=version, sdk=None)


def test_a_slice_without_build_version_is_refused() -> None:
    with pytest.raises(MachOError, match="LC_BUILD_VERSION"):
        set_build_version(craft.thin([]), minos=(11, 0, 0), sdk=None)


# The general edit


@pytest.mark.parametrize("arch", BOTH)
def test_an_edit_that_changes_nothing_gives_the_same_bytes(arch: str) -> None:
    for data in (thin(arch), thin_library(arch)):
        assert rewrite_commands(data, lambda _: None) == data


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(BOTH), st.data())
def test_dropped_and_appended_commands_leave_everything_else(
    arch: str, data: st.DataObject
) -> None:
    original = thin_library(arch)
    before = thin_slice(original)
    loose = [c for c in before.commands if "SEGMENT" not in c.name]
    dropped = data.draw(st.sets(st.sampled_from(loose), max_size=4))
    added = data.draw(st.lists(st.binary(max_size=64), max_size=4))
    append = [craft.command(0x7ABC, body) for body in added]
    changed = rewrite_commands(
        original, lambda c: CommandEdit(None) if c in dropped else None, append
    )
    kept = [original[c.offset : c.offset + c.size] for c in before.commands if c not in dropped]
    assert commands_but(changed) == [*kept, *append]
    assert len(changed) == len(original)
    assert content(changed) == content(original)
    free = changed[before.header_size + thin_slice(changed).commands_size :]
    assert not any(free[: thin_slice(changed).header_room])


def test_a_head_alone_can_be_edited() -> None:
    whole = thin("arm64")
    slice_: Slice = thin_slice(whole)
    head = whole[: slice_.header_size + slice_.commands_size]
    rpath = path_command(craft.LC_RPATH, "@loader_path")
    changed = rewrite_commands(head, lambda _: None, [rpath])
    assert changed == add_rpath(whole, "@loader_path")[: len(changed)]


def test_a_big_endian_slice_is_not_edited() -> None:
    data = craft.thin([], cpu=0x01000012, order=">")
    assert thin_slice(data).arch == "ppc64"
    edits: list[Callable[[], bytes]] = [
        lambda: add_rpath(data, "x"),
        lambda: replace_rpath(data, "x", "y"),
        lambda: replace_dylib(data, "x", "y"),
        lambda: resize_linkedit(data, 1),
        lambda: set_build_version(data, minos=(11, 0, 0), sdk=None),
    ]
    for edit in edits:
        with pytest.raises(MachOError, match="big-endian"):
            edit()
