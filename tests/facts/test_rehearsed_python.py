"""What a rehearsal says of Python is read in one place, for check and for fix."""

from pathlib import Path
from typing import Any

import pytest
from apps.bundles import make_bundle

from plover_tray.bundle.app_bundle import AppBundle
from plover_tray.bundle.entry import Entry
from plover_tray.errors import EntryError
from plover_tray.facts.facts import Facts
from plover_tray.facts.guest_paths import path_in_bundle
from plover_tray.facts.rehearsed_python import entry_of_slice, program_is_python, starts_python
from plover_tray.fixing.origin import MARKERS, origin_from_rehearsal
from plover_tray.rehearsal import Outcome, PythonStart, SliceRehearsal, rehearse

HOME = "Contents/Frameworks/Python.framework/Versions/3.13"
PYTHON = f"{HOME}/bin/python3.13"
GUEST = "/Applications/Hello Tray.app"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> AppBundle:
    return AppBundle.open(make_bundle(tmp_path_factory.mktemp("bundle")))


def told(outcome: str = "exec", **fields: Any) -> SliceRehearsal:
    """A slice of a rehearsal that came to this."""
    return SliceRehearsal(**{"arch": "arm64", "outcome": Outcome(outcome), "message": "", **fields})


def in_process(call: str, *argv: str, **more: Any) -> PythonStart:
    """Python, started in the process itself."""
    return PythonStart(call, argv, None, None, more.get("settings", {}), more.get("runs"))


def test_a_command_line_of_python_is_the_entry(bundle: AppBundle) -> None:
    for outcome in ("exec", "spawn"):
        slice_ = told(outcome, target_in_bundle=PYTHON, argv=("python3.13", "-s", "-m", "hello"))
        assert entry_of_slice(bundle, slice_) == Entry("module", "hello", ("-s",))


def test_another_programs_command_line_is_not(bundle: AppBundle) -> None:
    slice_ = told(target="/usr/bin/open", argv=("open", "-m", "hello"))
    assert entry_of_slice(bundle, slice_) is None
    assert not starts_python(bundle, slice_)


def test_a_python_that_is_told_to_run_nothing_is_an_error(bundle: AppBundle) -> None:
    with pytest.raises(EntryError, match="no program to run"):
        entry_of_slice(bundle, told(target_in_bundle=PYTHON, argv=("python3.13",)))


@pytest.mark.parametrize(
    ("python", "entry"),
    [
        (in_process("Py_BytesMain", "app", "-m", "hello"), Entry("module", "hello")),
        (in_process("Py_BytesMain", "app"), None),
        (in_process("PyRun_SimpleString", "app", "-m", "hello"), None),
        (
            in_process("PyRun_SimpleFileExFlags", runs="file /tmp/x.py"),
            Entry("script", "/tmp/x.py"),
        ),
        (in_process("Py_RunMain", settings={"run_module": "hello"}), Entry("module", "hello")),
    ],
)
def test_python_in_the_process_says_it_by_its_call_or_settings(
    python: PythonStart, entry: Entry | None, bundle: AppBundle
) -> None:
    assert entry_of_slice(bundle, told("python", python=python)) == entry


def test_a_python_that_is_execed_counts_more_than_one_started_before(bundle: AppBundle) -> None:
    started = in_process("Py_BytesMain", "app", "-m", "first")
    slice_ = told(target_in_bundle=PYTHON, argv=("python", "-m", "second"), python=started)
    assert entry_of_slice(bundle, slice_) == Entry("module", "second")


def test_env_and_shells_that_are_told_to_start_python_start_one(bundle: AppBundle) -> None:
    for argv in (("env", "-i", "python3", "x.py"), ("sh", "-c", "/opt/bin/python3 -m hello")):
        assert starts_python(bundle, told(target="/usr/bin/env", argv=argv))


def test_a_program_beside_the_bundles_python_is_one_a_script_there_is_not(tmp_path: Path) -> None:
    path = make_bundle(tmp_path)
    folder = path / HOME / "bin"
    (folder / "Hello").write_bytes((path / PYTHON).read_bytes())
    (folder / "pip").write_text("#!/usr/bin/env python3\n")
    bundle = AppBundle.open(path)
    assert program_is_python(bundle, f"{HOME}/bin/Hello")
    assert not program_is_python(bundle, f"{HOME}/bin/pip")
    assert not program_is_python(bundle, "Contents/MacOS/Hello Tray")


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        (f"{GUEST}/Contents/Resources/main.py", "Contents/Resources/main.py"),
        (f"{GUEST}/Contents/MacOS/../Resources/main.py", "Contents/Resources/main.py"),
        (GUEST, ""),
        (f"{GUEST}.old/main.py", None),
        (f"{GUEST}/../main.py", None),
        ("/tmp/main.py", None),
    ],
)
def test_a_path_of_the_rehearsal_is_one_in_the_bundle_or_outside(
    path: str, inside: str | None, bundle: AppBundle
) -> None:
    assert path_in_bundle(bundle, path) == inside


@pytest.mark.parametrize("kind", ["plover-5.2", "sh", "sh-child", "sh-script-file"])
def test_check_and_fix_read_the_same_entry(kind: str, tmp_path: Path) -> None:
    bundle = AppBundle.open(make_bundle(tmp_path, kind))
    facts = Facts(bundle, rehearse(bundle))
    fixed = origin_from_rehearsal(bundle, rehearse(bundle, MARKERS)).entry
    assert facts.entry is not None
    assert (facts.entry.kind, facts.entry.flags) == (fixed.kind, fixed.flags)
    if fixed.kind == "script":
        assert facts.entry_script == f"Contents/{fixed.target}"
    else:
        assert facts.entry.target == fixed.target
