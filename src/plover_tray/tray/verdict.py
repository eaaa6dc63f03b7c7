"""The verdict on a running app: in go what was seen of it, out whether its icon is shown.

Three failures look alike to a user and are told apart: the process is not the bundle's; the icon
has no place, or a setting keeps it away; this Qt crashes when the icon is clicked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ..bundle.app_bundle import show_path
from ..bundle.python_names import is_python
from ..bundle.system_version import parse_system_version
from ..facts.qt import known_defects
from ..macho.file import show_version
from .app_report import AppReport, TrayIcon
from .places import Place
from .processes import ProcessImage


class Failure(StrEnum):
    """Why no icon is shown."""

    NOT_THE_BUNDLE = "not-the-bundle"
    """The process, or the one that runs Python, is not an image of the bundle's executable."""
    NO_REPORT = "no-report"
    """The app does not say what it does: it has no boot module, or hangs before Python runs."""
    NO_APPLICATION = "no-application"
    """No QApplication came up in time."""
    NO_ICON = "no-icon"
    """The app made no QSystemTrayIcon, or one without an icon or not shown."""
    NO_TRAY = "no-tray"
    """There is nothing that would take an icon."""
    PLACEMENT = "placement"
    """The icon is made and shown, and is not where people could see it."""


@dataclass(frozen=True, slots=True)
class SeenIcon:
    """An icon and its place."""

    icon: TrayIcon
    place: Place

    @property
    def shown(self) -> bool:
        """Whether people can see it."""
        return self.icon.visible and not self.icon.icon_null and self.place.area is not None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Shown or not, and why not."""

    failure: Failure | None
    reason: str
    mend: str
    final: bool
    """Whether looking longer cannot change it."""

    @property
    def shown(self) -> bool:
        """Whether an icon has a place that people see."""
        return self.failure is None


def judge(
    executable: str,
    images: Sequence[ProcessImage],
    report: AppReport | None,
    icons: Sequence[SeenIcon],
) -> Verdict:
    """The verdict at this moment. `executable` is the real path of the bundle's main one."""
    if images and images[0].executable != executable:
        return Verdict(
            Failure.NOT_THE_BUNDLE,
            f"The process is {show_path(images[0].executable)}, not the bundle's executable "
            f"{show_path(executable)}.",
            "plover-tray fix APP -o OUT makes the bundle's executable the process.",
            final=True,
        )
    if report is not None and images and report.pid != images[0].pid:
        return Verdict(
            Failure.NOT_THE_BUNDLE,
            f"Python runs in a child process ({show_path(report.executable or '?')}), not in the "
            "bundle's executable.",
            "plover-tray fix APP -o OUT runs it in the app's own process.",
            final=True,
        )
    if report is None:
        children = [image.executable for image in images[1:]]
        if any(is_python(path) for path in children):
            return Verdict(
                Failure.NOT_THE_BUNDLE,
                f"Python runs as a child process, {show_path(children[0])}.",
                "plover-tray fix APP -o OUT runs it in the app's own process.",
                final=False,
            )
        return Verdict(
            Failure.NO_REPORT,
            "The process is the bundle's executable, but the app does not report its icons.",
            "Only an app with plover-tray's boot module can: plover-tray fix APP -o OUT.",
            final=False,
        )
    return _judge_icons(report, icons)


def _judge_icons(report: AppReport, icons: Sequence[SeenIcon]) -> Verdict:
    if any(seen.shown for seen in icons):
        place = next(seen.place.words for seen in icons if seen.shown)
        return Verdict(None, f"An icon is shown, {place}.", "", final=report.settled)
    if report.qt_binding is None:
        reason = "No QApplication was started."
        return Verdict(Failure.NO_APPLICATION, reason, "Look at the app's log.", final=False)
    if not icons:
        reason = "The app has made no QSystemTrayIcon."
        return Verdict(Failure.NO_ICON, reason, "Make one and call show().", final=False)
    icon = icons[0].icon
    if icon.icon_null or not icon.visible:
        what = "has no icon in it (it is null)" if icon.icon_null else "was not shown"
        mend = "Give it a QIcon that exists and call show()."
        return Verdict(Failure.NO_ICON, f"The QSystemTrayIcon {what}.", mend, final=False)
    if not report.tray_available:
        return Verdict(
            Failure.NO_TRAY,
            "Qt says that no system tray is available, although the icon reports to be visible.",
            "Start the app where there is one (not QT_QPA_PLATFORM=offscreen).",
            final=False,
        )
    return Verdict(
        Failure.PLACEMENT,
        f"The icon is {icons[0].place.words}.",
        "On a Mac look at System Settings > Menu Bar, and whether there is room beside the notch.",
        final=False,
    )


def click_remark(qt_version: str | None) -> str | None:
    """A remark on a Qt that crashes when the icon is clicked on macOS 27."""
    version = parse_system_version(qt_version or "")
    for defect in known_defects():
        if version is not None and defect.first <= version < defect.fixed:
            return (
                f"Qt {show_version(version)} may crash on macOS 27 when the icon is clicked "
                f"({defect.source}); fixed in {show_version(defect.fixed)}."
            )
    return None
