"""ID: rehearsals that came to no Python, and for want of which file."""

from collections.abc import Callable
from pathlib import Path

import pytest
from apps.broken import BROKEN
from apps.bundles import make_bundle
from apps.hostile import CASES
from apps.peers import make_peer

from plover_tray.findings import Severity
from rules.checking import (
    check,
    codes,
    only,
    rehearsed,
    told,
)


def test_a_child_that_is_no_python_is_no_error(exec_stub: Path) -> None:
    rehearsal = told("spawn", call="posix_spawn", target="/usr/bin/defaults", argv=("defaults",))
    found = check(exec_stub, rehearsal, select=["ID"])
    assert codes(found) == ["ID106"]
    assert found[0].severity is Severity.WARNING


def test_an_unknown_call_is_named(tmp_path: Path) -> None:
    finding = only(rehearsed(make_bundle(tmp_path, "unknown-call")), "ID106")
    assert finding.severity is Severity.WARNING
    assert "sysctlbyname" in finding.message


def test_an_unknown_call_of_a_known_packager_is_a_note(exec_stub: Path, tmp_path: Path) -> None:
    bundle = make_peer(tmp_path, "pyinstaller")
    found = check(bundle, told("unknown-call", message="It calls fooBar."))
    assert only(found, "ID106").severity is Severity.NOTE


@pytest.mark.parametrize(
    ("make", "missing"),
    [
        (CASES["frameworks-is-loop"].make, "Current/bin/python"),
        (BROKEN["runtime-without-library"], "Versions/3.13/Python"),
    ],
)
def test_an_app_that_ends_for_a_missing_file_is_an_error_and_said_once(
    make: Callable[[Path], Path], missing: str, tmp_path: Path
) -> None:
    found = rehearsed(make(tmp_path))
    finding = only(found, "ID108")
    assert finding.severity is Severity.ERROR
    assert f"{missing}," in finding.message
    assert "arm64" in str(finding.evidence)
    assert "ID106" not in codes(found)


def test_an_app_that_ends_for_another_reason_is_not_said_to_lack_a_file(tmp_path: Path) -> None:
    assert "ID108" not in codes(rehearsed(make_bundle(tmp_path, "exits")))
