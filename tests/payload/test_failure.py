"""An exception that ends an app is told: traceback in the log, a sentence, a dialog, status 1."""

import subprocess
import time
from pathlib import Path

import pytest
from launcher.matrix import Case

from payload.bundles import MakeApp, heard
from payload.test_log import NULL, log_of

FAILURES = {
    "a module that is missing": (
        {"Module": "no_such_module"},
        "",
        "No module named no_such_module",
    ),
    "a module that it imports is missing": ({}, "import no_such_thing", "ModuleNotFoundError"),
    "an exception on import": ({}, "import other", "ZeroDivisionError: division by zero"),
    "a syntax error": ({}, "def broken(:", "SyntaxError"),
    "a message of several lines": ({}, "raise ValueError('one\\ntwo é')", "two é"),
    "an endless message": ({}, "raise ValueError('x' * 10_000)", "x..."),
    "an entry point that is missing": ({"Function": "json:nothing"}, "", "cannot import name"),
    "a library for another processor": (
        {},
        (
            "raise ImportError(\"dlopen(x.so): tried: 'x.so' (mach-o file, but is an incompatible\""
            "\n \" architecture (have 'x86_64', need 'arm64'))\")"
        ),
        "incompatible architecture (have 'x86_64', need 'arm64')",
    ),
}


@pytest.mark.parametrize(("settings", "code", "cause"), FAILURES.values(), ids=FAILURES)
def test_what_keeps_an_app_from_starting_is_said_in_a_sentence_and_logged(
    newest: Case, make_app: MakeApp, settings: dict[str, str], code: str, cause: str
) -> None:
    app = make_app(newest, code, settings=settings, files={"other.py": "1 / 0"})
    process = app.start()
    out, err = heard(process)
    assert process.returncode == 1
    assert out == ""
    sentences = [line for line in err.splitlines() if line.startswith("Demo could not be started")]
    assert len(sentences) == 1
    assert cause in sentences[0]
    assert sentences[0].endswith(f"The log is {app.logs / 'app.log'}.")
    assert len(sentences[0]) < 500 + len(str(app.logs))
    log = log_of(app)
    assert cause in log
    assert "Demo could not be started" in log.splitlines()[0]
    if "Module" not in settings:
        shown = err.replace(sentences[0] + "\n", "")
        assert shown.startswith(("Traceback", "  File"))
        assert shown in log
        assert "plover-tray" not in shown


def test_each_python_says_it(case: Case, make_app: MakeApp) -> None:
    app = make_app(case, "def f():\n    raise KeyError('é')\nf()")
    process = app.start()
    _, err = heard(process)
    assert process.returncode == 1
    assert err.startswith("Demo could not be started: KeyError: 'é'. The log is ")
    assert err.splitlines()[1:] == log_of(app).splitlines()[1:]
    assert "boot.py" not in err


def test_without_a_terminal_the_log_has_it_once(newest: Case, make_app: MakeApp) -> None:
    app = make_app(newest, "print('before')\n1 / 0")
    assert app.start(**NULL).wait(60) == 1
    log = log_of(app)
    assert log.splitlines()[0] == "before"
    assert log.count("Traceback") == log.count("could not be started") == 1
    assert log.count("ZeroDivisionError") == 2  # the sentence and the traceback


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("sys.exit(3)", 3),
        ("sys.exit('a message')", 1),
        ("try:\n    1 / 0\nexcept ZeroDivisionError:\n    sys.exit(4)", 4),
        ("raise KeyboardInterrupt", -2),
        ("os._exit(5)", 5),
    ],
)
def test_a_program_that_ends_by_itself_has_not_failed(
    newest: Case, make_app: MakeApp, code: str, status: int
) -> None:
    app = make_app(newest, code)
    process = app.start()
    _, err = heard(process)
    assert process.returncode == status
    assert "could not be started" not in err
    assert not app.logs.exists()


def test_the_program_after_an_exec_tells_as_well(newest: Case, make_app: MakeApp) -> None:
    app = make_app(newest, "os.execv(exe, [exe, '-m', 'no_such_module'])")
    process = app.start()
    _, err = heard(process)
    assert process.returncode == 1
    assert err.splitlines()[0].startswith("Demo could not be started: No module named")
    assert err.splitlines()[1:] == [f"{app.interpreter}: No module named no_such_module"]


def test_a_log_that_cannot_be_written_is_said(newest: Case, make_app: MakeApp) -> None:
    app = make_app(newest, "1 / 0")
    app.logs.parent.mkdir(parents=True, exist_ok=True)
    app.logs.write_text("no folder")
    process = app.start()
    _, err = heard(process)
    assert process.returncode == 1
    assert err.splitlines()[0].endswith("division by zero. The log could not be written.")


def test_a_broken_info_plist_does_not_hide_the_exception(newest: Case, make_app: MakeApp) -> None:
    app = make_app(newest, "open('../Info.plist', 'w').write('broken')\n1 / 0")
    process = app.start(cwd=app.code.parent)
    _, err = heard(process)
    assert process.returncode == 1
    assert err.startswith("Traceback")


def test_a_dialog_says_it_until_it_is_closed(newest: Case, make_app: MakeApp) -> None:
    app = make_app(newest, "1 / 0")
    environment = {**app.environment}
    del environment["PLOVER_TRAY_HEADLESS"]
    process = app.start(env=environment)
    search = ["xdotool", "search", "--sync", "--onlyvisible", "--name", "^Alert$"]
    try:
        # xdotool itself fails when a window goes away while it looks at all of them.
        give_up = time.monotonic() + 60
        found = b""
        while not found:
            assert process.poll() is None
            assert time.monotonic() < give_up
            found = subprocess.run(
                search, env=environment, capture_output=True, check=False, timeout=60
            ).stdout
        window = found.split()[0].decode()
        assert process.poll() is None  # it waits for the user
        right = ["xdotool", "getwindowgeometry", "--shell", window]
        size = subprocess.run(right, env=environment, capture_output=True, check=True).stdout
        places = dict(line.split(b"=") for line in size.split())
        x, y = int(places[b"WIDTH"]) - 50, int(places[b"HEIGHT"]) - 25
        there = ["xdotool", "mousemove", "--window", window, str(x), str(y)]
        press = ["mousedown", "1", "sleep", "0.3", "mouseup", "1"]  # AppKit asks between the two
        subprocess.run([*there, *press], env=environment, check=True)
        _, err = heard(process)
    finally:
        process.kill()
    assert process.returncode == 1
    assert "ZeroDivisionError" in err


def test_a_terminal_shows_no_more_than_a_sentence_and_the_traceback(
    newest: Case, make_app: MakeApp, tmp_path: Path
) -> None:
    app = make_app(newest, "import threading\nthreading.Thread(target=lambda: 1 / 0).start()")
    process = app.start()
    _, err = heard(process)
    assert process.returncode == 0  # a thread's exception does not end an app
    assert "could not be started" not in err
