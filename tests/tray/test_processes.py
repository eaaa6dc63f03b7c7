"""Apps as processes: a Mac's through stand-ins of open and ps, Linux' own for real."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest
from apps.bundles import make_bundle
from stand_ins import StandIns

from plover_tray.bundle.app_bundle import AppBundle
from plover_tray.errors import ToolError
from plover_tray.tray.processes import OPEN, PS, ProcessImage, start_app


@pytest.fixture
def bundle(tmp_path: Path) -> AppBundle:
    return AppBundle.open(make_bundle(tmp_path, name="Hello"))


def a_shell(bundle: AppBundle, script: str) -> None:
    """Let the bundle's executable be a shell script."""
    main = bundle.path / (bundle.executable or "")
    main.write_text(f"#!/bin/sh\n{script}\n")
    main.chmod(0o755)


@pytest.fixture
def on_a_mac(bundle: AppBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on: the bundle is made on Linux."""
    monkeypatch.setattr(sys, "platform", "darwin")


@pytest.mark.usefixtures("on_a_mac")
def test_on_a_mac_open_starts_it_and_ps_knows_its_processes(
    bundle: AppBundle, stand_ins: StandIns, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ended: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: ended.append((pid, number)))
    inside = f"{bundle.path}/Contents/MacOS"
    started = tmp_path / "started"
    stand_ins.put(OPEN, f"touch '{started}'")
    stand_ins.put(
        PS,
        f"echo '    1     0 /sbin/launchd'; echo '   50     1 {inside}/Hello'\n"
        f"[ -e '{started}' ] || exit 0\n"
        f"echo '   71    70 {inside}/a child'; echo '   70     1 {inside}/Hello'\n"
        "echo '   72    70 /usr/bin/python3'; echo broken",
    )
    with start_app(bundle, ["--first", "a b"], {"NAME": "value"}) as app:
        assert app.images() == (
            ProcessImage(70, f"{inside}/Hello"),
            ProcessImage(71, f"{inside}/a child"),
        )
        assert app.ended() is None
    assert stand_ins.calls(OPEN) == [f"-n -a {bundle.path} --env NAME=value --args --first a b"]
    assert ended == [(70, signal.SIGTERM), (71, signal.SIGTERM)]


@pytest.mark.usefixtures("on_a_mac")
def test_on_a_mac_what_open_said_is_kept(bundle: AppBundle, stand_ins: StandIns) -> None:
    stand_ins.put(PS, "")
    stand_ins.put(OPEN, "echo 'kLSNoExecutableErr' >&2; exit 1")
    with pytest.raises(ToolError, match=r"did not start Hello\.app") as caught:
        start_app(bundle, [], {})
    assert caught.value.output == "kLSNoExecutableErr"


@pytest.mark.usefixtures("on_a_mac")
def test_on_a_mac_an_open_that_hangs_is_stopped(
    bundle: AppBundle, stand_ins: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plover_tray.tray.processes._OPEN_TIMEOUT", 0.2)
    stand_ins.put(PS, "")
    stand_ins.put(OPEN, "exec sleep 600")
    with pytest.raises(ToolError, match="open did not finish"):
        start_app(bundle, [], {})


@pytest.mark.skipif(sys.platform != "linux", reason="the processes of Linux")
def test_an_app_that_ends_is_told_with_its_last_words(bundle: AppBundle) -> None:
    a_shell(bundle, 'echo "with $1 and $MORE"; exit 3')
    with start_app(bundle, ["this"], {"MORE": "that"}) as app:
        while (how := app.ended()) is None:
            time.sleep(0.01)
        assert app.images() == ()
    assert how == "exit status 3, with the last words: with this and that"


@pytest.mark.skipif(sys.platform != "linux", reason="the processes of Linux")
def test_an_app_that_is_killed_is_told_by_the_signals_name(bundle: AppBundle) -> None:
    a_shell(bundle, "kill -9 $$")
    with start_app(bundle, [], {}) as app:
        while (how := app.ended()) is None:
            time.sleep(0.01)
    assert how == "SIGKILL"


@pytest.mark.skipif(sys.platform != "linux", reason="the processes of Linux")
def test_an_app_is_ended_with_its_children(bundle: AppBundle) -> None:
    a_shell(bundle, "sleep 600 & sleep 600")
    with start_app(bundle, [], {}) as app:
        while len(images := app.images()) < 3 or len({i.executable for i in images}) < 2:
            time.sleep(0.01)
    for image in images:
        for _ in range(200):  # whoever adopts an orphan may take a moment to notice its end
            if not Path(f"/proc/{image.pid}/cmdline").exists():
                break
            if not Path(f"/proc/{image.pid}/cmdline").read_bytes():
                break
            time.sleep(0.05)
        else:
            pytest.fail(f"{image} is still there")
