"""The pytest plugin `plover_tray`: is the tray icon of the code under test really shown?

Comes with the package and does nothing until a test asks for the fixture `tray_icons` or has the
marker `tray`. On Linux such a session gets an Xvfb display with a tray in it, unless it has a
display with a tray already; on a Mac the real menu bar is used. Needs pytest-qt.
"""

import contextlib
import os
import sys
from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING

import pytest

from ..errors import PloverTrayError

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from .qt_icons import TrayIcons

MARKER = "tray: needs a system tray; skipped, with the reason, where there is none"
_display = pytest.StashKey[contextlib.ExitStack]()
_reason = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--tray-display` and the ini setting `tray_display`."""
    about = "a display for tray tests on Linux: auto (the default), own (always Xvfb), none"
    parser.getgroup("plover-tray").addoption(
        "--tray-display", choices=["auto", "own", "none"], help=about
    )
    parser.addini("tray_display", about, default="auto")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", MARKER)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start a display before any test makes a QApplication, if some test needs a tray."""
    config = session.config
    if sys.platform != "linux" or config.option.collectonly or not any(map(_needs, session.items)):
        return
    wanted = config.getoption("--tray-display") or config.getini("tray_display")
    if wanted == "none" or (wanted == "auto" and _has_tray()):
        return
    from .virtual_display import tray_in, virtual_display

    stack = contextlib.ExitStack()
    try:
        display = stack.enter_context(virtual_display())
        stack.enter_context(tray_in(display))
    except PloverTrayError as error:
        stack.close()
        config.stash[_reason] = str(error)
        return
    values = {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "XDG_SESSION_TYPE": "x11"}
    stack.enter_context(_variables(os.environ, values))
    config.stash[_display] = stack


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the display."""
    if _display in config.stash:
        config.stash[_display].close()
        del config.stash[_display]


@pytest.fixture(autouse=True)
def _tray_or_skip(request: pytest.FixtureRequest) -> None:
    """Skip what is marked `tray` where Qt knows of no tray."""
    if request.node.get_closest_marker("tray") is None:
        return
    if _reason in request.config.stash:
        pytest.skip(request.config.stash[_reason])
    from .qt_icons import tray_available

    request.getfixturevalue("qapp")
    if not tray_available():
        pytest.skip("Qt says that no system tray is available here.")


@pytest.fixture
def tray_icons(qtbot: "QtBot", monkeypatch: pytest.MonkeyPatch) -> "Iterator[TrayIcons]":
    """The tray icons that the code under test makes: `tray_icons.wait_shown()`."""
    from .qt_icons import TrayIcons

    icons = TrayIcons(qtbot, monkeypatch)
    yield icons
    for caught in icons.all:
        caught.icon.hide()


def _needs(item: pytest.Item) -> bool:
    return "tray_icons" in getattr(item, "fixturenames", ()) or (
        item.get_closest_marker("tray") is not None
    )


def _has_tray() -> bool:
    if not os.environ.get("DISPLAY") or os.environ.get("QT_QPA_PLATFORM", "xcb") != "xcb":
        return False
    from .x11 import tray_area

    try:
        return tray_area() is not None
    except PloverTrayError:
        return False


@contextlib.contextmanager
def _variables(environment: MutableMapping[str, str], values: dict[str, str]) -> Iterator[None]:
    before = {name: environment.get(name) for name in values}
    environment.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                environment.pop(name, None)
            else:
                environment[name] = value
