"""Plover itself, unmodified, under the launcher: two execs in one process, a window, a restart."""

import json
import os
import plistlib
import select
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from apps.linux_bundle import make_linux_bundle
from apps.pythons import SharedPython

from payload.bundles import WITHIN, end_all_of, heard
from payload.test_probe_report import reports

PLUGIN = """
import json, os, sys
def report(**more):
    with open(os.open(os.environ["TELL"], os.O_WRONLY | os.O_NONBLOCK), "w") as pipe:
        main = sys.modules["__main__"]
        pipe.write(json.dumps({
            "pid": os.getpid(), "image": os.readlink("/proc/self/exe"), "argv": sys.argv,
            "base": os.environ.get("PYTHONUSERBASE"), "executable": sys.executable,
            "main": main.__spec__.name, "origin": main.__spec__.origin, **more}) + "\\n")
def script():
    report()
    return 7
def main(config, controller):
    from PySide6.QtCore import QTimer
    from plover.gui_qt import main as qt
    again = os.path.exists("restarted")
    open("restarted", "w").close()
    run = qt.Application.run
    def run_a_while(self):
        report(window=self._win.isVisible(), again=again)
        QTimer.singleShot(0, self._engine.quit if again else self._engine.restart)
        return run(self)
    qt.Application.run = run_a_while
    return qt.main(config, controller)
def show_error(title, message):
    print(title, message, file=sys.stderr)
"""
"""A plugin that a user has installed: a console script, and a GUI that wraps Plover's own."""

ENTRY_POINTS = """\
[console_scripts]
tell = teller:script
[plover.gui]
teller = teller
"""


class Plover:
    """One bundle with one user's home."""

    def __init__(self, bundle: Path, folder: Path, display: str, version: str) -> None:
        self.bundle, self.folder = bundle, folder
        self.launcher = str(bundle / "Contents/MacOS/Plover")
        self.config = folder / "config" / "plover"
        self.base = self.config / "plugins" / "linux"
        site = self.base / f"lib/python{version}/site-packages"
        information = site / "teller-1.0.dist-info"
        information.mkdir(parents=True)
        (site / "teller.py").write_text(PLUGIN)
        (information / "METADATA").write_text("Metadata-Version: 2.1\nName: teller\nVersion: 1.0\n")
        (information / "entry_points.txt").write_text(ENTRY_POINTS)
        (folder / "tmp").mkdir()
        os.mkfifo(folder / "tell")
        self.reader = os.open(folder / "tell", os.O_RDWR)
        self.environment = {
            "DISPLAY": display,
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "PATH": os.environ["PATH"],
            "PLOVER_TRAY_HEADLESS": "1",
            "TELL": str(folder / "tell"),
            "TMPDIR": str(folder / "tmp"),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_DATA_HOME": str(folder / "data"),
            "XDG_SESSION_TYPE": "x11",
            "XDG_STATE_HOME": str(folder / "state"),
        }
        # Plover keeps its configuration where it finds one, and its plugins beside it.
        (self.config / "plover.cfg").write_text("")

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        """Start the app, without a terminal, its output into a file."""
        with (self.folder / "output").open("a") as output:
            return subprocess.Popen(
                [self.launcher, *arguments],
                cwd=self.folder,
                env={**self.environment, **more},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                text=True,
                start_new_session=True,
            )

    def output(self) -> str:
        """What the app has written."""
        return (self.folder / "output").read_text()

    def told(self) -> dict[str, Any]:
        """The next report of the plugin."""
        text = b""
        while not text.endswith(b"\n"):
            ready, _, _ = select.select([self.reader], [], [], WITHIN)
            assert ready, self.output()
            text += os.read(self.reader, 1)
        found: dict[str, Any] = json.loads(text)
        return found


@pytest.fixture
def plover(
    tmp_path: Path, linux_python: SharedPython, linux_plover_packages: Path, tray_display: str
) -> Iterator[Plover]:
    """Plover 5.4.2 as its release runs it: -s -m plover.scripts.dist_main."""
    bundle = make_linux_bundle(
        tmp_path,
        {"Module": "plover.scripts.dist_main", "Flags": ["-s"]},
        python=linux_python,
        site_packages=linux_plover_packages,
        app={},
        name="Plover",
        identifier="org.openstenoproject.plover",
    )
    home = tmp_path / "home é"
    home.mkdir()
    made = Plover(bundle, home, tray_display, linux_python.version)
    try:
        yield made
    finally:
        os.close(made.reader)
        end_all_of(bundle)


def test_its_first_exec_stays_in_the_process_and_finds_the_users_plugins(plover: Plover) -> None:
    process = plover.start("-l", "debug", "-s", "tell", "-m", "x", "-s")
    told = plover.told()
    assert process.wait(WITHIN) == 7, plover.output()
    assert told["pid"] == process.pid
    assert told["image"] == plover.launcher
    assert told["argv"] == ["tell", "-m", "x", "-s"]
    assert told["main"] == "plover.scripts.main"
    assert told["base"] == str(plover.base)
    assert Path(told["executable"]).parent == Path(plover.launcher).parent
    assert "INFO: Plover 5.4.2" in plover.output()


def test_without_user_plugins_they_are_not_found(plover: Plover) -> None:
    process = plover.start("--no-user-plugins", "-s", "tell")
    assert process.wait(WITHIN) == 1
    assert "no such script: tell" in plover.output()


def test_it_says_its_version(plover: Plover) -> None:
    assert plover.start("--version").wait(WITHIN) == 0
    assert "Plover 5.4.2" in plover.output()


def test_its_window_and_icon_appear_in_the_launchers_process(plover: Plover) -> None:
    path = plover.folder / "report.json"
    process = plover.start("-l", "debug", PLOVER_TRAY_PROBE=str(path))
    report = reports(
        path, lambda found: found["settled"] and any(icon["visible"] for icon in found["icons"])
    )
    assert report["pid"] == process.pid
    assert report["executable"] == plover.launcher
    assert report["is_bundle_executable"] is True
    assert report["bundle"]["identifier"] == "org.openstenoproject.plover"
    assert report["qt"]["application"] == "Plover"
    icon = next(icon for icon in report["icons"] if icon["visible"])
    assert icon["icon"]["null"] is False
    assert icon["geometry"][2] > 0
    texts = [entry["text"].replace("&", "") for entry in icon["menu"]]
    assert "Quit" in "".join(texts)
    process.send_signal(signal.SIGTERM)
    assert process.wait(WITHIN) == -signal.SIGTERM


def test_its_restart_starts_the_app_anew(plover: Plover) -> None:
    process = plover.start("-g", "teller", "-l", "info")
    first, second = plover.told(), plover.told()
    assert process.wait(WITHIN) == 0, plover.output()
    assert (first["again"], second["again"]) == (False, True)
    assert first["pid"] == process.pid != second["pid"]
    for told in (first, second):
        assert told["image"] == plover.launcher
        assert told["argv"][0] == told["origin"]
        assert told["argv"][1:] == ["--gui", "qt", "-g", "teller", "-l", "info"]
        assert told["main"] == "plover.scripts.main"
        assert told["base"] == str(plover.base)
    assert "AssertionError" not in plover.output()


def test_its_restart_after_a_stray_socket_stays_in_the_process(plover: Plover) -> None:
    with socket.socket(socket.AF_UNIX) as stray:
        stray.bind(str(plover.folder / "tmp" / "plover_socket"))
    (plover.folder / "restarted").touch()
    process = plover.start("-g", "teller")
    told = plover.told()
    assert process.wait(WITHIN) == 0, plover.output()
    assert "force cleaning before restart" in plover.output()
    assert told["pid"] == process.pid
    assert (told["again"], told["main"]) == (True, "plover.scripts.main")


def test_its_plugins_manager_starts_itself_anew(plover: Plover) -> None:
    drive = """
import os, sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
run = QApplication.exec
def run_and_restart(*nothing):
    window, = (w for w in QApplication.topLevelWidgets() if hasattr(w, "restart"))
    QTimer.singleShot(0, window.restart)
    return run()
QApplication.exec = run_and_restart
os.execv(sys.executable, [sys.executable, "-m", "plover.gui_qt.plugins_manager"])
"""
    info = plover.bundle / "Contents/Info.plist"
    settings = plistlib.loads(info.read_bytes())
    del settings["PloverTray"]["Module"]
    settings["PloverTray"]["Code"] = drive
    info.write_bytes(plistlib.dumps(settings))
    path = plover.folder / "report.json"
    process = plover.start(PLOVER_TRAY_PROBE=str(path))
    assert process.wait(WITHIN) == 0, plover.output()
    report = reports(path, lambda found: found["pid"] != process.pid and found["stage"] == "qt")
    assert report["executable"] == plover.launcher
    words = Path(f"/proc/{report['pid']}/cmdline").read_bytes().split(b"\0")
    assert words[0] == plover.launcher.encode()
    os.kill(report["pid"], signal.SIGTERM)


def test_a_second_instance_hands_over_to_the_first(plover: Plover) -> None:
    path = plover.folder / "report.json"
    process = plover.start(PLOVER_TRAY_PROBE=str(path))
    reports(path, lambda found: any(icon["visible"] for icon in found["icons"]))
    second = plover.start("-l", "info")
    assert second.wait(WITHIN) == 0
    assert "another instance is running" in plover.output()
    assert process.poll() is None
    process.kill()
    heard(process)
