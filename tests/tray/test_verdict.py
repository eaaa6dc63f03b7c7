"""Places, settings and reports as they are on a Mac, from the real cases people described."""

import json
import plistlib
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plover_tray.tray.app_report import Screen, read_app_report
from plover_tray.tray.menu_bar_settings import app_remarks, control_center_remarks
from plover_tray.tray.places import place_in_menu_bar, place_in_tray
from plover_tray.tray.verdict import click_remark

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


def test_an_item_that_was_dragged_out_is_named_with_its_key() -> None:
    remarks = list(app_remarks("org.x", {"NSStatusItem VisibleCC Item-0": 0, "Other": 0}))
    assert len(remarks) == 1
    assert "defaults delete org.x 'NSStatusItem VisibleCC Item-0'" in remarks[0]
    assert list(app_remarks("org.x", {"NSStatusItem Visible Item-0": 1})) == []


def test_an_app_switched_off_in_system_settings_is_found_also_in_nested_data() -> None:
    entry = {"isAllowed": False, "location": {"bundle": {"_0": "org.x"}}}
    plain = {"trackedApplications": [entry]}
    stored = {"trackedApplications": plistlib.dumps({"apps": [entry]})}
    for settings in (plain, stored):
        assert len(list(control_center_remarks("org.x", settings))) == 1
        assert list(control_center_remarks("org.y", settings)) == []


def test_a_qt_that_crashes_on_click_is_named() -> None:
    assert "6.11.3" in (click_remark("6.11.2") or "")
    assert click_remark("6.12.0") is None
    assert click_remark(None) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_a_report_that_is_none_is_no_report(value: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "report.json")
        file.write_text(json.dumps(value))
        assert read_app_report(file) is None
