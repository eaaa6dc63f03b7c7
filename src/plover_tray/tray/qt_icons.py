"""Tray icons of the code under test: in goes a QApplication, out `CaughtIcon`s to assert on.

Icons are found among the objects that Python knows, so code under test may import and subclass
QSystemTrayIcon as it likes. Works with the bindings that pytest-qt works with.
"""

import gc
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from pytestqt.qt_compat import qt_api
from pytestqt.qtbot import QtBot

from .app_report import Geometry, Screen, TrayIcon
from .places import Place, place_in_menu_bar, place_in_tray
from .verdict import SeenIcon

WAIT = 5000
"""Milliseconds that an icon has to be shown."""


@dataclass(frozen=True, slots=True)
class Message:
    """One call of showMessage()."""

    title: str
    text: str
    arguments: tuple[Any, ...] = ()
    """What followed: an icon, and the time in milliseconds."""


@dataclass
class CaughtIcon:
    """A QSystemTrayIcon of the code under test."""

    icon: Any
    """The QSystemTrayIcon itself."""
    messages: list[Message] = field(default_factory=list)
    """All messages that it was asked to show, oldest first."""
    states: list[bool] = field(default_factory=list)
    """What each show(), hide() and setVisible() left it as, oldest first."""

    @property
    def tooltip(self) -> str:
        """The text shown when the pointer rests on it."""
        return str(self.icon.toolTip())

    @property
    def place(self) -> Place:
        """Where it is: in the tray, in the menu bar's band, or nowhere people see."""
        return _place(self.icon)

    @property
    def shown(self) -> bool:
        """Whether people can see it; that Qt calls it visible is not enough."""
        return _seen(self.icon).shown

    def assert_shown(self) -> None:
        """Fail the test, and say why, unless people can see the icon."""
        __tracebackhide__ = True
        if reason := _why_not(self.icon):
            pytest.fail(reason)

    def menu_texts(self) -> list[str]:
        """The texts of the menu's entries, `Menu > Entry` for those of submenus."""
        return [text for text, _ in self._entries()]

    def action(self, text: str) -> Any:
        """The menu's QAction with this text (`More > Quit` in a submenu); `&` does not count."""
        __tracebackhide__ = True
        for name, action in self._entries():
            if name == text:
                return action
        return pytest.fail(f"The icon's menu has no {text!r}; it has {self.menu_texts()}.")

    def trigger(self, text: str) -> None:
        """Choose the menu's entry with this text. Fails for one that is disabled or hidden."""
        __tracebackhide__ = True
        action = self.action(text)
        if not action.isEnabled() or not action.isVisible():
            pytest.fail(f"The menu's entry {text!r} is disabled or hidden; nobody can choose it.")
        action.trigger()

    def activate(self, reason: str = "Trigger") -> None:
        """Send what a click sends: `Trigger`, `DoubleClick`, `MiddleClick` or `Context`."""
        kinds = qt_api.QtWidgets.QSystemTrayIcon.ActivationReason
        self.icon.activated.emit(getattr(kinds, reason))

    def _entries(self) -> Iterator[tuple[str, Any]]:
        menu = self.icon.contextMenu()
        if menu is not None:
            menu.aboutToShow.emit()
            yield from _menu_entries(menu, "")


class TrayIcons:
    """The icons that were made since the test began."""

    def __init__(self, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
        """For the fixture `tray_icons`."""
        self._qtbot = qtbot
        self._before = {id(icon): icon for icon in _live_icons()}
        self._caught: dict[int, CaughtIcon] = {}
        kind = qt_api.QtWidgets.QSystemTrayIcon
        self._record(monkeypatch, kind, "showMessage", self._message)
        for name in ("show", "hide", "setVisible"):
            self._record(monkeypatch, kind, name, self._state)

    @property
    def all(self) -> list[CaughtIcon]:
        """All of them that still exist."""
        return [self._of(icon) for icon in _live_icons() if id(icon) not in self._before]

    @property
    def only(self) -> CaughtIcon:
        """The one icon; fails the test if there is none or more than one."""
        __tracebackhide__ = True
        caught = self.all
        if len(caught) != 1:
            pytest.fail(f"One tray icon was expected; there are {len(caught)}.")
        return caught[0]

    def wait_shown(self, timeout: int = WAIT) -> CaughtIcon:
        """Wait until people can see an icon, for up to `timeout` milliseconds, and give it."""
        __tracebackhide__ = True
        try:
            self._qtbot.waitUntil(lambda: any(c.shown for c in self.all), timeout=timeout)
        except qt_api_timeout():
            caught = self.all
            reason = (_why_not(caught[0].icon) if caught else None) or "No tray icon was made."
            pytest.fail(f"{reason} (Waited {timeout / 1000:g} seconds.)")
        return next(caught for caught in self.all if caught.shown)

    def _of(self, icon: Any) -> CaughtIcon:
        return self._caught.setdefault(id(icon), CaughtIcon(icon))

    def _message(self, icon: Any, arguments: tuple[Any, ...]) -> None:
        title, text, *more = (*arguments, "", "")[: max(2, len(arguments))]
        self._of(icon).messages.append(Message(str(title), str(text), tuple(more)))

    def _state(self, icon: Any, _: tuple[Any, ...]) -> None:
        self._of(icon).states.append(bool(icon.isVisible()))

    @staticmethod
    def _record(
        monkeypatch: pytest.MonkeyPatch,
        kind: Any,
        name: str,
        record: Callable[[Any, tuple[Any, ...]], None],
    ) -> None:
        original = getattr(kind, name)

        def call(icon: Any, *arguments: Any, **named: Any) -> Any:
            result = original(icon, *arguments, **named)
            record(icon, arguments)
            return result

        monkeypatch.setattr(kind, name, call)


def qt_api_timeout() -> type[Exception]:
    """What pytest-qt raises when it waited in vain."""
    from pytestqt.exceptions import TimeoutError as WaitedInVain

    return WaitedInVain


def tray_available() -> bool:
    """Whether Qt knows of a tray here; needs a QApplication."""
    return bool(qt_api.QtWidgets.QSystemTrayIcon.isSystemTrayAvailable())


def _live_icons() -> list[Any]:
    kind = qt_api.QtWidgets.QSystemTrayIcon
    return [thing for thing in gc.get_objects() if isinstance(thing, kind) and _is_valid(thing)]


def _is_valid(thing: Any) -> bool:
    """Whether the C++ object behind it still exists."""
    try:
        thing.isVisible()
    except RuntimeError:
        return False
    return True


def _menu_entries(menu: Any, before: str) -> Iterator[tuple[str, Any]]:
    for action in menu.actions():
        text = before + action.text().replace("&", "")
        if action.isSeparator():
            continue
        yield text, action
        if action.menu() is not None:
            yield from _menu_entries(action.menu(), f"{text} > ")


def _seen(icon: Any) -> SeenIcon:
    facts = TrayIcon(
        visible=bool(icon.isVisible()),
        geometry=_rectangle(icon.geometry()),
        icon_null=bool(icon.icon().isNull()),
        icon_template=bool(icon.icon().isMask()),
        tooltip=str(icon.toolTip()),
        menu=(),
    )
    return SeenIcon(facts, _place(icon))


def _why_not(icon: Any) -> str | None:
    seen = _seen(icon)
    if seen.shown:
        return None
    if not seen.icon.visible:
        return "The tray icon was made, but show() was not called."
    if seen.icon.icon_null:
        return "The tray icon calls itself visible, but has no icon in it: its QIcon is null."
    if not tray_available():
        return "The tray icon calls itself visible, but no system tray is available."
    return f"The tray icon calls itself visible, but is {seen.place.words}."


def _place(icon: Any) -> Place:
    geometry = _rectangle(icon.geometry())
    if sys.platform == "darwin":
        return place_in_menu_bar(geometry, _screens())
    if qt_api.QtGui.QGuiApplication.platformName() != "xcb":
        return Place(None, "in no tray")
    from .x11 import tray_area

    return place_in_tray(geometry, tray_area())


def _screens() -> list[Screen]:
    return [
        Screen(
            screen.name(),
            _rectangle(screen.geometry()),
            _rectangle(screen.availableGeometry()),
            screen.devicePixelRatio(),
        )
        for screen in qt_api.QtGui.QGuiApplication.screens()
    ]


def _rectangle(rectangle: Any) -> Geometry:
    return rectangle.x(), rectangle.y(), rectangle.width(), rectangle.height()
