"""ID: exec stubs, scripts, parents and symlinks."""

from pathlib import Path

import pytest
from apps.bundles import HELLO_AGAIN, make_bundle
from apps.kinds import STUBS
from apps.peers import BUILDERS, make_peer

from plover_tray import rules
from plover_tray.bundle.app_bundle import AppBundle
from plover_tray.findings import Severity
from plover_tray.rehearsal import rehearse
from rules.checking import (
    INTERPRETER,
    check,
    codes,
    errors,
    only,
    rehearsed,
    runs_python,
    told,
    with_our_configuration,
)

EXEC_STUBS = sorted(name for name, stub in STUBS.items() if stub.outcome == "exec")
PARENTS = sorted(name for name, stub in STUBS.items() if stub.outcome == "spawn")


def kind(path: Path) -> str:
    bundle = AppBundle.open(path)
    rehearsed = rehearse(bundle) if bundle.main and bundle.main.kind != "other" else None
    return rules.Facts(bundle, rehearsed).kind


@pytest.mark.parametrize("stub", EXEC_STUBS)
def test_every_kind_of_exec_stub_is_found(stub: str, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path, stub)
    finding = only(rehearsed(bundle), "ID101")
    assert finding.severity is Severity.ERROR
    assert finding.path == "Contents/MacOS/Hello Tray"
    assert STUBS[stub].call in finding.message
    assert "fix APP" in finding.mend
    assert kind(bundle) == "exec-stub"


@pytest.mark.parametrize("stub", PARENTS)
def test_every_kind_of_parent_of_python_is_found(stub: str, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path, stub)
    finding = only(rehearsed(bundle), "ID103")
    assert finding.severity is Severity.ERROR
    assert "child process" in finding.message
    assert kind(bundle) == "child-process"


@pytest.mark.parametrize("stub", ["dlopen", "linked"])
def test_a_launcher_that_hosts_python_in_process_passes(stub: str, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path, stub)
    assert codes(rehearsed(bundle, select=["ID"])) == []
    assert kind(bundle) == "in-process"


@pytest.mark.parametrize("builder", sorted(BUILDERS))
def test_the_launchers_of_other_packagers_raise_no_alarm(builder: str, tmp_path: Path) -> None:
    found = rehearsed(make_peer(tmp_path, builder))
    assert errors(found) == []
    assert not {f.code for f in found if f.severity is Severity.WARNING} & {"ID106"}


def test_the_exec_is_told_with_its_arguments_and_architectures(exec_stub: Path) -> None:
    finding = only(rehearsed(exec_stub), "ID101")
    assert INTERPRETER in finding.message
    assert "-s -m hello_tray" in str(finding.evidence)
    assert "arm64" in str(finding.evidence)
    assert "x86_64" in str(finding.evidence)


def test_slices_that_disagree_are_both_told(tmp_path: Path) -> None:
    finding = only(rehearsed(make_bundle(tmp_path, "slices-disagree")), "ID101")
    assert "x86_64: execv" in str(finding.evidence)
    assert "arm64: execv" in str(finding.evidence)
    assert "hello_tray_for_intel" in str(finding.evidence)


def test_one_slice_that_execs_is_enough(exec_stub: Path) -> None:
    same = {"call": "execv", "target": "/usr/bin/python3", "argv": ("python3",)}
    rehearsal = told(
        "python",
        {"arch": "arm64"},
        {"arch": "x86_64", "outcome": runs_python(exec_stub).slices[0].outcome, **same},
    )
    assert only(check(exec_stub, rehearsal), "ID101").evidence[0].startswith("x86_64:")
    assert rules.Facts(AppBundle.open(exec_stub), rehearsal).kind == "exec-stub"


def test_a_program_that_execs_itself_keeps_its_identity(exec_stub: Path) -> None:
    own = "Contents/MacOS/Hello Tray"
    rehearsal = told("exec", call="execv", target=f"/Applications/x/{own}", target_in_bundle=own)
    assert errors(check(exec_stub, rehearsal)) == []


def test_a_shell_script_is_found_with_its_first_line(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path, "sh")
    finding = only(rehearsed(bundle), "ID102")
    assert finding.severity is Severity.ERROR
    assert "#!/bin/sh" in str(finding.evidence)
    assert "ID101" not in codes(rehearsed(bundle))
    assert kind(bundle) == "shell-script"


def test_what_a_script_execs_is_its_evidence(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path, "sh")
    rehearsal = runs_python(bundle, "-s", "-m", "hello_tray", arch="sh")
    rehearsal = type(rehearsal)(rehearsal.slices[:1])
    finding = only(check(bundle, rehearsal), "ID102")
    assert "-s -m hello_tray" in str(finding.evidence)
    assert codes(check(bundle, rehearsal, select=["ID"])) == ["ID102"]


def test_a_python_script_is_a_script_too(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path, "env-python")
    assert "python3" in only(check(bundle, told("unknown-call")), "ID102").message
    assert rules.Facts(AppBundle.open(bundle), None).kind == "script"


def test_a_missing_executable_is_found_and_what_is_there_instead(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path, "missing")
    (bundle / "Contents/MacOS/other").touch()
    finding = only(check(bundle), "ID104")
    assert "missing" in finding.message
    assert "other" in str(finding.evidence)
    assert kind(bundle) == "missing"


def test_an_executable_without_permission_is_found(tmp_path: Path) -> None:
    finding = only(rehearsed(make_bundle(tmp_path, "not-executable")), "ID104")
    assert "644" in str(finding.evidence)
    assert "chmod" in finding.mend


def test_a_symlink_to_an_interpreter_is_found(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path, "symlink")
    finding = only(rehearsed(bundle), "ID104")
    assert "symlink" in finding.message
    assert "fix APP" in finding.mend
    assert kind(bundle) == "symlink"


def test_a_symlink_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path, "missing")
    (bundle / "Contents/MacOS/Hello Tray").symlink_to("gone")
    assert "nothing" in only(check(bundle, told("exit")), "ID104").message


def test_the_demo_has_no_other_errors_than_those_that_fix_mends(plover_app: Path) -> None:
    assert errors(rehearsed(plover_app)) == ["ID101", "ID105"]


def test_a_configuration_does_not_excuse_an_exec_stub(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path, app=HELLO_AGAIN)
    with_our_configuration(bundle)
    assert errors(rehearsed(bundle)) == ["ID101", "ID105"]
    assert kind(bundle) == "exec-stub"
