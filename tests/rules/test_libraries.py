"""MO: libraries from outside the bundle, and libraries that are not there."""

import struct
from pathlib import Path

import pytest
from apps.broken import BROKEN, library_loading, sound
from apps.bundles import HOME, SITE_PACKAGES, make_bundle
from apps.compile import Options, compile_stub, write_executable
from apps.runtime import stand_in_library

from plover_tray.bundle.app_bundle import AppBundle
from plover_tray.facts.loading import Loading
from plover_tray.findings import Severity
from plover_tray.macho.file import read_macho
from rules.checking import check, codes, errors, only, runs_python

LC_LOAD_WEAK_DYLIB = 0x80000018


PLUGIN = f"{SITE_PACKAGES}/PySide6/Qt/plugins/sqldrivers/libhello.dylib"


def put(bundle: Path, place: str, install_name: str, *, rpaths: tuple[str, ...] = ()) -> Path:
    """Put a library that loads another one at `place` in Contents."""
    return write_executable(
        bundle / "Contents" / place, library_loading(install_name, rpaths=rpaths)
    )


def linked_main(bundle: Path, install_name: str, *, rpaths: tuple[str, ...] = ()) -> None:
    """Make the main executable a program that is linked to a library of this name."""
    library = stand_in_library("3.13", install_name=install_name)
    data = compile_stub("linked_in_process.c", Options(libraries=(library,), rpaths=rpaths))
    write_executable(bundle / "Contents/MacOS/Hello Tray", data)


def weakly(data: bytes, path: Path, name: str) -> bytes:
    """The same library, whose load command for `name` says that it may be missing."""
    changed = bytearray(data)
    for slice_ in read_macho(path).slices:
        (command,) = [
            c for c in slice_.commands if c.name == "LC_LOAD_DYLIB" and name.encode() in c.data
        ]
        struct.pack_into("<I", changed, slice_.offset + command.offset, LC_LOAD_WEAK_DYLIB)
    return bytes(changed)


@pytest.mark.parametrize(
    ("broken", "owner"),
    [
        ("loads-from-homebrew", "Homebrew on Apple silicon"),
        ("loads-from-usr-local", "Homebrew on Intel"),
        ("loads-from-a-home-folder", "home folder"),
        ("loads-by-rpath-outside", "Homebrew on Apple silicon"),
    ],
)
def test_a_library_from_outside_is_an_error_that_says_whose(
    broken: str, owner: str, tmp_path: Path
) -> None:
    finding = only(check(BROKEN[broken](tmp_path)), "MO104")
    assert finding.severity is Severity.ERROR
    assert owner in finding.message
    assert finding.path == "Contents/Frameworks/libhello.dylib"


@pytest.mark.parametrize(
    "name",
    [
        "/opt/local/lib/libx.dylib",
        "/Library/Frameworks/Python.framework/Versions/3.13/Python",
        "/Applications/Other.app/Contents/Frameworks/libx.dylib",
        "/nix/store/x/libx.dylib",
    ],
)
@pytest.mark.parametrize("place", ["MacOS/Hello Tray", f"{SITE_PACKAGES}/module.abi3.so"])
def test_main_executables_and_extension_modules_are_looked_at(
    name: str, place: str, tmp_path: Path
) -> None:
    bundle = sound(tmp_path)
    if place.startswith("MacOS"):
        linked_main(bundle, name)
    else:
        put(bundle, place, name)
    assert only(check(bundle), "MO104").path == f"Contents/{place}"


@pytest.mark.parametrize(
    "name",
    ["/usr/lib/libz.1.dylib", "/System/Library/Frameworks/X.framework/X", "/usr/lib/swift/x"],
)
def test_libraries_of_the_system_pass(name: str, tmp_path: Path) -> None:
    bundle = sound(tmp_path)
    put(bundle, "Frameworks/libhello.dylib", name)
    assert check(bundle) == []


def test_plugins_that_may_never_be_loaded_share_one_note(tmp_path: Path) -> None:
    bundle = sound(tmp_path)
    put(bundle, PLUGIN, "/opt/homebrew/lib/libiodbc.2.dylib")
    put(bundle, PLUGIN.replace("hello", "hello2"), "/usr/local/lib/libmimer.dylib")
    (finding,) = check(bundle)
    assert (finding.code, finding.severity) == ("MO104", Severity.NOTE)
    assert finding.message.startswith("2 plugins and tools")


def test_what_may_be_missing_is_a_note_or_nothing(tmp_path: Path) -> None:
    bundle = sound(tmp_path)
    for name, expected in (("/opt/homebrew/lib/libx.dylib", ["MO104"]), ("@rpath/libx.dylib", [])):
        library = put(bundle, "Frameworks/libhello.dylib", name)
        library.write_bytes(weakly(library.read_bytes(), library, name))
        found = check(bundle)
        assert codes(found) == expected
        assert {f.severity for f in found} <= {Severity.NOTE}


def test_a_library_that_a_needed_one_loads_is_needed_too(tmp_path: Path) -> None:
    bundle = sound(tmp_path)
    folder = PLUGIN.rpartition("/")[0]
    put(bundle, f"{folder}/libdeep.dylib", "/opt/homebrew/lib/libx.dylib")
    put(
        bundle,
        "Frameworks/libhello.dylib",
        f"@loader_path/{folder.partition('/')[2]}/libdeep.dylib",
    )
    assert only(check(bundle), "MO104").path == f"Contents/{folder}/libdeep.dylib"


def test_from_the_programs_folder_the_main_executables_is_meant(tmp_path: Path) -> None:
    finding = only(check(BROKEN["loads-beside-the-interpreter"](tmp_path)), "MO105")
    assert finding.severity is Severity.WARNING
    assert "libpython3.13.dylib" in finding.message


def test_while_an_exec_stub_runs_the_interpreter_its_folder_counts(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    put(bundle, "Frameworks/libhello.dylib", "@executable_path/../lib/libpython3.13.dylib")
    found = codes(check(bundle, runs_python(bundle, "-m", "hello_tray")))
    assert not [code for code in found if code.startswith("MO")]
    assert "MO105" in codes(check(bundle))


def test_a_main_executable_that_cannot_start_is_an_error(tmp_path: Path) -> None:
    for number, (name, code) in enumerate(
        (
            ("@executable_path/../Frameworks/gone.dylib", "MO105"),
            ("@rpath/gone.dylib", "MO106"),
            ("@loader_path/gone.dylib", "MO106"),
        )
    ):
        bundle = sound(tmp_path / str(number))
        linked_main(bundle, name, rpaths=("@executable_path/../Frameworks",))
        assert errors(check(bundle)) == [code]


@pytest.mark.parametrize(
    "broken", ["loads-by-rpath-of-nobody", "loads-beside-itself-what-is-missing"]
)
def test_a_module_that_lacks_a_library_is_a_warning(broken: str, tmp_path: Path) -> None:
    finding = only(check(BROKEN[broken](tmp_path)), "MO106")
    assert finding.severity is Severity.WARNING
    assert "libnowhere.dylib" in finding.message


def test_a_trimmed_plugin_that_lacks_a_library_is_a_note(tmp_path: Path) -> None:
    bundle = sound(tmp_path)
    put(bundle, PLUGIN, "@rpath/QtQuick.framework/Versions/A/QtQuick")
    (finding,) = check(bundle)
    assert (finding.code, finding.severity) == ("MO106", Severity.NOTE)


@pytest.mark.parametrize(
    ("name", "rpaths"),
    [
        ("@rpath/Versions/3.13/Python", ("@loader_path/Python.framework",)),
        ("@rpath/Python", ("@executable_path/../Frameworks/Python.framework",)),
        ("@rpath/Python", ("/opt/homebrew/lib", "@loader_path/Python.framework/Versions/Current/")),
        ("@loader_path/Python.framework/Versions/Current/lib/libpython3.13.dylib", ()),
        ("@executable_path/../Frameworks/Python.framework/Python", ()),
    ],
)
def test_libraries_are_found_through_rpaths_and_symlinks(
    name: str, rpaths: tuple[str, ...], tmp_path: Path
) -> None:
    bundle = sound(tmp_path)
    put(bundle, "Frameworks/libhello.dylib", name, rpaths=rpaths)
    assert not {"MO104", "MO105", "MO106"} & set(codes(check(bundle)))


def test_a_library_that_another_file_has_for_its_own_name_counts_as_loaded(tmp_path: Path) -> None:
    bundle = sound(tmp_path)
    put(bundle, "Frameworks/libhello.dylib", "@rpath/Versions/3.13/Python")
    assert check(bundle) == []


def test_an_rpath_of_the_build_machine_is_a_note(tmp_path: Path) -> None:
    bundle = sound(tmp_path)
    put(
        bundle,
        "Frameworks/libhello.dylib",
        "@rpath/Versions/3.13/Python",
        rpaths=("/Users/builder/lib", "@loader_path/Python.framework", "/usr/lib/swift"),
    )
    (finding,) = check(bundle)
    assert (finding.code, finding.severity) == ("MO107", Severity.NOTE)
    assert "1 search path" in finding.message
    assert "/usr/lib/swift" not in str(finding.evidence)


def test_an_inner_apps_libraries_are_looked_for_from_its_own_program(tmp_path: Path) -> None:
    bundle = sound(tmp_path)
    inner = "Resources/Helper.app/Contents"
    write_executable(
        bundle / "Contents" / inner / "MacOS/Helper",
        (bundle / "Contents/MacOS/Hello Tray").read_bytes(),
    )
    put(bundle, f"{inner}/Frameworks/liba.so", "@executable_path/../Frameworks/libb.dylib")
    put(bundle, f"{inner}/Frameworks/libb.dylib", "/usr/lib/libz.1.dylib")
    assert check(bundle) == []


def test_links_that_loop_or_leave_lead_to_no_library(tmp_path: Path) -> None:
    bundle = sound(tmp_path)
    frameworks = bundle / "Contents/Frameworks"
    (frameworks / "loop").symlink_to("loop")
    (frameworks / "out").symlink_to("/usr/lib")
    for name in ("loop/x", "out/x", "../../../../../../../x"):
        put(bundle, "Frameworks/libhello.dylib", f"@loader_path/{name}")
        (need,) = [
            need
            for need in Loading(AppBundle.open(bundle), ()).needs(
                "Contents/Frameworks/libhello.dylib"
            )
            if need.name.endswith("x")
        ]
        assert need.place == "nowhere"


def test_real_plovers_only_loose_ends_are_of_plugins_and_tools(plover_app: Path) -> None:
    rehearsal = runs_python(plover_app, "-s", "-m", "plover.scripts.dist_main")
    found = [f for f in check(plover_app, rehearsal) if f.code in {"MO104", "MO105", "MO106"}]
    assert {f.severity for f in found} == {Severity.NOTE}
    assert [f.code for f in found] == ["MO104", "MO106"]


def test_what_a_framework_of_another_mac_has_from_homebrew_is_found(tmp_path: Path) -> None:
    bundle = sound(tmp_path)
    put(
        bundle,
        f"{HOME}/lib/python3.13/lib-dynload/_lzma.so",
        "/usr/local/opt/xz/lib/liblzma.5.dylib",
    )
    assert "liblzma.5.dylib" in only(check(bundle), "MO104").message
