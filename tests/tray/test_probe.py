"""The probe against real apps: a real Qt, a real tray, the launcher and what it replaces."""

import json
import os
import sys
from pathlib import Path

import pytest
from apps.bundles import make_bundle
from apps.tray_apps import COLOUR
from PIL import Image

import plover_tray
from plover_tray.errors import PloverTrayError
from plover_tray.report import probe_json
from plover_tray.tray.verdict import Failure
from plover_tray.tray.virtual_display import tray_in, virtual_display

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="runs apps on an X display")


def on(display: object) -> dict[str, str]:
    return {"DISPLAY": str(display), "XDG_SESSION_TYPE": "x11", "QT_QPA_PLATFORM": "xcb"}


def test_the_icon_of_a_fixed_app_is_inside_the_tray(
    tray_app: Path, display_with_tray: str, tmp_path: Path
) -> None:
    picture = tmp_path / "tray.png"
    result = plover_tray.probe(tray_app, environment=on(display_with_tray), screenshot=picture)
    assert result.shown, result.verdict
    assert result.images[0].executable == str(tray_app / "Contents/MacOS/Hello Tray")
    assert result.report is not None
    assert result.report.bundle_identifier == "org.example.hello-tray"
    icon = result.icons[0].icon
    assert icon.tooltip == "Hello"
    assert icon.menu == ("Show", "More", "  Deep inside", "Quit")
    with Image.open(picture) as image:
        colours = {colour for _, colour in image.getcolors(1 << 24) or []}
    assert COLOUR in colours


def test_the_same_app_under_the_old_stub_is_not_the_bundle(
    old_app: Path, display_with_tray: str
) -> None:
    environment = {**on(display_with_tray), "PYTHONPATH": (old_app / "PYTHONPATH").read_text()}
    result = plover_tray.probe(old_app, environment=environment)
    assert not result.shown
    assert result.verdict.failure is Failure.NOT_THE_BUNDLE
    assert "python" in result.images[0].executable
    assert "fix" in result.verdict.mend


def test_an_app_whose_python_is_a_child_is_not_the_bundle(
    parent_app: Path, display_with_tray: str
) -> None:
    environment = {**on(display_with_tray), "PYTHONPATH": (parent_app / "PYTHONPATH").read_text()}
    result = plover_tray.probe(parent_app, environment=environment, timeout=3)
    assert result.verdict.failure is Failure.NOT_THE_BUNDLE
    assert "child" in result.verdict.reason


def test_without_a_tray_visible_is_not_shown(tray_app: Path, display_without_tray: str) -> None:
    result = plover_tray.probe(tray_app, environment=on(display_without_tray), timeout=4)
    assert result.icons[0].icon.visible
    assert result.verdict.failure is Failure.NO_TRAY


def test_offscreen_is_not_shown(tray_app: Path) -> None:
    environment = {"QT_QPA_PLATFORM": "offscreen", "DISPLAY": os.environ.get("DISPLAY", "")}
    with virtual_display() as display:
        environment["DISPLAY"] = display
        result = plover_tray.probe(tray_app, environment=environment, timeout=4)
    assert result.verdict.failure is Failure.NO_TRAY


@pytest.mark.parametrize("option", ["--null", "--hidden"])
def test_an_icon_that_is_null_or_hidden_is_none(
    option: str, tray_app: Path, display_with_tray: str
) -> None:
    result = plover_tray.probe(tray_app, [option], environment=on(display_with_tray), timeout=4)
    assert result.verdict.failure is Failure.NO_ICON


def test_an_app_that_ends_at_once_could_not_be_started(
    tray_app: Path, display_with_tray: str
) -> None:
    with pytest.raises(PloverTrayError, match="it went wrong"):
        plover_tray.probe(tray_app, ["--crash"], environment=on(display_with_tray))


def test_a_macs_app_on_linux_is_sent_to_a_mac(tmp_path: Path) -> None:
    with pytest.raises(PloverTrayError, match="on a Mac"):
        plover_tray.probe(make_bundle(tmp_path))


def test_the_result_is_json_that_a_script_can_read(tray_app: Path, display_with_tray: str) -> None:
    result = plover_tray.probe(tray_app, environment=on(display_with_tray))
    document = json.loads(json.dumps(probe_json.document(result)))
    assert document["schema"] == 1
    assert document["shown"] is True
    assert document["process"]["is_bundle_executable"] is True
    assert document["icons"][0]["shown"] is True


def test_nothing_of_the_app_is_left_behind(tray_app: Path, display_with_tray: str) -> None:
    result = plover_tray.probe(tray_app, environment=on(display_with_tray))
    for image in result.images:
        assert not Path(f"/proc/{image.pid}").exists()


def test_a_tray_that_ends_takes_the_place_away(tray_app: Path) -> None:
    with virtual_display() as display:
        with tray_in(display):
            assert plover_tray.probe(tray_app, environment=on(display)).shown
        assert not plover_tray.probe(tray_app, environment=on(display), timeout=3).shown
