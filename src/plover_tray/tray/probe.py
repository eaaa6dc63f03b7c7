"""The probe: in goes a bundle, out comes whether its menu bar icon is really shown.

It starts the app, watches what its process becomes and what its boot module reports, and looks for
the icon's place until it is there or time is up. "Visible" alone is never enough.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..bundle.app_bundle import AppBundle
from ..errors import ToolError
from .app_report import AppReport, read_app_report
from .places import Place, place_in_menu_bar, place_in_tray
from .processes import ProcessImage, RunningApp, start_app
from .verdict import SeenIcon, Verdict, click_remark, judge

LOOK_EVERY = 0.1
"""Seconds between two looks."""
HEADLESS = "PLOVER_TRAY_HEADLESS"
REPORT = "PLOVER_TRAY_PROBE"


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What the probe saw."""

    verdict: Verdict
    executable: str
    """The bundle's main executable."""
    images: tuple[ProcessImage, ...]
    report: AppReport | None
    icons: tuple[SeenIcon, ...]
    remarks: tuple[str, ...]
    seconds: float
    """From the start of the app to the verdict."""

    @property
    def shown(self) -> bool:
        """Whether an icon has a place that people see."""
        return self.verdict.shown


def probe(
    bundle: AppBundle,
    arguments: Sequence[str] = (),
    *,
    timeout: float = 30.0,
    environment: Mapping[str, str] | None = None,
    screenshot: Path | None = None,
) -> ProbeResult:
    """Start the app and look for its icon for up to `timeout` seconds; then end the app.

    `screenshot` gets a PNG of the tray (Linux) or the menu bar (Mac). Raises BundleError or
    ToolError where the app could not be started, or ended before anything was seen.
    """
    with tempfile.TemporaryDirectory(prefix="plover-tray-probe-") as folder:
        report_path = Path(folder, "report.json")
        more = {**(environment or {}), REPORT: str(report_path), HEADLESS: "1"}
        executable = os.path.realpath(bundle.path / (bundle.executable or ""))
        started = time.monotonic()
        with start_app(bundle, arguments, more) as app:
            display = more.get("DISPLAY")
            look = _looking(app, executable, report_path, display)
            verdict, images, report, icons = look()
            while not verdict.final and time.monotonic() - started < timeout:
                time.sleep(LOOK_EVERY)
                verdict, images, report, icons = look()
            seconds = time.monotonic() - started
            if screenshot is not None:
                _save_screenshot(screenshot, display, icons)
    remarks = _remarks(bundle, report, verdict)
    return ProbeResult(verdict, executable, images, report, icons, remarks, seconds)


_Look = tuple[Verdict, tuple[ProcessImage, ...], AppReport | None, tuple[SeenIcon, ...]]


def _looking(
    app: RunningApp, executable: str, report_path: Path, display: str | None
) -> Callable[[], _Look]:
    def look() -> _Look:
        images = app.images()
        how = app.ended()
        if how is not None:
            raise ToolError(
                f"The app ended before its icon could be seen: {how}.",
                mend="Start it by hand and look at its log.",
            )
        report = read_app_report(report_path)
        icons = _places(report, display) if report else ()
        return judge(executable, images, report, icons), images, report, icons

    return look


def _places(report: AppReport, display: str | None) -> tuple[SeenIcon, ...]:
    if report.qt_platform == "cocoa":
        return tuple(
            SeenIcon(icon, place_in_menu_bar(icon.geometry, report.screens))
            for icon in report.icons
        )
    if report.qt_platform != "xcb" or not report.tray_available:
        nowhere = Place(None, "in no tray")
        return tuple(SeenIcon(icon, nowhere) for icon in report.icons)
    from .x11 import tray_area

    tray = tray_area(display)
    return tuple(SeenIcon(icon, place_in_tray(icon.geometry, tray)) for icon in report.icons)


def _save_screenshot(path: Path, display: str | None, icons: Sequence[SeenIcon]) -> None:
    if sys.platform == "darwin":
        from .screencapture import save_picture as capture

        capture(path, next((seen.place.area for seen in icons if seen.place.area), None))
        return
    from .x11 import save_picture

    save_picture(path, display)


def _remarks(bundle: AppBundle, report: AppReport | None, verdict: Verdict) -> tuple[str, ...]:
    remarks = []
    if report is not None and (remark := click_remark(report.qt_version)):
        remarks.append(remark)
    if sys.platform == "darwin" and not verdict.shown and bundle.identifier:
        from .menu_bar_settings import read_remarks

        remarks += read_remarks(bundle.identifier)
    return tuple(remarks)
