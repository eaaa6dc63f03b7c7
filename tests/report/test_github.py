"""GitHub annotations: one command a finding, and nothing out of a bundle becomes a command."""

import re
from pathlib import Path

import pytest
from apps.broken import BROKEN

from plover_tray.checking import CheckResult
from plover_tray.cli import main
from report.results import with_hostile_names, written

COMMAND = re.compile(r"::(error|warning|notice) file=([^,:]*),title=([^,:]*)::(.+)")


def test_each_finding_is_one_command(result: CheckResult) -> None:
    *commands, last = written(result, "github").splitlines()
    assert len(commands) == len(result.findings)
    for command, finding in zip(commands, result.findings, strict=True):
        match = COMMAND.fullmatch(command)
        assert match is not None
        assert (
            match[1] == {"error": "error", "warning": "warning", "note": "notice"}[finding.severity]
        )
        assert match[3].startswith(f"{finding.code}%3A ")
        assert match[4].startswith(finding.message)
    assert last == "Hello Tray.app: 2 errors, 1 warning, 1 note"


def test_message_evidence_and_mend_are_lines_of_one_annotation(result: CheckResult) -> None:
    first = written(result, "github").splitlines()[0]
    assert "%0ARead: " in first
    assert "%0ANext: " in first


def test_paths_are_from_the_working_folder_where_they_lie_in_it(
    result: CheckResult, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(result.bundle.path.parent)
    inside = COMMAND.match(written(result, "github").splitlines()[0])
    assert inside is not None
    assert inside[2] == "Hello Tray.app/Contents/MacOS/Hello Tray"
    monkeypatch.chdir(tmp_path)
    outside = COMMAND.match(written(result, "github").splitlines()[0])
    assert outside is not None
    assert outside[2] == f"{result.bundle.path}/Contents/MacOS/Hello Tray"


def test_a_release_tells_its_findings_in_the_same_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = BROKEN["loads-from-homebrew"](tmp_path)
    words = ["release", str(app), "-o", str(tmp_path / "out"), "--skip-notarize"]
    with pytest.raises(SystemExit) as ended:
        main([*words, "--format", "github"])
    *commands, last = capsys.readouterr().out.splitlines()
    assert ended.value.code == 1
    assert all(COMMAND.fullmatch(command) for command in commands)
    assert any("title=MO104%3A " in command for command in commands)
    assert last.startswith("Hello Tray.app: 1 error")


def test_hostile_names_stay_within_their_command(result: CheckResult) -> None:
    text = written(with_hostile_names(result), "github")
    lines = text.split("\n")
    assert len(lines) == len(result.findings) + 3
    assert COMMAND.fullmatch(lines[0])
    assert all(line.isprintable() for line in lines)
    assert "100%25" in lines[0]
    text.encode()
