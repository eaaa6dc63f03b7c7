"""What every command really prints with --json, for input that is good, broken and impossible."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from apps.broken import BROKEN
from apps.bundles import make_bundle
from apps.hostile import CASES
from notarization.dialogues import INVALID_LOG, KEY, certificate, dialogue_for, rcodesign_on_path
from releasing.conftest import apple_app, own_apple_app
from tray.conftest import display_with_tray, display_without_tray, tray_app

import plover_tray
from cli.documents import told, validator, wrong
from cli.running import call
from plover_tray import api
from plover_tray.cli import cli
from plover_tray.schemas import NAMES, NEWEST, schema_of

__all__ = ["apple_app", "display_with_tray", "display_without_tray", "own_apple_app", "tray_app"]

Words = list[str | Path]


def fixed(folder: Path) -> Path:
    plover_tray.fix(make_bundle(folder), folder / "fixed.app")
    return folder / "fixed.app"


def changed(folder: Path) -> Path:
    app = fixed(folder)
    (app / "Contents/Resources/added").write_text("x")
    return app


def half_built(folder: Path) -> Path:
    """An app that loads a library from Homebrew, which no fix cures."""
    return BROKEN["loads-from-homebrew"](folder)


def damaged_image(folder: Path) -> Path:
    image = folder / "damaged.dmg"
    image.write_bytes(bytes(4096))
    return image


def settings_of_nothing(folder: Path) -> Path:
    settings = folder / "settings.json"
    settings.write_text("[]")
    return settings


CASES_OF: Mapping[str, tuple[int, Callable[[Path], Words]]] = {
    "check, good": (0, lambda f: ["check", fixed(f)]),
    "check, broken": (1, lambda f: ["check", make_bundle(f)]),
    "check, impossible": (2, lambda f: ["check", f / "absent.app"]),
    "check, no image": (2, lambda f: ["check", damaged_image(f)]),
    "check, no such rule": (2, lambda f: ["check", make_bundle(f), "--select", "ZZ9"]),
    "rehearse, good": (0, lambda f: ["rehearse", fixed(f)]),
    "rehearse, an exec": (0, lambda f: ["rehearse", make_bundle(f), "--", "--gui", "qt"]),
    "rehearse, a child": (0, lambda f: ["rehearse", make_bundle(f, "posix-spawn")]),
    "rehearse, broken": (1, lambda f: ["rehearse", make_bundle(f, "unknown-call")]),
    "rehearse, impossible": (2, lambda f: ["rehearse", f / "absent.app"]),
    "fix, good": (0, lambda f: ["fix", make_bundle(f), "-o", f / "out.app"]),
    "fix, in place": (0, lambda f: ["fix", make_bundle(f), "--in-place"]),
    "fix, planned": (0, lambda f: ["fix", make_bundle(f), "--dry-run"]),
    "fix, nothing to do": (0, lambda f: ["fix", fixed(f), "-o", f / "out.app"]),
    "fix, broken": (2, lambda f: ["fix", BROKEN["no-runtime"](f), "-o", f / "out.app"]),
    "fix, impossible": (2, lambda f: ["fix", f / "absent.app", "-o", f / "out.app"]),
    "fix, contradictory": (2, lambda f: ["fix", f / "absent.app", "--no-backup"]),
    "sign, good": (0, lambda f: ["sign", make_bundle(f), "-o", f / "out.app", "--hardened"]),
    "sign, broken": (
        2,
        lambda f: ["sign", CASES["executable-half"].make(f), "-o", f / "out.app"],
    ),
    "sign, impossible": (2, lambda f: ["sign", f / "absent.app", "-o", f / "out.app"]),
    "verify, good": (0, lambda f: ["verify", fixed(f)]),
    "verify, broken": (1, lambda f: ["verify", changed(f)]),
    "verify, unsealed": (1, lambda f: ["verify", make_bundle(f)]),
    "verify, impossible": (2, lambda f: ["verify", f / "absent.app"]),
    "dmg, good": (0, lambda f: ["dmg", make_bundle(f), "-o", f / "out.dmg"]),
    "dmg, a picture": (0, lambda f: ["dmg", make_bundle(f), "--preview", f / "window.png"]),
    "dmg, broken": (2, lambda f: ["dmg", make_bundle(f), "-s", settings_of_nothing(f)]),
    "dmg, impossible": (2, lambda f: ["dmg", f / "absent.app", "-o", f / "out.dmg"]),
    "notarize, impossible": (2, lambda f: ["notarize", f / "absent.app"]),
    "release, impossible": (2, lambda f: ["release", f / "absent.app", "-o", f / "out"]),
    "release, broken": (
        1,
        lambda f: ["release", half_built(f), "-o", f / "out", "--skip-notarize"],
    ),
    "diff, good": (0, lambda f: ["diff", (app := fixed(f)), app]),
    "diff, broken": (1, lambda f: ["diff", make_bundle(f), f / "fixed.app"]),
    "diff, impossible": (2, lambda f: ["diff", f / "absent.app", f / "absent.app"]),
    "explain, good": (0, lambda _: ["explain", "ID101"]),
    "explain, all": (0, lambda _: ["explain"]),
    "explain, impossible": (2, lambda _: ["explain", "ZZ999"]),
    "probe, impossible": (2, lambda f: ["probe", f / "absent.app"]),
    "schema, impossible": (2, lambda _: ["schema", "nonsense"]),
    "no such option": (2, lambda _: ["check", "--nonsense"]),
}


def asked(
    capsys: pytest.CaptureFixture[str], words: Words, status: int, name: str | None = None
) -> Any:
    """The document of a command, valid, by a schema that lets nothing else pass."""
    got, out, err = call(capsys, words[0], "--json", *words[1:])
    assert got == status, err
    name = "error" if status > 1 else name or str(words[0])
    document = told(out, name)
    assert document["schema"] == NEWEST[name]
    assert wrong(document, name) == []
    return document


@pytest.mark.parametrize("case", CASES_OF)
def test_what_a_command_prints_is_as_its_schema_says(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, words = CASES_OF[case]
    folder = tmp_path / "é"
    folder.mkdir()
    if case == "diff, broken":
        fixed(folder)
        shutil.rmtree(folder / "Hello Tray.app")
    document = asked(capsys, words(folder), status)
    if status == 2:
        assert document["error"]["exit_code"] == 2


def test_no_command_is_left_out() -> None:
    ran = {case.partition(",")[0] for case in CASES_OF}
    with_json = {
        name
        for name, command in cli.commands.items()
        if any("--json" in parameter.opts for parameter in command.params)
    }
    assert with_json <= ran
    assert with_json == set(NEWEST) - {"error"}


def test_apples_verdicts_are_as_their_schema_says(
    own_apple_app: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    rcodesign_on_path(tmp_path, monkeypatch)
    monkeypatch.setenv("PLOVER_TRAY_API_KEY_TEXT", KEY)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    played = dialogue_for("rcodesign", tmp_path, monkeypatch)
    who: Words = ["--notary", "rcodesign", "--api-key-id", "K1", "--api-issuer", "i-1"]
    signer: Words = ["--p12", certificate(tmp_path)]
    played.play("info", played.status("Invalid"))
    played.play("log", played.log(INVALID_LOG))
    refused = asked(capsys, ["notarize", own_apple_app, *who], 1)
    assert (refused["status"], len(refused["issues"])) == ("Invalid", 3)
    app = make_bundle(tmp_path, name="Hello")
    stopped = asked(capsys, ["release", app, "-o", tmp_path / "no", *who, *signer], 1)
    assert stopped["verdict"]["issues"]
    assert stopped["notarized"] is stopped["ok"] is False
    played.play("info", played.status("Accepted"))
    accepted = asked(capsys, ["notarize", own_apple_app, *who, "--again"], 0)
    assert accepted["status"] == "Accepted"
    release: Words = ["release", app, "-o", tmp_path / "yes", *who, *signer]
    done = asked(capsys, release, 0)
    assert done["notarized"] is True
    assert {step["state"] for step in done["steps"]} == {"done"}
    assert {step["state"] for step in asked(capsys, release, 0)["steps"]} == {"kept"}


def test_a_release_says_what_its_check_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words: Words = ["release", half_built(tmp_path), "-o", tmp_path / "out", "--skip-notarize"]
    document = asked(capsys, words, 1)
    assert [step["state"] for step in document["steps"]] == ["done", "failed"]
    assert "MO104" in {finding["code"] for finding in document["findings"]}
    assert all(isinstance(finding["evidence"], list) for finding in document["findings"])


def test_probes_are_as_their_schema_says(
    tray_app: Path,
    display_with_tray: str,
    display_without_tray: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_SESSION_TYPE", "x11")
    monkeypatch.setenv("DISPLAY", display_with_tray)
    assert asked(capsys, ["probe", tray_app], 0)["icons"][0]["inside"]
    monkeypatch.setenv("DISPLAY", display_without_tray)
    assert asked(capsys, ["probe", "--timeout", "4", tray_app], 1)["failure"] == "no-tray"


def test_a_macs_app_cannot_be_probed_on_linux(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    asked(capsys, ["probe", make_bundle(tmp_path)], 2)


def test_a_defect_and_an_interrupted_release_are_errors_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    def ours(*_: object, **__: object) -> None:
        raise LookupError("two\nlines")

    monkeypatch.setattr(api, "release", interrupted)
    asked(capsys, ["release", tmp_path / "x.app", "--skip-notarize"], 130)
    monkeypatch.setattr(api, "check", ours)
    asked(capsys, ["check", tmp_path / "x.app"], 3)


@pytest.mark.parametrize("name", NEWEST)
def test_a_schema_can_be_printed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = call(capsys, "schema", name)
    printed = json.loads(out)
    assert status == 0
    assert printed == schema_of(name)
    assert printed["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert printed["$id"] == f"urn:plover-tray:{name}-{NEWEST[name]}"
    validator(name)


def test_the_settings_schema_can_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    from plover_tray import settings

    if not hasattr(settings, "schema"):
        pytest.skip("settings.schema() is not there")
    status, out, _ = call(capsys, "schema", "settings")
    assert status == 0
    assert json.loads(out)["properties"]["sign"]
    validator("settings")


def test_schemas_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = call(capsys, "schema")
    assert status == 0
    assert out.split() == list(NAMES)


def test_an_older_schema_stays_beside_the_new_one() -> None:
    assert schema_of("check", 1)["properties"]["schema"] == {"const": 1}
    old = schema_of("check", 1)["properties"]["findings"]["items"]["properties"]
    assert set(old) == set(schema_of("check")["$defs"]["finding"]["properties"])


def test_a_finding_is_the_same_in_every_document() -> None:
    assert schema_of("check")["$defs"]["finding"] == schema_of("release")["$defs"]["finding"]


def test_an_empty_document_fits_no_schema() -> None:
    for name in NEWEST:
        assert not validator(name).is_valid({})
        assert not validator(name).is_valid({"schema": NEWEST[name]})
