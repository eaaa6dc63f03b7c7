"""Whatever is wrong with the input: an answer in bounded time, or one line with a next step."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from apps.broken import BROKEN
from apps.bundles import make_bundle
from apps.hostile import CASES

import plover_tray
from cli.running import call
from plover_tray.errors import PloverTrayError

COMMANDS: dict[str, Callable[[Path, Path], object]] = {
    "check": lambda app, _: plover_tray.check(app),
    "rehearse": lambda app, _: plover_tray.rehearse(app),
    "fix": plover_tray.fix,
    "sign": plover_tray.sign,
    "verify": lambda app, _: plover_tray.verify(app),
    "diff": lambda app, _: plover_tray.diff(app, app),
}


REFUSED: Mapping[str, str] = {
    "check rehearse fix sign verify diff": """
        no-such-path a-file empty-folder contents-leaves
    """,
    "check fix sign verify diff": """
        deep-folders
    """,
    "check fix sign diff": """
        fifo-among-resources fifo-as-library socket-among-resources strange-names
        strange-library-names
    """,
    "rehearse fix sign": """
        executable-is-folder executable-leaves executable-is-loop macos-leaves
        info-utf-16 executable-value-dot executable-value-nothing
        executable-value-number executable-value-list executable-value-long
        executable-elf no-executable-key executable-has-another-name
    """,
    "rehearse fix": """
        executable-cpu-unknown
    """,
    "fix sign": """
        frameworks-leaves links-leave sparse-library executable-no-load-commands
        executable-file-type-unknown
    """,
    "fix": """
        frameworks-is-loop links-loop executable-entry-in-header no-identifier
        empty-identifier identifier-is-a-number no-runtime runtime-without-library
    """,
    "": """
        executable-segment-size-huge executable-indirect-symbols-many
        executable-bindings-past-end executable-bindings-huge
        executable-with-a-folder identifier-with-spaces identifier-with-underscore
        identifier-with-empty-part version-is-a-number no-version
        minimum-system-too-low minimum-system-is-a-number no-minimum-system
        same-identifier-beside-the-interpreter runtime-without-standard-library
        runtime-for-arm64-only main-for-x86_64-only
        main-and-runtime-have-nothing-in-common extension-for-arm64-only
        extension-for-another-python loads-from-homebrew loads-from-usr-local
        loads-from-a-home-folder loads-beside-the-interpreter
        loads-by-rpath-of-nobody loads-by-rpath-outside
        loads-beside-itself-what-is-missing starts-python-again
    """,
}
"""The commands that refuse each input; the others have an answer for it."""
USUAL = "check rehearse fix sign diff"
"""Those that refuse an input that is named nowhere else: a file that nobody could read."""


def refused(name: str) -> list[str]:
    found = [commands for commands, names in REFUSED.items() if name in names.split()]
    assert len(found) <= 1
    return (found[0] if found else USUAL).split()


@pytest.mark.parametrize("case", [*CASES, *(f"broken: {name}" for name in BROKEN)])
def test_every_error_says_what_to_do_next(case: str, tmp_path: Path) -> None:
    start, colon, name = case.partition(": ")
    app = BROKEN[name](tmp_path) if colon else CASES[start].make(tmp_path)
    out = tmp_path / "out" / "out.app"
    out.parent.mkdir()
    errors: dict[str, PloverTrayError] = {}
    for command, run in COMMANDS.items():
        try:
            run(app, out)
        except PloverTrayError as refusal:
            errors[command] = refusal
        assert out.exists() is (command in ("fix", "sign") and command not in errors)
        if out.exists():
            out.rename(out.with_name(command))
    assert list(errors) == refused(name or case)
    for command, error in errors.items():
        assert error.mend, f"{command}: {error.message}"
        assert ".plover-tray-" not in error.message
        assert "None" not in error.message
        assert error.message.count(str(app)) <= 1
        assert len(error.message) < 1000


def test_every_input_of_the_table_is_tried() -> None:
    named = {name for names in REFUSED.values() for name in names.split()}
    assert named <= {*CASES, *BROKEN}
    assert not set(CASES) & set(BROKEN)


@pytest.mark.parametrize("command", ["check", "verify", "rehearse"])
def test_what_may_not_be_read_is_for_us_to_say_and_not_for_click(
    command: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bundle = make_bundle(tmp_path)
    monkeypatch.setattr(os, "access", lambda *_, **__: False)  # root may read everything
    assert "not readable" not in call(capsys, command, bundle)[2]


@pytest.mark.parametrize(("command", "option"), [("fix", "--no-backup"), ("sign", "--backup")])
def test_a_backup_is_a_matter_of_in_place(
    command: str, option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = make_bundle(tmp_path)
    status, _, err = call(capsys, command, bundle, "-o", tmp_path / "out.app", option)
    assert status == 2
    assert "--in-place" in err
    assert not (tmp_path / "out.app").exists()


def test_a_bundle_without_a_seal_is_not_called_broken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = call(capsys, "verify", make_bundle(tmp_path))
    assert status == 1
    assert "It is not sealed" in out
    assert "plover-tray sign" in out
    assert "BROKEN" not in out


def test_a_quiet_verification_says_problems_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sealed = tmp_path / "sealed.app"
    plover_tray.sign(make_bundle(tmp_path), sealed)
    assert call(capsys, "verify", "-q", sealed) == (0, "", "")
    (sealed / "Contents/Resources/added").write_text("x")
    status, out, _ = call(capsys, "verify", "-q", sealed)
    (line,) = out.splitlines()
    assert status == 1
    assert line.startswith("BROKEN  Contents/Resources/added: ")


@pytest.mark.parametrize("case", ["info-is-sparse", "executable-is-sparse", "sparse-library"])
def test_a_terabyte_of_nothing_is_not_read_but_named(case: str, tmp_path: Path) -> None:
    problems = plover_tray.verify(CASES[case].make(tmp_path)).problems
    assert any("1024 GB long" in problem.message for problem in problems)


def test_diff_says_which_slice_is_not_signed(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    grant = plover_tray.diff(bundle, bundle).survivals[0]
    assert "x86_64 code is not signed" in grant.reason
