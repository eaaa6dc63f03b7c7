"""What `release` says while it works and at its end, to people and to machines."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from apps.bundles import make_bundle

from cli.terminal import Session, on_a_terminal
from plover_tray import api
from plover_tray.cli import main
from plover_tray.releasing.steps import StepResult
from plover_tray.report.release_words import words_of

DONE = ("fix", "check", "sign", "verify", "dmg", "final-check")
BAR = "━"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("xorriso"):
        pytest.skip("xorriso")
    return make_bundle(tmp_path_factory.mktemp("app"), name="Hello")


@pytest.fixture(scope="module")
def session(app: Path, tmp_path_factory: pytest.TempPathFactory) -> Session:
    output = tmp_path_factory.mktemp("release") / "out"
    session = on_a_terminal("release", app, "-o", output, "--skip-notarize")
    assert session.status == 0, session.screen
    return session


def bar_of(step: str, line: str) -> bool:
    """Whether the line is the live one of that step."""
    return BAR in line and re.search(rf"(^| ){step}\b", line) is not None


def test_each_step_has_a_line_of_its_own_that_stays(session: Session) -> None:
    for step in DONE:
        assert f"{step}: done" in session.screen
    assert "notarize-app: left out" in session.screen


def test_no_bar_stays_and_none_is_written_into_a_line(session: Session) -> None:
    assert not [line for line in session.screen if BAR in line]
    assert not [line for line in session.written if BAR in line and "done" in line]


def test_a_bar_ends_with_its_step(session: Session) -> None:
    for step in DONE:
        after = session.written[session.written.index(f"{step}: done") :]
        assert not [line for line in after if bar_of(step, line)], step


def test_every_step_at_work_has_a_line_with_its_name(session: Session) -> None:
    bars = [line for line in session.written if BAR in line]
    for step in DONE:
        assert [line for line in bars if bar_of(step, line)], step
    assert [line for line in bars if "dmg: packing" in line and "MB" in line]
    assert not [line for line in bars if "?" in line]


def test_the_table_is_made_of_sentences(session: Session) -> None:
    table = "\n".join(session.screen)
    assert re.search(r"^fix +done +[\d.]+ +fixed$", table, re.MULTILINE)
    assert re.search(r"sealed \d+ files, ad-hoc$", table, re.MULTILINE)
    assert re.search(r"\d\.\d MB, UDZO, opens as Hello$", table, re.MULTILINE)
    assert not re.search(r"\b(True|False|changed|code \d+|size \d+)\b", table)


def test_json_goes_to_stdout_and_no_table_to_stderr(app: Path, tmp_path: Path) -> None:
    words = ["release", str(app), "-o", str(tmp_path / "out"), "--skip-notarize", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "plover_tray", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    document = json.loads(done.stdout)
    assert document["ok"] is True
    assert document["notarized"] is False
    assert {step["name"] for step in document["steps"] if step["state"] == "done"} == set(DONE)
    assert "seconds" not in done.stderr
    assert "sealed" not in done.stderr
    assert "final-check: done" in done.stderr


def test_an_interrupted_release_says_how_to_go_on(
    app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(api, "release", interrupted)
    with pytest.raises(SystemExit) as ended:
        main(["release", os.fspath(app), "-o", os.fspath(tmp_path), "--skip-notarize"])
    assert ended.value.code == 130
    said = capsys.readouterr().err
    assert said.startswith("plover-tray: The release was interrupted")
    assert "Run the same command again" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "details", "said"),
    [
        ("fix", {"changed": False}, "nothing to fix; copied"),
        ("check", {"errors": 0, "warnings": 0}, "nothing wrong"),
        ("check", {"errors": 2, "warnings": 1}, "2 errors, 1 warning"),
        (
            "check",
            {"errors": 0, "warnings": 1},
            "1 warning: see `plover-tray check '/out/My App.app'`",
        ),
        ("sign", {"by": "codesign", "files": 1, "mended": []}, "sealed 1 file, by codesign"),
        (
            "sign",
            {"by": "builtin", "files": 483, "mended": ["a"]},
            "sealed 483 files, ad-hoc; mended 1 thing before",
        ),
        ("verify", {"ok": False, "code": 4}, "the seal is broken"),
        (
            "notarize-dmg",
            {"ok": True, "status": "Accepted", "submission": "6f1"},
            "accepted by Apple, as 6f1",
        ),
        (
            "final-check",
            {"ok": False, "verifies": True, "same": False, "ticket": True},
            "the app in the image is not the one beside it",
        ),
        (
            "final-check",
            {"ok": False, "verifies": True, "same": True, "ticket": False},
            "the app in the image has no ticket",
        ),
        (
            "final-check",
            {"ok": True, "verifies": True, "same": True, "ticket": True},
            "the app in the image is whole, with its ticket",
        ),
    ],
)
def test_a_step_is_told_in_words(name: str, details: dict[str, object], said: str) -> None:
    assert words_of(StepResult(name, "done", 1.0, details), Path("/out/My App.app")) == said
