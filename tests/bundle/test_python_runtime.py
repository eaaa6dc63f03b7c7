"""Which Python is inside a bundle, by the layouts that packagers make."""

import crafted_macho as craft
import pytest

from plover_tray.bundle.python_runtime import PythonRuntime, find_runtime
from plover_tray.macho.file import MachOFile, parse_macho

FRAMEWORK = "Contents/Frameworks/Python.framework/Versions/3.13"


def library(name: str = "@rpath/x", filetype: int = craft.DYLIB) -> MachOFile:
    command = craft.dylib_command(craft.LC_ID_DYLIB, name.encode())
    return parse_macho(craft.thin([command], filetype=filetype, size=4096))


def find(*paths: str, libraries: dict[str, MachOFile]) -> PythonRuntime | None:
    return find_runtime([*paths, *libraries], libraries)


def test_a_framework_is_found_with_its_home_and_interpreter() -> None:
    found = find(
        f"{FRAMEWORK}/lib/python3.13",
        f"{FRAMEWORK}/bin/python3.13",
        f"{FRAMEWORK}/bin/python3",
        libraries={f"{FRAMEWORK}/Python": library()},
    )
    assert found == PythonRuntime(
        library=f"{FRAMEWORK}/Python",
        kind="framework",
        version=(3, 13),
        home=FRAMEWORK,
        interpreter=f"{FRAMEWORK}/bin/python3.13",
        archs=("arm64",),
    )
    assert found.version_text == "3.13"


def test_python_orgs_interpreter_inside_the_framework_is_known() -> None:
    path = f"{FRAMEWORK}/Resources/Python.app/Contents/MacOS/Python"
    found = find(path, libraries={f"{FRAMEWORK}/Python": library()})
    assert found is not None
    assert found.interpreter == path


def test_a_plain_library_beside_its_standard_library_is_found() -> None:
    found = find(
        "Contents/Resources/python/lib/python3.9",
        "Contents/Resources/python/bin/python",
        libraries={"Contents/Resources/python/lib/libpython3.9.dylib": library()},
    )
    assert found is not None
    assert (found.kind, found.version, found.home) == ("dylib", (3, 9), "Contents/Resources/python")
    assert found.interpreter == "Contents/Resources/python/bin/python"


def test_py2apps_standard_library_is_in_resources() -> None:
    found = find("Contents/Resources/lib/python3.13", libraries={f"{FRAMEWORK}/Python": library()})
    assert found is not None
    assert (found.kind, found.home) == ("framework", "Contents/Resources")


def test_a_standard_library_that_is_nowhere_gives_no_home() -> None:
    found = find(libraries={f"{FRAMEWORK}/Python": library()})
    assert found is not None
    assert found.home is None


def test_a_free_threaded_build_is_found() -> None:
    folder = "Contents/Frameworks/PythonT.framework/Versions/3.13t"
    for path in (f"{folder}/PythonT", "Contents/Frameworks/lib/libpython3.13t.dylib"):
        home = path.rpartition("/")[0].removesuffix("/lib")
        found = find(f"{home}/lib/python3.13t", libraries={path: library()})
        assert found is not None
        assert (found.version, found.home) == ((3, 13), home)


def test_pyinstallers_library_tells_its_version_by_its_install_name() -> None:
    name = "/Library/Frameworks/Python.framework/Versions/3.12/Python"
    found = find(libraries={"Contents/Frameworks/Python": library(name)})
    assert found is not None
    assert (found.kind, found.version, found.home) == ("dylib", (3, 12), None)
    assert find(libraries={"Contents/Frameworks/Python": library("@rpath/Python")}) is None


def test_the_newest_framework_comes_before_any_plain_library() -> None:
    old = FRAMEWORK.replace("3.13", "3.9")
    found = find(
        libraries={
            "Contents/Frameworks/libpython3.14.dylib": library(),
            f"{FRAMEWORK}/Python": library(),
            f"{old}/Python": library(),
        }
    )
    assert found is not None
    assert (found.kind, found.version) == ("framework", (3, 13))


@pytest.mark.parametrize(
    "path",
    [
        "Contents/Frameworks/Python",
        "Contents/Frameworks/Python.framework/Versions/3.13/Python\n",
        "Contents/Frameworks/Python.framework/Versions/3.13/Resources",
        "Contents/Frameworks/Python.framework/Versions/Current/Python",
        "Contents/Frameworks/Python.framework/Versions/3.12345/Python",
        "Contents/Frameworks/Python.framework/Versions/3.١/Python",
        "Contents/Frameworks/libpython3.13.dylib.bak",
        "Contents/Frameworks/mylibpython3.13.dylib",
    ],
)
def test_what_only_resembles_a_runtime_is_none(path: str) -> None:
    assert find(libraries={path: library()}) is None


def test_a_folder_with_a_newline_in_its_name_hides_nothing() -> None:
    home = "Contents/two\nlines/Python.framework/Versions/3.13"
    found = find(f"{home}/lib/python3.13", libraries={f"{home}/Python": library()})
    assert found is not None
    assert found.home == home


def test_an_executable_of_that_name_is_no_library() -> None:
    assert find(libraries={f"{FRAMEWORK}/Python": library(filetype=craft.EXECUTE)}) is None


def test_a_version_of_thousands_of_digits_in_an_install_name_is_none() -> None:
    name = f"/Python.framework/Versions/3.{'1' * 5000}/Python"
    assert find(libraries={"Contents/Frameworks/Python": library(name)}) is None
