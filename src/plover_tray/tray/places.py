"""Whether an icon's place is one that people see: in go geometries, out a `Place`.

Useless as proof are Qt's isVisible(), a frame's size, or lying on some screen: parked items were
seen at y=-17, at (-1, height-1), and where they were born (known from jundot/omlx#1497,
robinebers/openusage#517, vorssaint/vorssaint-utils#1811). What counts is the tray's own window, or
the menu bar's band of a screen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .app_report import Geometry, Screen

MENU_BAR = 24
"""Height in points of a menu bar without a notch; taken where it hides itself."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an icon is."""

    area: Geometry | None
    """The tray or the menu bar's band that it lies in; None if in none."""
    words: str


def place_in_tray(icon: Geometry, tray: Geometry | None) -> Place:
    """The place of an icon with regard to the window of an X display's tray."""
    if tray is None:
        return Place(None, "there is no tray on the display")
    if _holds(tray, icon):
        return Place(tray, f"inside the tray's window at {_shown(tray)}")
    return Place(None, f"at {_shown(icon)}, outside the tray's window at {_shown(tray)}")


def place_in_menu_bar(icon: Geometry, screens: Sequence[Screen]) -> Place:
    """The place of an icon with regard to the menu bars of a Mac's screens."""
    for screen in screens:
        x, y, width, _ = screen.geometry
        band = (x, y, width, max(MENU_BAR, screen.available[1] - y))
        if _holds(band, icon):
            return Place(band, f"inside the menu bar of the screen {screen.name}")
    return Place(None, f"at {_shown(icon)}, outside every screen's menu bar")


def _holds(area: Geometry, icon: Geometry) -> bool:
    """Whether the icon has a size and its middle lies in `area`."""
    x, y, width, height = icon
    middle_x, middle_y = x + width / 2, y + height / 2
    across = area[0] <= middle_x < area[0] + area[2]
    return width > 0 and height > 0 and across and area[1] <= middle_y < area[1] + area[3]


def _shown(geometry: Geometry) -> str:
    x, y, width, height = geometry
    return f"{x},{y} ({width}x{height})"
