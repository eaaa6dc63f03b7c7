"""The report that the boot module writes about the process and its tray icons."""

import json
import subprocess
import time
from pathlib import Path
from typing import Any

from apps.pythons import SharedPython
from launcher.matrix import Case

from payload.bundles import WITHIN, App, MakeApp, app_bundle, ended

TRAY = """
from PySide6.QtCore import QTimer
from PySide6.QtGui import QAction, QColor, QIcon, QPixmap
from PySide6.QtWidgets import QApplication, QMenu, QSystemTrayIcon
application = QApplication(["tray"])
application.setQuitOnLastWindowClosed(False)
picture = QPixmap(22, 22); picture.fill(QColor("#d02090"))
icon = QIcon(picture); icon.setIsMask(True)
menu = QMenu()
menu.addAction("Show é").setEnabled(False)
menu.addSeparator()
more = menu.addMenu("More"); more.addAction("Deep").setCheckable(True)
tray = QSystemTrayIcon(icon); tray.setToolTip("tip é"); tray.setContextMenu(menu); tray.show()
empty = QSystemTrayIcon(application)
gone = QSystemTrayIcon(icon); import shiboken6; shiboken6.delete(gone)
application.exec()
"""


def reports(path: Path, wanted: Any) -> dict[str, Any]:
    """The first report for which `wanted` holds."""
    end = time.monotonic() + WITHIN
    while time.monotonic() < end:
        try:
            found: dict[str, Any] = json.loads(path.read_text())
        except FileNotFoundError:
            continue
        if wanted(found):
            return found
        time.sleep(0.05)  # a file has no other way of being waited for
    raise AssertionError(path.read_text() if path.exists() else "no report")


def stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    ended(process)


def probed(app: App, packages: Path) -> dict[str, str]:
    """The environment in which the app reports."""
    return {
        **app.environment,
        "PLOVER_TRAY_PROBE": str(app.folder / "report.json"),
        "PYTHONPATH": str(packages),
    }


def test_the_process_and_each_icon_are_reported(
    linux_python: SharedPython,
    linux_plover_packages: Path,
    tray_display: str,
    tmp_path: Path,
    qt_case: Case,
) -> None:
    settings = {"KeepEnvironment": ["PYTHONPATH"]}
    with app_bundle(tmp_path, qt_case, TRAY, display=tray_display, settings=settings) as app:
        process = app.start(env=probed(app, linux_plover_packages))
        try:
            report = reports(app.folder / "report.json", lambda found: found["settled"])
        finally:
            stop(process)
    assert report["schema"] == 1
    assert report["stage"] == "qt"
    assert report["error"] is None
    assert report["pid"] == process.pid
    assert report["executable"] == report["bundle"]["executable"] == app.launcher
    assert report["is_bundle_executable"] is True
    assert report["sys_executable"] == app.interpreter
    assert report["bundle"]["path"] == str(app.bundle.path)
    assert report["bundle"]["identifier"] == "org.example.demo"
    assert report["bundle"]["identifier_from"] == "Info.plist"
    assert report["python"] == linux_python.full_version
    assert report["qt"]["binding"] == "PySide6"
    assert report["qt"]["platform_name"] == "xcb"
    assert report["tray_available"] is True
    assert report["screens"][0]["geometry"] == [0, 0, 1024, 768]
    assert report["screens"][0]["primary"] is True
    shown, hidden = sorted(report["icons"], key=lambda icon: not icon["visible"])
    assert shown["tooltip"] == "tip é"
    assert shown["icon"] == {"null": False, "template": True, "sizes": [[22, 22]]}
    assert shown["geometry"][2] > 0
    assert [entry["text"] for entry in shown["menu"]] == ["Show é", "", "More"]
    assert [entry["enabled"] for entry in shown["menu"]][:1] == [False]
    assert [entry["separator"] for entry in shown["menu"]] == [False, True, False]
    assert shown["menu"][2]["menu"][0]["text"] == "Deep"
    assert shown["menu"][2]["menu"][0]["checked"] is False
    assert (hidden["visible"], hidden["menu"], hidden["icon"]["null"]) == (False, None, True)


def test_a_change_is_reported_anew(
    linux_plover_packages: Path, tray_display: str, tmp_path: Path, qt_case: Case
) -> None:
    code = TRAY.replace(
        "application.exec()",
        "QTimer.singleShot(4000, lambda: tray.setToolTip('changed'))\napplication.exec()",
    )
    settings = {"KeepEnvironment": ["PYTHONPATH"]}
    with app_bundle(tmp_path, qt_case, code, display=tray_display, settings=settings) as app:
        process = app.start(env=probed(app, linux_plover_packages))
        path = app.folder / "report.json"

        def tips(found: dict[str, Any]) -> list[str]:
            return [icon["tooltip"] for icon in found["icons"]]

        try:
            reports(path, lambda found: "tip é" in tips(found) and found["settled"])
            reports(path, lambda found: "changed" in tips(found) and found["settled"])
        finally:
            stop(process)
        assert [item.name for item in app.folder.glob("report*")] == ["report.json"]


def test_the_program_after_an_exec_is_probed(
    linux_plover_packages: Path, tray_display: str, tmp_path: Path, qt_case: Case
) -> None:
    code = f"if 'tray' not in sys.argv: os.execv(exe, [exe, *sys.argv, 'tray'])\n{TRAY}"
    settings = {"KeepEnvironment": ["PYTHONPATH"]}
    with app_bundle(tmp_path, qt_case, code, display=tray_display, settings=settings) as app:
        process = app.start(env=probed(app, linux_plover_packages))
        try:
            report = reports(app.folder / "report.json", lambda found: found["settled"])
        finally:
            stop(process)
        assert report["pid"] == process.pid
        assert report["executable"] == app.launcher
        assert [icon["visible"] for icon in report["icons"]].count(True) == 1


def test_a_program_without_qt_reports_that_python_runs(newest: Case, make_app: MakeApp) -> None:
    app = make_app(newest, "sys.stdin.read()")
    path = app.folder / "report.json"
    environment = {**app.environment, "PLOVER_TRAY_PROBE": str(path)}
    process = app.start(env=environment, stdin=subprocess.PIPE)
    report = reports(path, lambda found: found["stage"] == "python")
    assert ended(process) == 0
    assert (report["qt"], report["icons"], report["settled"]) == (None, [], False)
    assert report["is_bundle_executable"] is True


def test_nothing_is_loaded_for_it_unless_it_is_asked_for(newest: Case, make_app: MakeApp) -> None:
    app = make_app(
        newest, "tell(threads=len(sys._current_frames()), json='plistlib' in sys.modules)"
    )
    process = app.start()
    told = app.told()
    assert ended(process) == 0
    assert (told["threads"], told["json"]) == (1, False)


def test_a_report_that_cannot_be_written_disturbs_nothing(newest: Case, make_app: MakeApp) -> None:
    app = make_app(newest, "tell()")
    process = app.start(env={**app.environment, "PLOVER_TRAY_PROBE": "/proc/nowhere/report"})
    app.told()
    assert ended(process) == 0
