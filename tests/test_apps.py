"""The builders of `apps` give what their names say: read back by others' readers."""

import os
import shutil
import stat
from pathlib import Path

import lief
import pytest
from apps import cache, hostile
from apps.broken import BROKEN, sound
from apps.bundles import BARE_KINDS, HOME, make_bundle, plover_bundle, read_info, stub_bytes
from apps.compile import Options, chained_linker, compile_source, join
from apps.hostile import CASES
from apps.kinds import CHAINED_STUBS, SCRIPTS, STUBS
from apps.peers import BUILDERS, make_peer
from apps.real_runtime import NoRealRuntimeError
from apps.source_less import make_source_less
from conftest import missing
from macholib.mach_o import LC_BUILD_VERSION
from macholib.MachO import MachO

HELLO = "int main(void) { return 0; }\n"


@pytest.mark.parametrize("kind", STUBS)
def test_a_stub_is_universal2_and_imports_the_call_it_is_named_for(kind: str) -> None:
    parsed = lief.MachO.parse(list(stub_bytes(kind)))
    assert parsed is not None
    slices = list(parsed)
    assert [item.header.cpu_type.name for item in slices] == ["X86_64", "ARM64"]
    call = STUBS[kind].call
    if call and call.isidentifier() and kind != "dlopen":
        for item in slices:
            assert f"_{call}" in {symbol.name for symbol in item.imported_symbols}


@pytest.mark.parametrize("kind", CHAINED_STUBS)
def test_a_chained_stub_is_bound_by_chained_fixups(kind: str) -> None:
    if chained_linker() is None:
        missing("no linker for chained fixups (Debian's package lld-19)")
    parsed = lief.MachO.parse(list(stub_bytes(kind, minos="12.0")))
    assert parsed is not None
    slices = list(parsed)
    assert [item.header.cpu_type.name for item in slices] == ["X86_64", "ARM64"]
    assert all(item.has_dyld_chained_fixups for item in slices)


def test_the_sdk_and_the_oldest_system_are_those_asked_for(tmp_path: Path) -> None:
    data = compile_source(HELLO, ".c", Options(minos="12.3", sdk="26.1"))
    (tmp_path / "hello").write_bytes(data)
    for header in MachO(str(tmp_path / "hello")).headers:
        [version] = [body for load, body, _ in header.commands if load.cmd == LC_BUILD_VERSION]
        assert (version.minos, version.sdk) == (12 << 16 | 3 << 8, 26 << 16 | 1 << 8)


def test_what_is_compiled_again_has_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = compile_source(HELLO)
    zig = cache.cache_root() / "zig"
    monkeypatch.setenv("PLOVER_TRAY_CACHE", str(tmp_path))
    (tmp_path / "zig").symlink_to(zig)
    assert compile_source(HELLO) == first


def test_slices_of_a_universal_file_begin_at_their_pages() -> None:
    thin = {arch: stub_bytes("exits", archs=(arch,)) for arch in ("arm64", "x86_64")}
    universal = join(thin)
    assert universal[4096 : 4096 + len(thin["x86_64"])] == thin["x86_64"]
    assert universal[-len(thin["arm64"]) :] == thin["arm64"]
    assert (len(universal) - len(thin["arm64"])) % 0x4000 == 0


@pytest.mark.parametrize("kind", [*STUBS, *SCRIPTS, *BARE_KINDS])
def test_every_kind_of_bundle_can_be_made(kind: str, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path, kind)
    main = bundle / "Contents" / "MacOS" / read_info(bundle)["CFBundleExecutable"]
    assert main.exists() == (kind != "missing")
    assert os.access(main, os.X_OK) == (kind not in {"missing", "not-executable"})


@pytest.mark.parametrize("name", BROKEN)
def test_every_broken_bundle_differs_from_the_sound_one(name: str, tmp_path: Path) -> None:
    def content(bundle: Path) -> dict[str, bytes]:
        return {
            path.relative_to(bundle).as_posix(): path.read_bytes()
            for path in bundle.rglob("*")
            if path.is_file()
        }

    assert content(BROKEN[name](tmp_path / "broken")) != content(sound(tmp_path / "sound"))


@pytest.mark.parametrize("builder", BUILDERS)
def test_a_peers_bundle_has_its_launcher_for_both_architectures(
    builder: str, tmp_path: Path
) -> None:
    bundle = make_peer(tmp_path, builder)
    main = bundle / "Contents" / "MacOS" / read_info(bundle)["CFBundleExecutable"]
    names = {header.MH_MAGIC for header in MachO(str(main)).headers}
    assert len(MachO(str(main)).headers) == 2, names


@pytest.mark.parametrize("name", CASES)
def test_every_hostile_input_can_be_made_and_cleaned_up(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "input"
    folder.mkdir()
    path = CASES[name].make(folder)
    assert os.path.lexists(path) == (name != "no-such-path")
    shutil.rmtree(folder)


def test_a_property_list_of_a_few_hundred_bytes_is_a_bomb() -> None:
    assert len(hostile.binary_bomb()) < 500
    assert len(hostile.entity_bomb()) < 1000


def test_a_cached_folder_that_was_changed_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PLOVER_TRAY_CACHE", str(tmp_path))

    def build(folder: Path) -> None:
        (folder / "file").write_text("right")

    folder = cache.cached_folder("some/folder", build)
    (folder / "file").write_text("wrong!")
    assert (cache.cached_folder("some/folder", build) / "file").read_text() == "right"
    assert "was changed" in capsys.readouterr().err
    cache.cached_folder("some/folder", build)
    assert not capsys.readouterr().err


def test_a_build_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLOVER_TRAY_CACHE", str(tmp_path))

    def build(folder: Path) -> None:
        (folder / "half").write_text("half")
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        cache.cached_folder("folder", build)
    assert not list(tmp_path.rglob("half*"))


def test_what_was_not_used_for_weeks_gives_way_to_its_successor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLOVER_TRAY_CACHE", str(tmp_path))
    old, used = (cache.cached_folder(f"thing-{key}", lambda folder: folder) for key in "ab")
    os.utime(tmp_path / "thing-a.record.json", (0, 0))
    new = cache.cached_folder("thing-c", lambda folder: folder)
    assert [path.exists() for path in (old, used, new)] == [False, True, True]


def test_a_source_less_package_holds_bytecode_of_the_bundles_python(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").write_text("x = 1\n")
    try:
        make_source_less(tmp_path)
    except NoRealRuntimeError as error:
        missing(str(error))
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["__init__.pyc"]
    magic = (tmp_path / "pkg" / "__init__.pyc").read_bytes()[:4]
    assert (
        int.from_bytes(magic[:2], "little") == 3571
    )  # of 3.13 (Include/internal/pycore_magic_number.h)


def test_a_copy_keeps_links_and_modes_and_shares_nothing(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "program").write_text("x")
    (source / "program").chmod(0o750)
    (source / "link").symlink_to("nowhere")
    copied = cache.copy_tree(source, tmp_path / "deep" / "copy")
    status = (copied / "program").stat()
    assert (stat.S_IMODE(status.st_mode), status.st_nlink) == (0o750, 1)
    assert (copied / "link").readlink() == Path("nowhere")


def test_the_demo_bundle_is_made_of_real_macos_parts(plover_app: Path) -> None:
    contents = plover_app / "Contents"
    packages = contents / HOME / "lib" / "python3.13" / "site-packages"
    assert (packages / "plover" / "scripts" / "dist_main.py").is_file()
    machos = [path for path in packages.rglob("*") if path.is_file() and is_macho(path)]
    assert len(machos) > 390
    library = MachO(str(contents / HOME / "Python"))
    assert len(library.headers) == 2
    assert b"(stand-in)" not in (contents / HOME / "Python").read_bytes()


def is_macho(path: Path) -> bool:
    with path.open("rb") as opened:
        return opened.read(4) in {b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"}


def test_the_demo_bundle_can_have_a_runtime_without_maven() -> None:
    library = plover_bundle(runtime="library") / "Contents" / HOME / "Python"
    assert len(MachO(str(library)).headers) == 2
