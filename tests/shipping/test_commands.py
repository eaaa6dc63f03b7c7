"""`dmg`, `notarize` and `release` as they are typed, with a stand-in of rcodesign on PATH."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from apps.bundles import make_bundle

from shipping.dialogues import INVALID_LOG, KEY, STAND_IN, Dialogue, dialogue_for


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dialogue:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "rcodesign").symlink_to(STAND_IN)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PLOVER_TRAY_API_KEY_TEXT", KEY)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    played = dialogue_for("rcodesign", tmp_path, monkeypatch)
    played.play("info", played.status("Accepted"))
    return played


@pytest.fixture(scope="module")
def broken_app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("commands"), name="Hello")


def plover_tray(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "plover_tray", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


WHO = ("--notary", "rcodesign", "--api-key-id", "K1", "--api-issuer", "i-1")


def test_notarize_staples_and_prints_json(sealed: Path, played: Dialogue) -> None:
    done = plover_tray("notarize", sealed, *WHO, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "Accepted"
    assert (sealed / "Contents/CodeResources").read_bytes() == b"a ticket"


def test_a_refusal_is_exit_status_1_with_apples_reasons(sealed: Path, played: Dialogue) -> None:
    played.play("info", played.status("Invalid"))
    played.play("log", played.log(INVALID_LOG))
    done = plover_tray("notarize", sealed, *WHO)
    assert done.returncode == 1
    assert "Small.zip/Small.app/Contents/MacOS/Small" in done.stderr
    assert "CS113" in done.stderr
    assert played.count("staple") == 0
    assert "Traceback" not in done.stderr


def test_release_takes_a_broken_app_to_a_stapled_image(
    broken_app: Path, tmp_path: Path, played: Dialogue
) -> None:
    done = plover_tray("release", broken_app, "-o", tmp_path / "out", *WHO, "--json")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record["result"]["notarized"] is True
    assert record["steps"]["final-check"]["details"]["ticket"] is True
    assert played.count("submit") == 2


def test_check_and_verify_look_into_an_image(sealed: Path, tmp_path: Path) -> None:
    if not shutil.which("xorriso"):
        pytest.skip("xorriso")
    image = tmp_path / "Small.dmg"
    assert plover_tray("dmg", sealed, "-o", image).returncode == 0
    assert plover_tray("verify", image).returncode == 0
    assert plover_tray("check", "--json", image).returncode in (0, 1)
    data = bytearray(image.read_bytes())
    data[len(data) // 2] ^= 1
    image.write_bytes(data)
    for command in ("check", "verify"):
        done = plover_tray(command, image)
        assert done.returncode == 2
        assert "is damaged" in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "words",
    [
        ("notarize", "nothing.app", *WHO),
        ("notarize", "/dev/null", *WHO),
        ("dmg", "nothing.app"),
        ("release", "nothing.app", "--skip-notarize", "-o", "out"),
        ("release", "--config", "nothing.toml"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_status_2(
    words: tuple[str, ...], played: Dialogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = plover_tray(*words)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert done.stdout == ""
