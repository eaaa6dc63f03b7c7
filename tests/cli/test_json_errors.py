"""Errors for scripts, and what a process can be started with."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from apps.bundles import make_bundle

from cli.running import call, one_line
from plover_tray.cli.json_errors import asks_for_json
from plover_tray.signature.verify import verify


@pytest.mark.parametrize(
    "words",
    [
        ["check", "absent.app", "--json"],
        ["check", "absent.app", "--format", "json"],
        ["verify", "absent.app", "--format=json"],
        ["fix", "absent.app", "-o", "out.app", "--json"],
        ["sign", "absent.app", "-o", "out.app", "--json"],
        ["diff", "absent.app", "absent.app", "--json"],
        ["rehearse", "--json", "absent.app", "--", "x"],
        ["explain", "ZZ999", "--json"],
        ["check", "--json"],
        ["check", "--nonsense", "--json"],
    ],
)
def test_an_error_is_json_where_json_was_asked_for(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = call(capsys, *words)
    document = json.loads(out)
    assert status == document["error"]["exit_code"] == 2
    assert document["schema"] == 1
    line = err.strip().split(": ", 1)[1]
    assert line == f"{document['error']['message']} {document['error']['mend']}"


def test_a_defect_of_ours_is_json_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plover_tray.api.check", lambda *_, **__: 1 / 0)
    status, out, err = call(capsys, "check", "--json", "x.app")
    assert status == json.loads(out)["error"]["exit_code"] == 3
    assert "internal error" in one_line(err)


@pytest.mark.parametrize(
    "words", [["rehearse", "x.app", "--", "--json"], ["check", "x", "--format", "sarif"], []]
)
def test_what_the_apps_own_arguments_say_asks_us_for_nothing(words: list[str]) -> None:
    assert not asks_for_json(words)


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_a_closed_stream_is_no_defect_and_no_file_takes_its_place(
    closed: str, tmp_path: Path
) -> None:
    bundle = make_bundle(tmp_path)
    command = f'"$0" -m plover_tray fix "$1" -o "$2" {closed}'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable, bundle, tmp_path / "out.app"],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    assert b"internal" not in done.stderr
    assert verify(tmp_path / "out.app").ok


@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac's file names are always UTF-8")
def test_names_are_utf_8_whatever_the_locale(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    (bundle / "Contents/Resources/naïve.txt").write_text("x")
    done = subprocess.run(
        [sys.executable, "-m", "plover_tray", "sign", bundle, "-o", tmp_path / "é.app"],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"},
    )
    assert done.returncode == 0, done.stderr
    assert verify(tmp_path / "é.app").ok
