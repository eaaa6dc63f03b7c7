"""The verdict: each way in which an icon is not shown, told from the others, and the one it is."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from plover_tray.tray.app_report import AppReport, Screen, TrayIcon
from plover_tray.tray.places import Place
from plover_tray.tray.processes import ProcessImage
from plover_tray.tray.verdict import Failure, SeenIcon, Verdict, click_remark, judge

MAIN = "/Applications/Plover.app/Contents/MacOS/Plover"
PYTHON = "/Applications/Plover.app/Contents/Frameworks/Python.framework/bin/python3.13"
IMAGES = (ProcessImage(100, MAIN),)
MENU_BAR = (0, 0, 1512, 38)
ICON = TrayIcon(True, (1200, 0, 30, 38), False, True, "Plover", ("Quit",))
IN_THE_BAR = SeenIcon(ICON, Place(MENU_BAR, "inside the menu bar of the screen Built-in"))
PARKED = SeenIcon(ICON, Place(None, "at 0,-17 (30x17), outside every screen's menu bar"))
REPORT = AppReport(
    settled=True,
    pid=100,
    executable=MAIN,
    bundle_identifier="org.openstenoproject.plover",
    identifier_from="bundle",
    sys_executable=PYTHON,
    python="3.13.1",
    qt_binding="PySide6",
    qt_version="6.9.0",
    qt_platform="cocoa",
    activation_policy="accessory",
    tray_available=True,
    screens=(Screen("Built-in", (0, 0, 1512, 982), (0, 38, 1512, 944), 2.0),),
    icons=(ICON,),
    error=None,
)


def verdict(
    *seen: SeenIcon,
    report: AppReport | None = REPORT,
    images: Sequence[ProcessImage] = IMAGES,
) -> Verdict:
    return judge(MAIN, images, report, seen)


def test_an_icon_in_the_menu_bar_is_shown_and_where() -> None:
    found = verdict(IN_THE_BAR)
    assert found.shown
    assert found.failure is None
    assert "inside the menu bar of the screen Built-in" in found.reason
    assert found.mend == ""
    assert found.final


def test_one_icon_that_is_shown_is_enough() -> None:
    assert verdict(PARKED, IN_THE_BAR).shown
    assert not verdict(PARKED, PARKED).shown


def test_an_app_that_is_still_busy_may_take_its_icon_away_again() -> None:
    found = verdict(IN_THE_BAR, report=replace(REPORT, settled=False))
    assert found.shown
    assert not found.final


def test_a_process_that_is_another_file_is_not_the_bundle_whatever_it_shows() -> None:
    found = verdict(IN_THE_BAR, images=[ProcessImage(100, PYTHON)])
    assert found.failure is Failure.NOT_THE_BUNDLE
    assert PYTHON in found.reason
    assert MAIN in found.reason
    assert "plover-tray fix" in found.mend
    assert found.final


def test_a_report_from_a_child_is_not_from_the_bundle() -> None:
    child = replace(REPORT, pid=101, executable=PYTHON)
    found = verdict(IN_THE_BAR, report=child, images=[*IMAGES, ProcessImage(101, PYTHON)])
    assert found.failure is Failure.NOT_THE_BUNDLE
    assert f"child process ({PYTHON})" in found.reason
    assert found.final


def test_a_python_below_the_bundle_that_says_nothing_is_found_by_its_name() -> None:
    found = verdict(report=None, images=[*IMAGES, ProcessImage(101, PYTHON)])
    assert found.failure is Failure.NOT_THE_BUNDLE
    assert PYTHON in found.reason
    assert not found.final


@pytest.mark.parametrize("others", [(), (ProcessImage(101, "/usr/bin/python-less/helper"),)])
def test_an_app_that_says_nothing_has_no_boot_module_or_is_not_there_yet(
    others: tuple[ProcessImage, ...],
) -> None:
    found = verdict(report=None, images=[*IMAGES, *others])
    assert found.failure is Failure.NO_REPORT
    assert "boot module" in found.mend
    assert not found.final


def test_no_process_at_all_is_not_said_to_be_another() -> None:
    assert verdict(report=None, images=()).failure is Failure.NO_REPORT
    assert verdict(IN_THE_BAR, images=()).shown


def test_a_report_without_qt_is_no_application() -> None:
    bare = replace(REPORT, qt_binding=None, qt_platform=None, icons=())
    assert verdict(report=bare).failure is Failure.NO_APPLICATION


def test_an_app_without_an_icon_made_none() -> None:
    found = verdict(report=replace(REPORT, icons=()))
    assert found.failure is Failure.NO_ICON
    assert "show()" in found.mend
    assert not found.final


@pytest.mark.parametrize(
    ("icon", "reason"),
    [
        (replace(ICON, icon_null=True), "null"),
        (replace(ICON, visible=False), "was not shown"),
    ],
)
def test_an_icon_that_is_null_or_hidden_is_none_even_where_it_would_lie(
    icon: TrayIcon, reason: str
) -> None:
    found = verdict(SeenIcon(icon, Place(MENU_BAR, "inside")))
    assert found.failure is Failure.NO_ICON
    assert reason in found.reason


@pytest.mark.parametrize("available", [False, None])
def test_visible_without_a_tray_is_not_shown(available: bool | None) -> None:
    found = verdict(PARKED, report=replace(REPORT, tray_available=available))
    assert found.failure is Failure.NO_TRAY
    assert not found.final


def test_an_icon_outside_every_menu_bar_has_a_placement_failure() -> None:
    found = verdict(PARKED)
    assert found.failure is Failure.PLACEMENT
    assert "0,-17" in found.reason
    assert "System Settings" in found.mend
    assert not found.final


def test_a_qt_that_crashes_on_click_is_named() -> None:
    assert "6.11.3" in (click_remark("6.11.2") or "")
    assert click_remark("6.12.0") is None
    assert click_remark(None) is None
