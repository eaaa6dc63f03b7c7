"""QT: what is known of Qt's menu bar icon on macOS, version by version."""

import posixpath
import re
from collections.abc import Iterator

from ..facts.facts import Facts
from ..facts.qt import known_defects, qt_libraries
from ..findings import Finding, Severity
from ..macho.file import show_version
from .rule import Rule, shown

_QT_WIDGETS = re.compile(r"(QtWidgets|libQt[56]?Widgets(\.\d+)*\.dylib)")


class CrashOnClick(Rule):
    """QTBUG-147449."""

    code = "QT101"
    title = "This Qt may crash when its menu bar icon is clicked on macOS 27"
    severity = Severity.WARNING
    meaning = (
        "Qt's tray reads the number of clicks of an event that is no mouse event. macOS 27 sends "
        "such an event on a click, and raises an exception."
    )
    why = "The icon shows, and the first click on it ends the app."
    mend = "Use PySide6 (or PyQt6) with Qt 6.11.3 or later."
    source = (
        "QTBUG-147449, deskflow#10040, amnezia-client#2759 and #2941; libqcocoa of PySide6 6.11.2, "
        "6.11.3 and 6.12.0 disassembled here"
    )

    def find(self, facts: Facts) -> Iterator[Finding]:
        """One finding per QtCore that the table knows as affected."""
        for path, version in qt_libraries(facts):
            for defect in known_defects():
                if defect.first <= version < defect.fixed:
                    yield self.finding(
                        path,
                        f"Qt {show_version(version)} may crash on macOS 27 when its menu bar icon "
                        "is clicked.",
                        [
                            f"QtCore {show_version(version)}",
                            f"{shown(defect.what)} ({shown(defect.source)})",
                        ],
                    )


class NoPlatformPlugin(Rule):
    """libqcocoa.dylib."""

    code = "QT102"
    title = "Qt's plugin for macOS is not in the bundle"
    severity = Severity.ERROR
    meaning = (
        "The bundle has QtWidgets, but no libqcocoa.dylib, by which Qt opens windows on a Mac."
    )
    why = 'A Qt app ends at start without it: Qt could not find the platform plugin "cocoa".'
    mend = "Put plugins/platforms/libqcocoa.dylib of the same Qt back."
    source = "Qt: Qt Platform Abstraction, QT_QPA_PLATFORM_PLUGIN_PATH"

    def find(self, facts: Facts) -> Iterator[Finding]:
        """At most one finding."""
        names = {posixpath.basename(path): path for path in facts.loading.files}
        widgets = next((p for n, p in sorted(names.items()) if _QT_WIDGETS.fullmatch(n)), None)
        if widgets is not None and "libqcocoa.dylib" not in names:
            yield self.finding(
                widgets,
                "Qt's plugin for macOS, libqcocoa.dylib, is not in the bundle.",
                shown(widgets),
            )


RULES: tuple[Rule, ...] = (CrashOnClick(), NoPlatformPlugin())
