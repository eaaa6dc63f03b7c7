"""Icons' places as people described them, on a Mac's screens and in a tray's window."""

import pytest

from plover_tray.tray.app_report import Screen
from plover_tray.tray.places import place_in_menu_bar, place_in_tray

MACBOOK = Screen("Built-in", (0, 0, 1512, 982), (0, 38, 1512, 870), 2.0)
EXTERNAL = Screen("DELL", (1512, -200, 2560, 1440), (1512, -175, 2560, 1415), 1.0)


@pytest.mark.parametrize(
    ("icon", "inside"),
    [
        ((1200, 0, 30, 38), True),
        ((2000, -200, 26, 24), True),
        ((0, -17, 30, 17), False),
        ((-1, 981, 30, 1), False),
        ((0, 982, 30, 24), False),
        ((700, 500, 30, 24), False),
        ((1200, 0, 0, 0), False),
    ],
)
def test_only_the_band_of_a_menu_bar_counts(icon: tuple[int, int, int, int], inside: bool) -> None:
    assert (place_in_menu_bar(icon, [MACBOOK, EXTERNAL]).area is not None) is inside


def test_a_menu_bar_that_hides_itself_still_has_a_band() -> None:
    hidden = Screen("Built-in", (0, 0, 1512, 982), (0, 0, 1512, 982), 2.0)
    assert place_in_menu_bar((1200, 0, 30, 24), [hidden]).area is not None


def test_no_tray_is_no_place() -> None:
    assert place_in_tray((10, 10, 20, 20), None).area is None


def test_a_tray_holds_an_icon_whose_middle_lies_in_its_window() -> None:
    tray = (800, 0, 200, 24)
    assert place_in_tray((990, 2, 20, 20), tray).area is None
    assert place_in_tray((989, 2, 20, 20), tray).area == tray
