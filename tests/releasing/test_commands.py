"""`dmg`, `notarize` and `release` as they are typed, with a stand-in of rcodesign on PATH."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from apps.bundles import make_bundle
from notarization.dialogues import (
    INVALID_LOG,
    KEY,
    Dialogue,
    certificate,
    dialogue_for,
    rcodesign_on_path,
)


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dialogue:
    rcodesign_on_path(tmp_path, monkeypatch)
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


def test_notarize_staples_and_prints_json(own_apple_app: Path, played: Dialogue) -> None:
    done = plover_tray("notarize", own_apple_app, *WHO, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "Accepted"
    assert (own_apple_app / "Contents/CodeResources").read_bytes() == b"a ticket"


def test_a_refusal_is_exit_status_1_with_apples_reasons(
    own_apple_app: Path, played: Dialogue
) -> None:
    played.play("info", played.status("Invalid"))
    played.play("log", played.log(INVALID_LOG))
    done = plover_tray("notarize", own_apple_app, *WHO)
    assert done.returncode == 1
    assert "Small.zip/Small.app/Contents/MacOS/Small" in done.stderr
    assert "CS113" in done.stderr
    assert played.count("staple") == 0
    assert "Traceback" not in done.stderr


def test_release_takes_a_broken_app_to_a_stapled_image(
    broken_app: Path, tmp_path: Path, played: Dialogue
) -> None:
    who = (*WHO, "--p12", certificate(tmp_path))
    done = plover_tray("release", broken_app, "-o", tmp_path / "out", *who, "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["ok"] is document["notarized"] is True
    assert document["steps"][-1]["name"] == "final-check"
    assert document["steps"][-1]["details"]["ticket"] is True
    assert Path(document["dmg"]).is_file()
    record = json.loads(Path(document["record"]).read_text())
    assert record["result"]["notarized"] is True
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


def refusal(*words: str | Path) -> str:
    """The one line of a command that could not do what it was asked for."""
    done = plover_tray(*words)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr


def test_an_ad_hoc_seal_is_not_sent_to_apple(
    sealed: Path, tmp_path: Path, played: Dialogue
) -> None:
    said = refusal("notarize", sealed, *WHO)
    assert "Small.app is sealed ad-hoc" in said
    assert "--p12" in said
    said = refusal("release", sealed, "-o", tmp_path / "out", *WHO)
    assert "ad-hoc" in said
    assert "--skip-notarize" in said
    assert not (tmp_path / "out").exists()
    image = tmp_path / "Small.dmg"
    assert plover_tray("dmg", sealed, "-o", image).returncode == 0
    assert "The app in Small.dmg is sealed ad-hoc" in refusal("notarize", image, *WHO)
    assert played.calls == []


@pytest.mark.parametrize("command", ["notarize", "release"])
def test_an_app_that_is_not_there_is_told_before_credentials_are_asked_for(
    command: str, tmp_path: Path
) -> None:
    assert "does not exist" in refusal(command, tmp_path / "Nothing.app")


def test_credentials_that_do_not_work_here_are_not_offered(
    own_apple_app: Path, tmp_path: Path
) -> None:
    if sys.platform == "darwin":
        pytest.skip("a Mac has a keychain")
    assert "--keychain-profile" not in refusal("notarize", own_apple_app)
    said = refusal("sign", own_apple_app, "-o", tmp_path / "s.app", "--identity", "Developer ID: X")
    assert "--p12" in said
    assert "PATH" not in said


def test_nothing_stays_beside_an_app_that_apple_never_heard_of(
    own_apple_app: Path, played: Dialogue
) -> None:
    played.play("submit", played.unauthorized())
    done = plover_tray("notarize", own_apple_app, *WHO)
    assert done.returncode == 2
    assert [path.name for path in own_apple_app.parent.glob("*.json*")] == [
        path.name for path in own_apple_app.parent.glob("dialogue.json*")
    ]


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
