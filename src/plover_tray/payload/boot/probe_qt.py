"""The part of the probe that speaks with Qt: screens, tray icons and their menus.

In: a binding's modules. Out: the report of probe.py, filled in and kept up to date.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .boot import sibling


def watch(binding: str, core: "Any", widgets: "Any", path: str) -> None:
    """Has an object of our own look at the icons, in the application's thread."""
    probe = sibling("probe")
    gui = sys.modules[binding + ".QtGui"]
    slot = getattr(core, "Slot", None) or core.pyqtSlot
    application = widgets.QApplication.instance()
    seen: dict[str, Any] = {"report": None, "same": 0, "looks": 0}

    def look() -> None:
        report = probe.about_process()
        report["stage"] = "qt"
        try:
            report.update(about_qt(binding, core, gui, widgets))
        except Exception as error:
            report["error"] = repr(error)
        seen["looks"] += 1
        seen["same"] = seen["same"] + 1 if report == seen["report"] else 1
        seen["report"] = report
        if seen["same"] in (1, probe.SETTLED_LOOKS):
            settled = seen["same"] >= probe.SETTLED_LOOKS
            probe.write(path, {**report, "settled": settled, "looks": seen["looks"]})

    class Watcher(core.QObject):  # type: ignore[misc]
        """Lives in the application's thread, has no parent and receives nothing but its timer."""

        @slot()  # type: ignore[untyped-decorator]
        def begin(self) -> None:
            """Starts the timer; called in the application's thread."""
            self.startTimer(int(probe.LOOK_EVERY * 1000))
            look()

        def timerEvent(self, event: "Any") -> None:  # noqa: N802, ARG002 - Qt's name
            """One look."""
            look()

    watcher = Watcher()
    watcher.moveToThread(application.thread())
    core.QMetaObject.invokeMethod(watcher, "begin", core.Qt.ConnectionType.QueuedConnection)
    kept.append(watcher)


kept: "list[Any]" = []
"""Watchers, which would go with their last reference."""


def about_qt(binding: str, core: "Any", gui: "Any", widgets: "Any") -> "dict[str, Any]":
    """What Qt says now."""
    tray = widgets.QSystemTrayIcon
    application = widgets.QApplication.instance()
    package: Any = sys.modules[binding]
    version = getattr(package, "__version__", None) or getattr(core, "PYQT_VERSION_STR", None)
    policy = sibling("objc").activation_policy() if sys.platform == "darwin" else None
    policies = sibling("probe").POLICIES
    return {
        "qt": {
            "binding": binding,
            "binding_version": version,
            "version": core.qVersion(),
            "platform_name": gui.QGuiApplication.platformName(),
            "application": application.applicationName(),
        },
        "activation_policy": policies[policy] if policy in (0, 1, 2) else None,
        "tray_available": tray.isSystemTrayAvailable(),
        "supports_messages": tray.supportsMessages(),
        "screens": [about_screen(screen, gui) for screen in gui.QGuiApplication.screens()],
        "icons": [about_icon(icon) for icon in icons(tray, application)],
    }


def icons(tray: "Any", application: "Any") -> "list[Any]":
    """Every tray icon that is still alive, in the order of their making as far as it is known."""
    import gc

    found: dict[int, Any] = {}
    for item in [*gc.get_objects(), *application.findChildren(tray)]:
        if tray in type(item).__mro__ and id(item) not in found:
            try:
                item.isVisible()
            except RuntimeError:  # its C++ object is gone
                continue
            found[id(item)] = item
    return list(found.values())


def about_icon(icon: "Any") -> "dict[str, Any]":
    """One tray icon."""
    picture = icon.icon()
    return {
        "visible": icon.isVisible(),
        "geometry": rectangle(icon.geometry()),
        "icon": {
            "null": picture.isNull(),
            "template": picture.isMask(),
            "sizes": [[size.width(), size.height()] for size in picture.availableSizes()],
        },
        "tooltip": icon.toolTip(),
        "menu": about_menu(icon.contextMenu()),
    }


def about_menu(menu: "Any", depth: int = 0) -> "list[dict[str, Any]] | None":
    """A menu's entries, with those of the menus below it."""
    if menu is None or depth > sibling("probe").DEEPEST_MENU:
        return None
    return [
        {
            "text": action.text(),
            "enabled": action.isEnabled(),
            "visible": action.isVisible(),
            "separator": action.isSeparator(),
            "checked": action.isChecked() if action.isCheckable() else None,
            "menu": about_menu(action.menu(), depth + 1),
        }
        for action in menu.actions()
    ]


def about_screen(screen: "Any", gui: "Any") -> "dict[str, Any]":
    """One screen; what is not `available` at its top is the menu bar's band on a Mac."""
    return {
        "name": screen.name(),
        "geometry": rectangle(screen.geometry()),
        "available": rectangle(screen.availableGeometry()),
        "scale": screen.devicePixelRatio(),
        "primary": screen is gui.QGuiApplication.primaryScreen()
        or screen == gui.QGuiApplication.primaryScreen(),
    }


def rectangle(area: "Any") -> "list[int]":
    """[x, y, width, height]."""
    return [area.x(), area.y(), area.width(), area.height()]
