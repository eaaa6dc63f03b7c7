"""Facts about bundles, whole and hostile: nothing outside is read, nothing bad is a traceback."""

import os
import plistlib
import socket
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import crafted_macho as craft
import pytest
from apps.bundles import make_bundle
from apps.compile import BOTH, Options, compile_stub
from hypothesis import given, settings
from hypothesis import strategies as st

from plover_tray.bundle.app_bundle import AppBundle
from plover_tray.bundle.main_executable import MAX_SCRIPT
from plover_tray.bundle.plist import MAX_PLIST
from plover_tray.errors import BundleError, MachOError, PloverTrayError

MAIN = "Contents/MacOS/App"


@cache
def stub() -> bytes:
    return compile_stub("plover_5_2.c", Options(archs=BOTH))


def make(
    folder: Path,
    *,
    executable: Any = "App",
    main: bytes | None = b"#!/bin/sh\n",
    info: Mapping[str, Any] | None = None,
    name: str = "App.app",
) -> Path:
    app = folder / name
    (app / "Contents/MacOS").mkdir(parents=True)
    values = {"CFBundleIdentifier": "org.example.app", "CFBundleExecutable": executable}
    values = {k: v for k, v in {**values, **(info or {})}.items() if v is not None}
    (app / "Contents/Info.plist").write_bytes(plistlib.dumps(values))
    if main is not None:
        (app / MAIN).write_bytes(main)
        (app / MAIN).chmod(0o755)
    return app


@pytest.fixture(scope="module")
def shared_app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(os.path.realpath(make(tmp_path_factory.mktemp("shared"))))


def facts(app: Path) -> None:
    """Ask for everything that a bundle can be asked."""
    bundle = AppBundle.open(app)
    for name in ("executable", "main", "config", "entries", "machos", "runtime", "builder"):
        getattr(bundle, name)


def refused(app: Path | str) -> str:
    with pytest.raises(PloverTrayError) as caught:
        facts(Path(app))
    message = str(caught.value)
    assert message.isprintable()
    assert message.encode()
    return message


# Opening


def test_a_whole_bundle_tells_its_facts(tmp_path: Path) -> None:
    bundle = AppBundle.open(make_bundle(tmp_path, name="Hello é Tray"))
    assert bundle.name == "Hello é Tray.app"
    assert bundle.identifier == "org.example.hello-tray"
    assert bundle.executable == "Contents/MacOS/Hello é Tray"
    assert bundle.info_format == "xml"
    assert bundle.config is None
    main = bundle.main
    assert main is not None
    assert (main.kind, main.symlink, main.executable) == ("macho", None, True)
    assert main.macho is not None
    assert set(main.macho.archs) == set(BOTH)
    runtime = bundle.runtime
    assert runtime is not None
    assert (runtime.kind, runtime.version) == ("framework", (3, 13))
    assert runtime.home == "Contents/Frameworks/Python.framework/Versions/3.13"
    assert runtime.interpreter is not None
    assert bundle.entries[runtime.interpreter].mode & 0o111
    assert runtime.library in bundle.sound_machos
    assert set(bundle.sound_machos) == set(bundle.machos)


def test_a_binary_info_plist_is_read(tmp_path: Path) -> None:
    bundle = AppBundle.open(make_bundle(tmp_path, info_format="binary"))
    assert bundle.info_format == "binary"
    assert bundle.identifier == "org.example.hello-tray"


def test_a_link_to_a_bundle_opens_the_bundle(tmp_path: Path) -> None:
    app = make(tmp_path)
    (tmp_path / "link.app").symlink_to(app)
    assert AppBundle.open(tmp_path / "link.app").path == Path(os.path.realpath(app))


def test_what_is_no_bundle_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "empty.app").mkdir()
    (tmp_path / "file.app").write_text("")
    (tmp_path / "loop.app").symlink_to("loop.app")
    (tmp_path / "half.app/Contents").mkdir(parents=True)
    os.mkfifo(tmp_path / "pipe.app")
    assert "does not exist" in refused(tmp_path / "missing.app")
    assert "no Contents/Info.plist" in refused(tmp_path / "empty.app")
    assert "no Contents/Info.plist" in refused(tmp_path / "half.app")
    assert "not an app bundle but a file" in refused(tmp_path / "file.app")
    assert "not an app bundle" in refused(tmp_path / "pipe.app")
    refused(tmp_path / "loop.app")
    refused(tmp_path / "file.app/Contents")
    refused(tmp_path / "a\0b")
    refused(tmp_path / ("x" * 256))
    refused(tmp_path / "two\nlines \x1b[31m \udcff.app")


def test_an_info_plist_that_leads_out_of_the_bundle_is_not_read(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "Info.plist").write_bytes(plistlib.dumps({"CFBundleIdentifier": "secret"}))
    for number, (place, target) in enumerate(
        [
            ("Contents", "../outside"),
            ("Contents", str(outside)),
            ("Contents/Info.plist", "../../outside/Info.plist"),
            ("Contents/Info.plist", str(outside / "Info.plist")),
        ]
    ):
        app = tmp_path / f"{number}.app"
        (app / place).parent.mkdir(parents=True)
        (app / place).symlink_to(target)
        message = refused(app)
        assert "leaves the bundle" in message or "out of the bundle" in message


def test_an_info_plist_that_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.app/Contents").mkdir(parents=True)
    os.mkfifo(tmp_path / "0.app/Contents/Info.plist")
    (tmp_path / "1.app/Contents/Info.plist").mkdir()
    (tmp_path / "2.app/Contents/Info.plist").symlink_to("Info.plist")
    assert "not a regular file" in refused(tmp_path / "0.app")
    assert "not a regular file" in refused(tmp_path / "1.app")
    assert "leads back to itself" in refused(tmp_path / "2.app")


def test_an_endless_info_plist_is_refused_by_its_size(tmp_path: Path) -> None:
    app = make(tmp_path)
    os.truncate(app / "Contents/Info.plist", MAX_PLIST + 1)
    assert "larger" in refused(app)


def test_folders_opened_by_mistake_leave_no_descriptor(tmp_path: Path) -> None:
    bundle = AppBundle.open(make(tmp_path))
    before = os.dup(0)
    os.close(before)
    with pytest.raises(BundleError):
        bundle.read("Contents", 10)
    after = os.dup(0)
    os.close(after)
    assert after == before


# The main executable


@pytest.mark.parametrize(
    "name", ["../../../bin/sh", "/bin/sh", "..", "a/../../..", "x/..", "App\0", "../MacOS/App"]
)
def test_a_main_executable_outside_is_refused_by_name(tmp_path: Path, name: str) -> None:
    app = make(tmp_path, executable=None)
    info = {"CFBundleExecutable": name}
    (app / "Contents/Info.plist").write_bytes(plistlib.dumps(info, fmt=plistlib.FMT_BINARY))
    assert "CFBundleExecutable" in refused(app)


@pytest.mark.parametrize(
    "name", [None, "", 5, ["App"], "Other", "app.", ".", "./", "App/", "App/x"]
)
def test_a_main_executable_that_is_not_there_is_none(tmp_path: Path, name: Any) -> None:
    bundle = AppBundle.open(make(tmp_path, executable=name))
    assert bundle.executable is None
    assert bundle.main is None


@pytest.mark.parametrize("name", ["App", "./App", "MacOS/App", "MacOS/./App"])
def test_a_main_executable_named_with_its_folder_is_found(tmp_path: Path, name: str) -> None:
    assert AppBundle.open(make(tmp_path, executable=name)).executable == MAIN


@pytest.mark.parametrize(("form", "other"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_accents_match_in_either_normal_form(tmp_path: Path, form: Any, other: Any) -> None:
    app = make(tmp_path, executable=unicodedata.normalize(other, "Café"))
    name = unicodedata.normalize(form, "Café")
    (app / MAIN).rename(app / "Contents/MacOS" / name)
    found = AppBundle.open(app).executable
    assert found is not None
    assert unicodedata.normalize(form, found) == f"Contents/MacOS/{name}"
    assert (app / found).is_file()


def test_a_folder_is_no_main_executable(tmp_path: Path) -> None:
    app = make(tmp_path, main=None)
    (app / MAIN).mkdir()
    assert AppBundle.open(app).executable is None


@pytest.mark.parametrize("target", ["..", "../..", "../../..", "/", "/bin", "../../../bin"])
@pytest.mark.parametrize("name", ["sh", "bin/sh", "etc/passwd", "etc"])
def test_a_linked_folder_never_leads_to_a_file_outside(
    tmp_path: Path, target: str, name: str
) -> None:
    app = make(tmp_path, executable=name, main=None)
    (app / "Contents/MacOS").rmdir()
    (app / "Contents/MacOS").symlink_to(target)
    bundle = AppBundle.open(app)
    assert bundle.executable is None
    assert bundle.main is None


def test_a_linked_folder_inside_is_followed(tmp_path: Path) -> None:
    app = make(tmp_path)
    (app / "Contents/MacOS").rename(app / "Contents/Programs")
    (app / "Contents/MacOS").symlink_to("Programs")
    assert AppBundle.open(app).executable == "Contents/Programs/App"
    (app / "Contents/MacOS").unlink()
    (app / "Contents/MacOS").symlink_to("..")
    (app / "App").write_bytes(b"#!/bin/sh\n")
    main = AppBundle.open(app).main
    assert main is not None
    assert main.path == "App"


def test_a_script_is_read_whole(tmp_path: Path) -> None:
    script = b'#!/bin/sh\nexec "$(dirname "$0")/x"\n'
    app = make(tmp_path, main=script)
    (app / MAIN).chmod(0o744)
    main = AppBundle.open(app).main
    assert main is not None
    assert (main.kind, main.script, main.executable) == ("script", script, False)


def test_a_script_without_end_is_refused(tmp_path: Path) -> None:
    app = make(tmp_path)
    os.truncate(app / MAIN, MAX_SCRIPT + 1)
    assert "larger" in refused(app)


def test_a_linked_main_executable_says_where_it_points(tmp_path: Path) -> None:
    app = make(tmp_path, main=None)
    (app / "Contents/python").write_bytes(stub())
    (app / "Contents/python").chmod(0o755)
    (app / MAIN).symlink_to("../python")
    main = AppBundle.open(app).main
    assert main is not None
    assert (main.path, main.kind, main.symlink) == (MAIN, "macho", "../python")
    assert main.executable


@pytest.mark.parametrize("target", ["/bin/sh", "../../../../../bin/sh", "App", "nowhere"])
def test_a_linked_main_executable_is_never_read_outside(tmp_path: Path, target: str) -> None:
    app = make(tmp_path, main=None)
    (app / MAIN).symlink_to(target)
    main = AppBundle.open(app).main
    assert main is not None
    assert (main.kind, main.symlink, main.mode) == ("other", target, 0)
    assert main.macho is None
    assert main.script is None


def test_a_program_for_linux_is_of_another_kind(tmp_path: Path) -> None:
    main = AppBundle.open(make(tmp_path, main=b"\x7fELF" + bytes(100))).main
    assert main is not None
    assert main.kind == "other"


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b"MZ\x90", "neither"),
        (b"\xcf\xfa\xed\xfe", "damaged"),
        (b"\xca\xfe\xba\xbe\0\0\0\2", "damaged"),
        (craft.thin([], count=0xFFFFFFFF), "damaged"),
    ],
)
def test_a_main_executable_that_cannot_run_is_refused(
    tmp_path: Path, data: bytes, word: str
) -> None:
    assert word in refused(make(tmp_path, main=data))


def test_a_main_executable_that_is_a_pipe_or_socket_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make(tmp_path, main=None)
    os.mkfifo(app / MAIN)
    assert "not a regular file" in refused(app)
    (app / MAIN).unlink()
    monkeypatch.chdir(app / "Contents/MacOS")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("App")
        assert "not a regular file" in refused(app)


def test_a_main_executable_cut_short_in_its_first_4_kb_is_refused(tmp_path: Path) -> None:
    app = make(tmp_path, main=stub())
    for length in range(4096, -1, -1):
        os.truncate(app / MAIN, length)
        with pytest.raises(BundleError):
            _ = AppBundle.open(app).main


# What else is inside


def test_mach_o_files_are_found_by_content_and_damaged_ones_say_why(tmp_path: Path) -> None:
    app = make(tmp_path)
    contents = {
        "lib.so": craft.small_library(),
        "data.txt": craft.small_library(),
        "short.dylib": craft.small_library()[:1000],
        "text.dylib": b"not Mach-O, whatever its name says",
        "Java.class": b"\xca\xfe\xba\xbe\0\0\0\x41" + bytes(100),
        "static.a": craft.fat(
            [(craft.CPU_ARM64, 0, 0x4000, 108, 14)], bytes(0x4000) + b"!<arch>\n" + bytes(100)
        ),
    }
    for name, data in contents.items():
        (app / "Contents" / name).write_bytes(data)
    (app / "Contents/link.dylib").symlink_to("lib.so")
    bundle = AppBundle.open(app)
    assert set(bundle.machos) == {"Contents/lib.so", "Contents/data.txt", "Contents/short.dylib"}
    assert set(bundle.sound_machos) == {"Contents/lib.so", "Contents/data.txt"}
    assert isinstance(bundle.machos["Contents/short.dylib"], MachOError)


def test_a_pipe_in_the_bundle_is_refused(tmp_path: Path) -> None:
    app = make(tmp_path)
    os.mkfifo(app / "Contents/pipe")
    assert "Contents/pipe is a pipe" in refused(app)


def test_reading_is_bounded_and_stays_inside(tmp_path: Path) -> None:
    app = make(tmp_path)
    (app / "Contents/file").write_bytes(b"12345")
    (app / "Contents/in").symlink_to("file")
    (app / "Contents/out").symlink_to("/etc/passwd")
    bundle = AppBundle.open(app)
    assert bundle.read("Contents/in", 5) == b"12345"
    assert bundle.read_start("Contents/in", 3) == b"123"
    with pytest.raises(BundleError, match="larger than 4"):
        bundle.read("Contents/file", 4)
    for path in ("Contents/out", "../App.app/Contents/file", "Contents/missing", "Contents"):
        with pytest.raises(BundleError):
            bundle.read(path, 100)
    assert bundle.exists("Contents/in")
    assert not bundle.exists("Contents/out")


@pytest.mark.parametrize(
    ("builder", "path"),
    [
        ("py2app", "Contents/Resources/__boot__.py"),
        ("pyinstaller", "Contents/Frameworks/base_library.zip"),
        ("cx_freeze", "Contents/Resources/lib/library.zip"),
        ("briefcase", "Contents/Resources/app_packages/x"),
        (None, "Contents/Resources/x"),
    ],
)
def test_the_packager_is_known_by_its_traces(
    tmp_path: Path, builder: str | None, path: str
) -> None:
    app = make(tmp_path)
    (app / path).parent.mkdir(parents=True, exist_ok=True)
    (app / path).write_bytes(b"")
    assert AppBundle.open(app).builder == builder


def test_a_bundle_with_the_launcher_is_ours_and_its_settings_are_checked(tmp_path: Path) -> None:
    app = make(tmp_path, info={"PloverTray": {"Schema": 1}})
    assert AppBundle.open(app).builder == "plover-tray"
    assert "PloverTray" in refused(app)


@settings(max_examples=100, deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.lists(st.sampled_from(["..", ".", "App", "MacOS", "", "x"]), max_size=6).map("/".join)
)
def test_any_name_of_a_main_executable_is_found_inside_or_refused(
    shared_app: Path, name: str
) -> None:
    bundle = AppBundle(shared_app, {"CFBundleExecutable": name}, "xml")
    try:
        found = bundle.executable
    except BundleError as error:
        found, message = None, str(error)
    else:
        message = ""
    assert message.isprintable()
    if found is not None:
        assert os.path.realpath(shared_app / found).startswith(f"{shared_app}/")
        assert found == os.path.normpath(found)
