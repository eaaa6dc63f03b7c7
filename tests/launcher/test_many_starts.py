"""200 starts and stops, 20 at once: nothing is left of them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from apps.linux_bundle import make_linux_bundle
from apps.pythons import SharedPython

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="counts processes in /proc")

AT_ONCE, ROUNDS = 20, 10

WAITS = """
import signal, sys, threading
sys.stdout.write("up\\n")
sys.stdout.flush()
if sys.argv[1:] == ["stay"]:
    threading.Event().wait()
"""


def processes_of(bundle: Path) -> list[str]:
    """Processes, zombies too, whose image or command line lies in the bundle."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            image = os.readlink(folder / "exe") if command else ""
        except OSError:
            continue
        if os.fsencode(bundle) in command or str(bundle) in image:
            found.append(folder.name)
    return found


def files_below(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*")}


@pytest.mark.parametrize("stopped", ["by itself", "by SIGTERM"])
def test_nothing_is_left_of_many_starts(
    stopped: str,
    tmp_path: Path,
    linux_python: SharedPython,
    linux_launcher: Path,
    x_display: str,
) -> None:
    bundle = make_linux_bundle(tmp_path, {"Code": WAITS}, python=linux_python, app={})
    home = tmp_path / "home"
    home.mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home),
        "DISPLAY": x_display,
        "LANG": "C.UTF-8",
    }
    main = bundle / "Contents/MacOS" / bundle.stem
    words = ["stay"] if stopped == "by SIGTERM" else []
    expected = -signal.SIGTERM if words else 0

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen([main, *words], env=environment, stdout=subprocess.PIPE)

    def stop(process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        if words:
            process.terminate()
        assert process.stdout.read() == b""
        process.stdout.close()
        assert process.wait() == expected

    stop(start())  # GNUstep makes its own folder once
    bundled, before = files_below(bundle), files_below(home)
    rounds = ROUNDS if stopped == "by itself" else 1
    for _ in range(rounds):
        for process in [start() for _ in range(AT_ONCE)]:
            stop(process)
    assert processes_of(bundle) == []
    assert files_below(home) == before
    assert files_below(bundle) == bundled
