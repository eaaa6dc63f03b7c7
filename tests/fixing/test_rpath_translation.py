"""What libraries found through the old interpreter, they find through the launcher."""

from pathlib import Path

import pytest
from apps.broken import library_loading
from apps.bundles import HOME, make_bundle
from apps.compile import write_executable
from apps.runtime import INTERPRETER_RPATHS

from plover_tray.bundle.app_bundle import AppBundle
from plover_tray.fixing.rpath_translation import Rename, RpathTranslation, translate_rpaths

INTERPRETER = f"Contents/{HOME}/bin/python3.13"


def with_library(
    folder: Path, install_name: str, place: str = "Frameworks/libhello.dylib", *, rpath: str = ""
) -> AppBundle:
    """A bundle with a library at `place` that loads another one, and a file for it to find."""
    bundle = make_bundle(folder)
    rpaths = (rpath,) if rpath else ()
    target = bundle / "Contents" / place
    target.parent.mkdir(parents=True, exist_ok=True)
    write_executable(target, library_loading(install_name, rpaths=rpaths))
    (bundle / "Contents" / HOME / "lib/libhidapi.dylib").write_bytes(b"a library")
    return AppBundle.open(bundle)


def test_the_interpreters_search_paths_become_the_launchers(tmp_path: Path) -> None:
    translated = translate_rpaths(AppBundle.open(make_bundle(tmp_path)), INTERPRETER)
    assert len(INTERPRETER_RPATHS) == 2
    assert translated.rpaths == (
        "@executable_path/../Frameworks/Python.framework",
        "@executable_path/../Frameworks",
    )
    assert translated.notes == ()


def test_a_name_that_meant_the_interpreters_folder_is_written_from_the_librarys_own(
    tmp_path: Path,
) -> None:
    old = "@executable_path/../lib/libhidapi.dylib"
    bundle = with_library(tmp_path, old)
    path = "Contents/Frameworks/libhello.dylib"
    new = "@loader_path/Python.framework/Versions/3.13/lib/libhidapi.dylib"
    assert translate_rpaths(bundle, INTERPRETER).renames == (Rename(path, old, new, rpath=False),)


def test_a_search_path_of_a_library_is_translated_like_a_name(tmp_path: Path) -> None:
    bundle = with_library(tmp_path, "@rpath/libhidapi.dylib", rpath="@executable_path/../lib")
    (rename,) = translate_rpaths(bundle, INTERPRETER).renames
    assert rename.rpath
    assert rename.new == "@loader_path/Python.framework/Versions/3.13/lib"


@pytest.mark.parametrize(
    "install_name",
    [
        "@executable_path/../lib/libnowhere.dylib",
        "@loader_path/libhidapi.dylib",
        "/opt/homebrew/lib/libhidapi.dylib",
        "@rpath/libhidapi.dylib",
    ],
)
def test_a_name_that_did_not_lead_from_the_interpreter_into_the_bundle_stays(
    install_name: str, tmp_path: Path
) -> None:
    assert translate_rpaths(with_library(tmp_path, install_name), INTERPRETER).renames == ()


def test_a_name_that_leads_to_the_same_file_from_both_programs_stays(tmp_path: Path) -> None:
    bundle = with_library(tmp_path, "@executable_path/../lib/libhidapi.dylib")
    (bundle.path / "Contents/lib").symlink_to(f"{HOME}/lib")
    assert translate_rpaths(AppBundle.open(bundle.path), INTERPRETER).renames == ()


def test_a_search_path_outside_the_bundle_is_left_out_with_a_note(tmp_path: Path) -> None:
    bundle = with_library(
        tmp_path, "@rpath/libhidapi.dylib", f"{HOME}/bin/python3.13", rpath="/opt/homebrew/lib"
    )
    translated = translate_rpaths(bundle, INTERPRETER)
    assert translated.rpaths == ()
    (note,) = translated.notes
    assert "/opt/homebrew/lib" in note


@pytest.mark.parametrize("interpreter", [None, "Contents/MacOS/python3.13"])
def test_without_an_interpreter_elsewhere_there_is_nothing_to_translate(
    interpreter: str | None, tmp_path: Path
) -> None:
    bundle = AppBundle.open(make_bundle(tmp_path))
    assert translate_rpaths(bundle, interpreter) == RpathTranslation((), (), ())
