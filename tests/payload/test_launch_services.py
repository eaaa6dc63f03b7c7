"""How the app is started anew on a Mac, as far as a shell and a stand-in for `open` can show."""

import os
import runpy
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from payload.programs import BOOT_SCRIPT

STAND_IN_OPEN = """#!/bin/sh
printf '%s\\n' "$@" --- >>"$LOG"
[ "$1$2" = "-n-a" ] || exit 2
case "$*" in *--env*) exit "$STATUS" ;; esac
"""


@pytest.fixture
def mac(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The functions of relaunch.py, told that they run on a Mac."""
    flags = {"optimize": 1, "dev_mode": True, "verbose": 0}
    siblings = {
        "bundle": SimpleNamespace(path=lambda: "/Applications/A b.app", launcher=lambda: "/x"),
        "settings": SimpleNamespace(
            Settings=lambda command, environ: SimpleNamespace(ignore_environment=False, flags=flags)
        ),
    }
    module = runpy.run_path(
        str(BOOT_SCRIPT.with_name("relaunch.py")), {"sibling": siblings.__getitem__, "state": {}}
    )
    monkeypatch.setattr("sys.platform", "darwin")
    stand_in = tmp_path / "open"
    stand_in.write_text(STAND_IN_OPEN)
    stand_in.chmod(0o755)
    module["launch_command"].__globals__["OPEN"] = str(stand_in)
    return module


def opened(mac: Any, folder: Path, arguments: list[str], status: int) -> list[list[str]]:
    """What `open` is called with, call by call, after the process that held the pipe has ended."""
    record = folder / "record"
    record.write_text("{}")
    command = SimpleNamespace(arguments=arguments, x=["importtime", "dev"])
    environ = {"PYTHONUSERBASE": "/base x", "OTHER": "1"}
    words = mac["launch_command"](command, environ, str(record))
    reading, holding = os.pipe()
    log = folder / "log"
    environment = {"PATH": os.environ["PATH"], "LOG": str(log), "STATUS": str(status)}
    with subprocess.Popen(words, stdin=reading, env=environment) as shell:
        os.close(reading)
        assert shell.poll() is None
        assert not log.exists()  # it waits
        os.close(holding)
        assert shell.wait(60) == 0
    assert record.exists() == (status == 0)
    return [call.split("\n") for call in log.read_text().removesuffix("\n---\n").split("\n---\n")]


def test_open_gets_the_bundle_the_variables_and_the_arguments(mac: Any, tmp_path: Path) -> None:
    (call,) = opened(mac, tmp_path, ["a b", "--env", "é", "--args"], 0)
    assert call[:3] == ["-n", "-a", "/Applications/A b.app"]
    settings = call[3 : call.index("--args")]
    assert settings[::2] == ["--env"] * 5
    assert sorted(settings[1::2]) == [
        f"PLOVER_TRAY_RESTART={tmp_path / 'record'}",
        "PYTHONDEVMODE=1",
        "PYTHONOPTIMIZE=1",
        "PYTHONPROFILEIMPORTTIME=1",
        "PYTHONUSERBASE=/base x",
    ]
    assert call[call.index("--args") :] == ["--args", "a b", "--env", "é", "--args"]


def test_without_arguments_there_are_none(mac: Any, tmp_path: Path) -> None:
    (call,) = opened(mac, tmp_path, [], 0)
    assert "--args" not in call


@pytest.mark.parametrize("arguments", [["x y", "z"], []])
def test_an_open_that_refuses_variables_is_asked_without_them(
    mac: Any, tmp_path: Path, arguments: list[str]
) -> None:
    first, second = opened(mac, tmp_path, arguments, 1)
    assert "--env" in first
    assert second == [
        *("-n", "-a", "/Applications/A b.app"),
        *(["--args", *arguments] if arguments else []),
    ]


def test_only_pythons_own_variables_stand_on_the_command_line(mac: Any) -> None:
    assert mac["start_variables"](
        SimpleNamespace(x=["a=b"]), {"SECRET": "1", "PYTHONUTF8": "1"}
    ) == {
        "PYTHONDEVMODE": "1",
        "PYTHONOPTIMIZE": "1",
        "PYTHONUTF8": "1",
    }
