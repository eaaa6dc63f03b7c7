"""PY: what our launcher is told to load and run, and is not there."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from apps.broken import sound
from apps.bundles import HOME, make_bundle

from plover_tray.bundle.entry import Entry
from plover_tray.findings import Severity
from rules.checking import (
    check,
    codes,
    only,
    runs_python,
    with_our_configuration,
)


@pytest.fixture
def fixed(tmp_path: Path) -> Path:
    """A bundle told that its (stand-in) launcher is ours."""
    bundle = sound(tmp_path)
    with_our_configuration(bundle)
    return bundle


def test_a_bundle_with_our_launcher_passes(fixed: Path) -> None:
    assert check(fixed) == []


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("MacOS/python3.13", "Interpreter"),
        ("Resources/plover-tray/boot.py", "Boot"),
        (f"{HOME}/Python", "Library"),
        (HOME, "Home"),
    ],
)
def test_what_the_launcher_needs_and_is_gone_is_named(path: str, key: str, fixed: Path) -> None:
    gone = fixed / "Contents" / path
    gone.rename(gone.with_name("elsewhere"))
    found = [f for f in check(fixed) if f.code == "PY104" and key in f.message]
    assert [f.path for f in found] == [f"Contents/{path}"]
    assert found[0].severity is Severity.ERROR


@pytest.mark.parametrize(
    "how",
    [
        {"entry": Entry("script", "Resources/gone.py")},
        {"working_directory": "Resources/gone"},
    ],
)
def test_a_script_and_a_folder_that_are_gone_are_named(how: dict[str, Any], tmp_path: Path) -> None:
    bundle = sound(tmp_path)
    with_our_configuration(bundle, **how)
    assert "gone" in only(check(bundle), "PY104").message


@pytest.mark.parametrize("entry", [Entry("module", "gone"), Entry("function", "gone:main")])
def test_a_module_that_is_gone_is_an_error_and_said_once(entry: Entry, tmp_path: Path) -> None:
    bundle = sound(tmp_path)
    with_our_configuration(bundle, entry=entry)
    found = check(bundle)
    assert "gone" in only(found, "PY104").message
    assert "ID107" not in codes(found)


def test_a_link_from_the_launchers_files_to_the_outside_is_not_followed(fixed: Path) -> None:
    boot = fixed / "Contents/Resources/plover-tray/boot.py"
    boot.unlink()
    boot.symlink_to("/etc/passwd")
    assert "Boot" in only(check(fixed), "PY104").message


def test_an_interpreter_that_is_no_program_is_found(fixed: Path) -> None:
    interpreter = fixed / "Contents/MacOS/python3.13"
    interpreter.write_text("no program")
    assert "not a program" in only(check(fixed), "PY105").message


def test_an_interpreter_that_may_not_be_executed_is_found(fixed: Path) -> None:
    (fixed / "Contents/MacOS/python3.13").chmod(0o644)
    assert "644" in only(check(fixed), "PY105").message


def test_an_interpreter_for_fewer_macs_than_the_app_is_found(tmp_path: Path) -> None:
    thin = sound(tmp_path / "thin", archs=("arm64",)) / "Contents/MacOS/Hello Tray"
    bundle = sound(tmp_path)
    with_our_configuration(bundle)
    shutil.copy2(thin, bundle / "Contents/MacOS/python3.13")
    assert "x86_64" in only(check(bundle), "PY105").message


def test_a_stub_has_no_configuration_to_be_wrong(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    found = codes(check(bundle, runs_python(bundle, "-m", "hello_tray")))
    assert not {"PY104", "PY105"} & set(found)
