"""What a fix needs is given, or its lack is told with what to do about it."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from apps.broken import BROKEN
from apps.bundles import HOME, make_bundle

from plover_tray.bundle.app_bundle import AppBundle
from plover_tray.bundle.entry import Entry
from plover_tray.bundle.launcher_config import LauncherConfig
from plover_tray.errors import FixError
from plover_tray.fixing.preconditions import (
    check_entry_is_there,
    hosted_runtime,
    odd_identifier_note,
    replaceable_main,
)

CONFIG = LauncherConfig(
    f"{HOME}/Python", HOME, "3.13", "MacOS/python3.13", Entry("module", "hello_tray")
)


def opened(folder: Path, kind: str = "plover-5.2", **how: object) -> AppBundle:
    return AppBundle.open(make_bundle(folder, kind, **how))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["plover-5.2", "sh", "symlink", "not-executable"])
def test_a_main_executable_of_any_form_can_be_replaced(kind: str, tmp_path: Path) -> None:
    assert replaceable_main(opened(tmp_path, kind)).path == "Contents/MacOS/Hello Tray"


def test_a_missing_one_is_told_as_the_bundle_tells_it(tmp_path: Path) -> None:
    bundle = opened(tmp_path, "missing")
    with pytest.raises(FixError, match="Contents/MacOS/Hello Tray is missing") as caught:
        replaceable_main(bundle)
    assert caught.value.mend == bundle.without_main().mend


def test_one_in_another_folder_is_refused(tmp_path: Path) -> None:
    path = make_bundle(tmp_path, executable_value="Resources/Hello Tray")
    (path / "Contents/MacOS/Hello Tray").rename(path / "Contents/Resources/Hello Tray")
    with pytest.raises(FixError, match="is not in Contents/MacOS") as caught:
        replaceable_main(AppBundle.open(path))
    assert "bare name" in caught.value.mend


def test_one_for_linux_is_refused(tmp_path: Path) -> None:
    path = make_bundle(tmp_path)
    (path / "Contents/MacOS/Hello Tray").write_bytes(b"\x7fELF" + bytes(60))
    with pytest.raises(FixError, match="is not for macOS"):
        replaceable_main(AppBundle.open(path))


@pytest.mark.parametrize("identifier", [None, "", "a\nb", "x" * 256])
def test_a_bundle_without_a_usable_identity_is_refused(
    identifier: str | None, tmp_path: Path
) -> None:
    with pytest.raises(FixError, match="no usable CFBundleIdentifier"):
        replaceable_main(opened(tmp_path, identifier=identifier))


@pytest.mark.parametrize(
    ("target", "refused"),
    [("/etc", True), ("../../..", True), ("loop", True), ("nothing", False), ("main.py", False)],
)
def test_a_symlink_may_lead_nowhere_but_not_out_or_in_a_circle(
    target: str, refused: bool, tmp_path: Path
) -> None:
    path = make_bundle(tmp_path)
    (path / "Contents/Resources/loop").symlink_to(target)
    bundle = AppBundle.open(path)
    if not refused:
        assert replaceable_main(bundle).kind == "macho"
        return
    with pytest.raises(FixError, match="Contents/Resources/loop is a symlink") as caught:
        replaceable_main(bundle)
    assert caught.value.mend


def test_the_hosted_runtime_is_the_bundles_with_its_home(tmp_path: Path) -> None:
    runtime = hosted_runtime(opened(tmp_path))
    assert runtime.library == f"Contents/{HOME}/Python"
    assert runtime.home == f"Contents/{HOME}"


def test_a_bundle_without_libpython_or_without_its_library_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FixError, match="no libpython") as caught:
        hosted_runtime(AppBundle.open(BROKEN["no-runtime"](tmp_path / "one")))
    assert "Python.framework" in caught.value.mend
    path = make_bundle(tmp_path / "other")
    shutil.rmtree(path / "Contents" / HOME / "lib")
    with pytest.raises(FixError, match=r"standard library of .*/Python is not beside it"):
        hosted_runtime(AppBundle.open(path))


@pytest.mark.parametrize(
    ("identifier", "odd"),
    [("org.example.hello-tray", False), ("org.example.hello_tray", True), ("Hello Tray", True)],
)
def test_an_identifier_that_apple_does_not_allow_is_noted(
    identifier: str, odd: bool, tmp_path: Path
) -> None:
    notes = odd_identifier_note(opened(tmp_path, identifier=identifier))
    assert [identifier in note for note in notes] == [True] * odd


@pytest.mark.parametrize(
    "entry",
    [
        Entry("module", "hello_tray"),
        Entry("function", "hello_tray.__main__:main"),
        Entry("script", "Resources/main.py"),
        Entry("code", "import nowhere"),
    ],
)
def test_an_entry_that_is_there_passes(entry: Entry, tmp_path: Path) -> None:
    check_entry_is_there(opened(tmp_path), replace(CONFIG, entry=entry))


@pytest.mark.parametrize(
    ("entry", "mend"),
    [
        (Entry("module", "nowhere"), "Name a module"),
        (Entry("function", "nowhere:main"), "Name a module"),
        (Entry("script", "main.py"), "path below Contents"),
        (Entry("script", "../main.py"), "path below Contents"),
    ],
)
def test_an_entry_that_is_certainly_not_there_is_told(
    entry: Entry, mend: str, tmp_path: Path
) -> None:
    with pytest.raises(FixError, match="--entry names") as caught:
        check_entry_is_there(opened(tmp_path), replace(CONFIG, entry=entry))
    assert mend in caught.value.mend
