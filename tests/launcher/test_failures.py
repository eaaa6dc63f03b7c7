"""What is said when Python cannot be started: one line on stderr and in the log, and status 70."""

import plistlib
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from launcher.conftest import MakeBundle
from launcher.matrix import REPORT, Bundle, Case, write_info

Damage = Callable[[Bundle], None]


def tray(bundle: Bundle) -> dict[str, Any]:
    settings: dict[str, Any] = plistlib.loads((bundle.contents / "Info.plist").read_bytes())
    return dict(settings["PloverTray"])


def with_setting(key: str, value: Any) -> Damage:
    return lambda bundle: write_info(bundle, {**tray(bundle), key: value})


def without_setting(*keys: str) -> Damage:
    def damage(bundle: Bundle) -> None:
        write_info(bundle, {k: v for k, v in tray(bundle).items() if k not in keys})

    return damage


def with_info(data: bytes) -> Damage:
    return lambda bundle: void((bundle.contents / "Info.plist").write_bytes(data))


def void(_: object) -> None:
    """Forget what a call returned."""


def folder_for_info(bundle: Bundle) -> None:
    (bundle.contents / "Info.plist").unlink()
    (bundle.contents / "Info.plist").mkdir()


def library_for_another_processor(bundle: Bundle) -> None:
    source = bundle.path.parent / "stand_in_libpython.c"
    source.write_text("int Py_BytesMain(int argc, char **argv) { return !argc || !argv; }\n")
    subprocess.run(
        [
            *(sys.executable, "-m", "ziglang", "cc", "-target", "aarch64-linux-gnu", "-shared"),
            *("-nostdlib", "-o", bundle.contents / "libpython.so", source),
        ],
        check=True,
    )
    with_setting("Library", "libpython.so")(bundle)


FAILURES: dict[str, tuple[Damage, str]] = {
    "no Info.plist": (
        lambda bundle: (bundle.contents / "Info.plist").unlink(),
        r"Info\.plist cannot be read \(No such file or directory\); this program works inside",
    ),
    "Info.plist is a folder": (
        folder_for_info,
        r"Info\.plist is broken",
    ),
    "empty Info.plist": (with_info(b""), r"Info\.plist is broken"),
    "Info.plist is no property list": (with_info(b"\0\1\2<dict"), r"Info\.plist is broken"),
    "Info.plist is cut off": (
        lambda bundle: void(
            (bundle.contents / "Info.plist").write_bytes(
                (bundle.contents / "Info.plist").read_bytes()[:-40]
            )
        ),
        r"Info\.plist is broken",
    ),
    "broken binary Info.plist": (with_info(b"bplist00nonsense"), r"Info\.plist is broken"),
    "no settings": (
        lambda bundle: write_info(bundle, None),
        r"Info\.plist has no dictionary PloverTray",
    ),
    "settings of another version": (
        with_setting("Schema", 2),
        r"was made for another version of this launcher",
    ),
    "no library named": (without_setting("Library"), r"has no PloverTray > Library"),
    "no home named": (without_setting("Home"), r"has no PloverTray > Home"),
    "no interpreter named": (without_setting("Interpreter"), r"has no PloverTray > Interpreter"),
    "no entry": (
        without_setting("Module"),
        r"has no PloverTray > Module, Script, Function or Code",
    ),
    "empty entry": (with_setting("Module", ""), r"has no PloverTray > Module"),
    "library is an array": (with_setting("Library", ["x"]), r"has no PloverTray > Library"),
    "no boot module": (
        lambda bundle: (bundle.contents / "Resources/plover-tray/boot.py").unlink(),
        r"boot\.py cannot be read \(No such file or directory\)",
    ),
    "no home": (with_setting("Home", "no/home"), r"no/home cannot be read \(No such file"),
    "home without the standard library": (
        with_setting("Home", "Resources"),
        r"its Python is not complete: .*/Resources/lib/python3\.\d+ lacks encodings",
    ),
    "no version named": (without_setting("Version"), r"has no PloverTray > Version"),
    "no library": (
        with_setting("Library", "Frameworks/Python"),
        r"its Python cannot be loaded: .*Frameworks/Python.* No such file",
    ),
    "library for another processor": (
        library_for_another_processor,
        r"its Python cannot be loaded: .*libpython\.so",
    ),
    "library that is no Python": (
        with_setting("Library", "/proc/self/exe"),
        r"its Python cannot be loaded: |it is no Python 3\.9 or later",
    ),
    "no working directory": (
        with_setting("WorkingDirectory", "no/folder"),
        r"the folder no/folder cannot be entered \(No such file or directory\)",
    ),
}
LIKEWISE_IN_THE_INTERPRETER_ROLE = FAILURES.keys() - {
    *("no entry", "empty entry", "no boot module", "no working directory"),
    "no interpreter named",
}


def said(done: subprocess.CompletedProcess[str], bundle: Bundle) -> str:
    """The launcher's line; GNUstep may have said something of its own before."""
    assert done.returncode == 70
    assert done.stdout == ""
    line = done.stderr.splitlines()[-1]
    log = next((Path(bundle.environment["XDG_STATE_HOME"])).glob("*/launcher.log"))
    assert line.endswith(f" This is also in the log {log}")
    sentence = line.removesuffix(f". This is also in the log {log}")
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d " + re.escape(sentence), log.read_text().splitlines()[-1]
    )
    return sentence


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_is_one_sentence_on_stderr_and_in_the_log(
    newest: Case, make_bundle: MakeBundle, x_display: str, name: str
) -> None:
    bundle = make_bundle(newest)
    damage, expected = FAILURES[name]
    damage(bundle)
    done = bundle.run(bundle.app, "-s", "x", env={"DISPLAY": x_display})
    assert re.match(r"Demo(\.app)? could not be started: ", said(done, bundle))
    assert re.search(expected, said(done, bundle)), done.stderr


@pytest.mark.parametrize("name", sorted(LIKEWISE_IN_THE_INTERPRETER_ROLE))
def test_the_interpreter_role_fails_likewise_and_silently_otherwise(
    newest: Case, make_bundle: MakeBundle, x_display: str, name: str
) -> None:
    bundle = make_bundle(newest)
    damage, expected = FAILURES[name]
    damage(bundle)
    env = {"DISPLAY": x_display, "PLOVER_TRAY_HEADLESS": ""}  # a dialog would wait for ever
    done = bundle.run(bundle.interpreter, "-c", "", env=env)
    assert re.search(expected, said(done, bundle)), done.stderr


def test_without_a_display_it_says_so(newest: Case, make_bundle: MakeBundle) -> None:
    bundle = make_bundle(newest)
    assert "no application can be made: " in said(bundle.run(bundle.app), bundle)
    assert bundle.report(bundle.interpreter, "-c", REPORT)["appkit"] is False


@pytest.mark.parametrize("role", ["app", "interpreter"])
def test_a_folder_that_python_cannot_start_from_is_named(
    newest: Case, make_bundle: MakeBundle, x_display: str, role: str
) -> None:
    bundle = make_bundle(newest, settings={"Home": "Frameworks/home"})
    (bundle.contents / "Frameworks").mkdir()
    (bundle.contents / "Frameworks/home").symlink_to(newest.home)
    programs = {"app": bundle.app, "interpreter": bundle.interpreter}
    assert bundle.run(programs[role], "--version", env={"DISPLAY": x_display}).returncode == 0
    bundle.path = bundle.path.rename(bundle.path.with_name("12:30.app"))
    programs = {"app": bundle.app, "interpreter": bundle.interpreter}
    done = bundle.run(programs[role], "--version", env={"DISPLAY": x_display})
    assert "a folder with a colon in its name" in said(done, bundle)


def test_a_copy_outside_the_bundle_says_where_it_belongs(
    newest: Case, make_bundle: MakeBundle, tmp_path: Path
) -> None:
    bundle = make_bundle(newest)
    environment = tmp_path / "environment"
    bundle.run(bundle.interpreter, "-m", "venv", "--without-pip", "--copies", environment)
    done = bundle.run(environment / "bin/python", "-c", "")
    assert "this program works inside its app only" in said(done, bundle)


def test_the_app_is_named_as_in_its_info_plist(newest: Case, make_bundle: MakeBundle) -> None:
    bundle = make_bundle(newest)
    write_info(bundle, None, CFBundleName="A / B\nC")
    assert said(bundle.run(bundle.app), bundle).startswith("A - B-C could not be started: ")
    state = Path(bundle.environment["XDG_STATE_HOME"])
    assert [path.name for path in state.iterdir()] == ["A - B-C"]


@pytest.mark.parametrize(("name", "folder"), [("..", "-."), (".", "-"), (".hidden", "-hidden")])
def test_no_name_leads_the_log_to_another_folder(
    newest: Case, make_bundle: MakeBundle, name: str, folder: str
) -> None:
    bundle = make_bundle(newest)
    write_info(bundle, None, CFBundleName=name)
    assert said(bundle.run(bundle.app), bundle).startswith(f"{folder} could not be started: ")
    state = Path(bundle.environment["XDG_STATE_HOME"])
    assert [path.name for path in state.iterdir()] == [folder]


def test_the_log_is_below_home_where_nothing_else_is_said(
    newest: Case, make_bundle: MakeBundle
) -> None:
    bundle = make_bundle(newest, settings={"Schema": 2})
    del bundle.environment["XDG_STATE_HOME"]
    assert bundle.run(bundle.app).returncode == 70
    log = Path(bundle.environment["HOME"], ".local/state/Demo/launcher.log")
    assert "another version" in log.read_text()


def test_without_a_log_the_line_says_so(newest: Case, make_bundle: MakeBundle) -> None:
    bundle = make_bundle(newest, settings={"Schema": 2})
    done = bundle.run(bundle.app, env={"XDG_STATE_HOME": "/dev/null/nothing"})
    assert done.returncode == 70
    assert done.stderr.endswith("another version of this launcher. The log could not be written\n")


def test_the_log_does_not_grow_without_bound(newest: Case, make_bundle: MakeBundle) -> None:
    bundle = make_bundle(newest, settings={"Schema": 2})
    log = Path(bundle.environment["XDG_STATE_HOME"], "Demo/launcher.log")
    log.parent.mkdir()
    log.write_text("x" * 300_000)
    bundle.run(bundle.app)
    assert log.stat().st_size < 1000
    bundle.run(bundle.app)
    assert len(log.read_text().splitlines()) == 2


def test_from_a_read_only_volume_it_runs_and_fails_as_from_any_other(
    newest: Case, make_bundle: MakeBundle, x_display: str
) -> None:
    bundle = make_bundle(newest)
    script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && ! touch "$0/x" && "$@"'
    read_only: tuple[str | Path, ...] = ("unshare", "--mount", "sh", "-c", script, bundle.path)
    if subprocess.run([*read_only, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no read-only volume can be made here: that takes a right, not a package")

    env = {"DISPLAY": x_display}
    found = bundle.report(*read_only, bundle.app, env=env)
    assert found["process"] == str(bundle.app)
    found = bundle.report(*read_only, bundle.interpreter, "-c", REPORT)
    assert found["process"] == str(bundle.interpreter)
    without_setting("Library")(bundle)
    done = bundle.run(*read_only, bundle.app, env=env)
    done.stderr = done.stderr.partition("\n")[2]  # what touch said
    assert "has no PloverTray > Library" in said(done, bundle)


def test_the_user_gets_a_dialog(newest: Case, make_bundle: MakeBundle, x_display: str) -> None:
    bundle = make_bundle(newest, settings={"Schema": 2})
    env = {**bundle.environment, "DISPLAY": x_display, "PLOVER_TRAY_HEADLESS": ""}
    process = subprocess.Popen([bundle.app], env=env, stderr=subprocess.PIPE)
    assert process.stderr
    try:
        while b"another version" not in process.stderr.readline():
            assert process.poll() is None
        search = ["xdotool", "search", "--onlyvisible", "--sync", "--name", "^Alert$"]
        give_up = time.monotonic() + 60
        # xdotool itself fails when a window goes away while it looks at all of them.
        while subprocess.run(
            search, env=env, capture_output=True, check=False, timeout=60
        ).returncode:
            assert process.poll() is None
            assert time.monotonic() < give_up
        assert process.poll() is None  # it waits for the user
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
