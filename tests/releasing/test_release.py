"""The whole chain, killed wherever it can be, and run again."""

import hashlib
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from apps.bundles import make_bundle
from notarization.dialogues import (
    INVALID_LOG,
    Dialogue,
    PlayedClock,
    certificate,
    dialogue_for,
    rcodesign_on_path,
)

from plover_tray.bundle.app_bundle import AppBundle
from plover_tray.checking import CheckResult
from plover_tray.errors import (
    BundleError,
    ImageError,
    OutputExistsError,
    PloverTrayError,
    StagingError,
)
from plover_tray.findings import Finding, Severity
from plover_tray.releasing.options import ReleaseOptions
from plover_tray.releasing.release import Release, ReleaseTools, release
from plover_tray.signing.credentials import Credentials

STEPS = ["fix", "check", "sign", "verify", "dmg", "final-check"]
NOTARIZED = [
    *("fix", "check", "sign", "verify", "notarize-app", "staple-app"),
    *("dmg", "sign-dmg", "notarize-dmg", "staple-dmg", "final-check"),
]


@pytest.fixture(scope="module")
def broken_app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small bundle whose executable execs Python, with an accent in its name."""
    return make_bundle(tmp_path_factory.mktemp("release"), name="Hello Träy")


@pytest.fixture(autouse=True)
def fixed_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dialogue:
    rcodesign_on_path(tmp_path, monkeypatch)
    return dialogue_for("rcodesign", tmp_path, monkeypatch)


def tools(played: Dialogue | None, clock: PlayedClock | None = None) -> ReleaseTools:
    def nobody() -> Any:
        raise AssertionError("Apple was asked")

    return ReleaseTools(
        notary=played.notary if played else nobody,
        stapler=played.stapler if played else nobody,
        clock=clock or PlayedClock(),
    )


def run(
    app: Path,
    output: Path,
    played: Dialogue | None = None,
    *,
    on_step: Callable[[str, str], object] = lambda _, __: None,
    **options: Any,
) -> Release:
    if played is not None:
        options["credentials"] = Credentials(p12=certificate(played.file.parent))
    chosen = ReleaseOptions(output=output, skip_notarize=played is None, **options)
    return release(app, chosen, tools(played), on_step=on_step)


def final_bytes(output: Path) -> dict[str, str]:
    """The images, and every file of the app, by digest."""
    files = [p for p in output.rglob("*") if p.is_file() and not p.is_symlink()]
    return {
        str(p.relative_to(output)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in files
        if ".release" not in str(p.relative_to(output))
    }


def states(result: Release) -> dict[str, str]:
    return {step.name: step.state for step in result.steps}


def killed(app: Path, output: Path, played: Dialogue | None, step: str, moment: str) -> None:
    """Run it in a process of its own that is killed as `step` starts or has just been recorded."""

    def tell(name: str, state: str) -> None:
        if name == step and (state == "start") is (moment == "start"):
            os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if child == 0:
        try:
            run(app, output, played, on_step=tell)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL


def test_a_release_killed_at_each_step_ends_with_the_same_bytes(
    broken_app: Path, tmp_path: Path
) -> None:
    undisturbed = run(broken_app, tmp_path / "once")
    assert undisturbed.ok
    output = tmp_path / "often"
    for step in STEPS:
        killed(broken_app, output, None, step, "start")
        killed(broken_app, output, None, step, "end")
    result = run(broken_app, output)
    assert result.ok
    assert {states(result)[step] for step in STEPS} == {"kept"}
    assert final_bytes(output) == final_bytes(tmp_path / "once")
    assert len(final_bytes(output)) > 10


def test_a_notarized_release_killed_at_each_step_sends_nothing_twice(
    broken_app: Path, tmp_path: Path, played: Dialogue
) -> None:
    played.play("info", played.status("Accepted"))
    assert run(broken_app, tmp_path / "once", played).ok
    assert played.count("submit") == 2
    played.forget_calls()
    output = tmp_path / "often"
    for step in NOTARIZED:
        killed(broken_app, output, played, step, "start")
        killed(broken_app, output, played, step, "end")
    result = run(broken_app, output, played)
    assert result.ok
    assert played.count("submit") == 2
    assert final_bytes(output) == final_bytes(tmp_path / "once")
    assert (result.app / "Contents/CodeResources").read_bytes() == b"a ticket"


@pytest.mark.parametrize("target", ["sign", "make_dmg", "staple"])
def test_killed_between_a_steps_work_and_its_record_it_is_done_again_alike(
    broken_app: Path,
    tmp_path: Path,
    played: Dialogue,
    monkeypatch: pytest.MonkeyPatch,
    target: str,
) -> None:
    played.play("info", played.status("Accepted"))
    assert run(broken_app, tmp_path / "once", played).ok
    module = sys.modules["plover_tray.releasing.acts"]
    real = getattr(module, target)

    class Killed(BaseException):
        pass

    def then_killed(*arguments: Any, **how: Any) -> Any:
        real(*arguments, **how)
        raise Killed

    output = tmp_path / "killed"
    monkeypatch.setattr(module, target, then_killed)
    with pytest.raises(Killed):
        run(broken_app, output, played)
    monkeypatch.setattr(module, target, real)
    assert run(broken_app, output, played).ok
    assert final_bytes(output) == final_bytes(tmp_path / "once")


def test_what_did_not_change_is_kept_and_what_did_is_done_anew(
    broken_app: Path, tmp_path: Path
) -> None:
    app = Path(shutil.copytree(broken_app, tmp_path / broken_app.name, symlinks=True))
    output = tmp_path / "out"
    assert set(states(run(app, output)).values()) == {"done", "skipped"}
    again = run(app, output, volume_name="Other")
    assert states(again)["sign"] == "kept"
    assert states(again)["dmg"] == "done"
    assert states(again)["final-check"] == "done"
    (app / "Contents/Resources/new.txt").write_text("new")
    changed = run(app, output, volume_name="Other")
    assert changed.ok
    assert {states(changed)[step] for step in STEPS} == {"done"}
    assert (changed.app / "Contents/Resources/new.txt").exists()


def test_what_was_made_and_then_damaged_is_made_anew(broken_app: Path, tmp_path: Path) -> None:
    first = run(broken_app, tmp_path / "out")
    before = final_bytes(tmp_path / "out")
    first.dmg.write_bytes(first.dmg.read_bytes()[:-1000])
    (first.app / "Contents/Resources/added").write_text("x")
    assert run(broken_app, tmp_path / "out").ok
    assert final_bytes(tmp_path / "out") == before


def test_a_refusal_by_apple_stops_it_and_nothing_is_stapled(
    broken_app: Path, tmp_path: Path, played: Dialogue
) -> None:
    played.play("info", played.status("Invalid"))
    played.play("log", played.log(INVALID_LOG))
    result = run(broken_app, tmp_path / "out", played)
    assert not result.ok
    assert states(result)["notarize-app"] == "failed"
    assert result.verdict is not None
    assert result.verdict.log is not None
    assert not result.dmg.exists()
    assert played.count("staple") == 0
    assert not run(broken_app, tmp_path / "out", played).ok
    assert played.count("submit") == 1


def test_errors_of_a_check_stop_it(
    broken_app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding = Finding("QT999", Severity.ERROR, "", "It will not show.", (), "")
    chosen = ReleaseOptions(output=tmp_path / "out", skip_notarize=True)
    with monkeypatch.context() as patched:
        patched.setattr(
            sys.modules["plover_tray.releasing.acts"],
            "check",
            lambda path, **_: CheckResult(AppBundle.open(path), None, (finding,)),
        )
        result = release(broken_app, chosen, tools(None))
    assert states(result) == {"fix": "done", "check": "failed"}
    assert result.findings == (finding,)
    assert not result.app.exists()
    assert run(broken_app, tmp_path / "out").ok


def test_an_app_that_stands_where_the_output_goes_is_not_touched(
    broken_app: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    theirs = output / broken_app.name
    theirs.mkdir(parents=True)
    with pytest.raises(OutputExistsError, match="no release made it"):
        run(broken_app, output)
    assert list(theirs.iterdir()) == []
    with pytest.raises(OutputExistsError, match="itself"):
        run(broken_app, broken_app.parent)
    with pytest.raises(StagingError, match="inside the app"):
        run(broken_app, broken_app / "dist")
    assert not (broken_app / "dist").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"volume_name": "n" * 28}, "--volume-name"),
        ({"volume_name": "a:b"}, "--volume-name"),
        ({"volume_name": "two\nlines"}, "--volume-name"),
        ({"dmg_name": "image.txt"}, "ends in .dmg"),
        ({"dmg_name": "../image.dmg"}, "bare name"),
        ({"credentials": Credentials(identity="Developer ID")}, "--p12"),
    ],
)
def test_what_would_stop_it_late_stops_it_before_the_first_step(
    broken_app: Path, tmp_path: Path, options: dict[str, Any], said: str
) -> None:
    if "credentials" in options and sys.platform == "darwin":
        pytest.skip("a Mac has a keychain")
    with pytest.raises(PloverTrayError) as caught:
        run(broken_app, tmp_path / "out", **options)
    assert said in caught.value.mend
    assert not (tmp_path / "out").exists()


def test_a_volume_name_in_the_settings_is_looked_at_before_the_first_step(
    broken_app: Path, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.py"
    settings.write_text('files = [defines["app"]]\nvolume_name = "n" * 28\n')
    with pytest.raises(ImageError, match="too long"):
        run(broken_app, tmp_path / "out", dmg_settings=settings)
    assert not (tmp_path / "out").exists()


def test_settings_may_name_the_app_that_the_release_makes(broken_app: Path, tmp_path: Path) -> None:
    settings = tmp_path / "settings.py"
    settings.write_text(f"files = [{str(tmp_path / 'out' / broken_app.name)!r}]\n")
    assert run(broken_app, tmp_path / "out", dmg_settings=settings).ok


def test_a_bundle_without_app_in_its_name_is_refused(broken_app: Path, tmp_path: Path) -> None:
    bundle = Path(shutil.copytree(broken_app, tmp_path / "Hello", symlinks=True))
    with pytest.raises(BundleError, match=r"does not end in \.app") as caught:
        run(bundle, tmp_path / "out")
    assert "Hello.app" in caught.value.mend


def test_the_record_tells_sizes_digests_times_and_findings(
    broken_app: Path, tmp_path: Path
) -> None:
    result = run(broken_app, tmp_path / "out")
    record = json.loads(result.record.read_text())
    assert (record["schema"], record["kind"]) == (1, "release")
    assert record["result"]["dmg"]["size"] == result.dmg.stat().st_size
    digest = hashlib.sha256(result.dmg.read_bytes()).hexdigest()
    assert record["result"]["dmg"]["sha256"] == digest
    assert set(record["steps"]) == set(STEPS)
    assert record["steps"]["check"]["details"]["errors"] == 0
    assert all(step["seconds"] >= 0 for step in record["steps"].values())
