"""The pytest plugin, in suites of its own as its users write them."""

import sys

import pytest

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="starts an X display")

APP = """
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QMenu, QSystemTrayIcon


class Tray(QSystemTrayIcon):
    def __init__(self, icon=True):
        super().__init__()
        if icon:
            picture = QPixmap(32, 32)
            picture.fill(QColor("red"))
            self.setIcon(QIcon(picture))
        self.setToolTip("Plover: enabled")
        self.menu = QMenu()
        self.chosen = []
        self.menu.addAction("&Quit", lambda: self.chosen.append("quit"))
        tools = self.menu.addMenu("Tools")
        tools.addAction("Lookup", lambda: self.chosen.append("lookup"))
        tools.addAction("Off").setEnabled(False)
        self.setContextMenu(self.menu)
        self.activated.connect(lambda reason: self.chosen.append(reason.name))
"""


def run(pytester: pytest.Pytester, tests: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(app=APP, test_it=f"import pytest\nfrom app import Tray\n{tests}")
    return pytester.runpytest_subprocess(
        "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist", *options
    )


def test_an_icon_that_is_shown_passes_and_can_be_asked_everything(
    pytester: pytest.Pytester,
) -> None:
    result = run(
        pytester,
        """
        def test_tray(tray_icons):
            tray = Tray()
            tray.show()
            caught = tray_icons.wait_shown()
            assert caught.icon is tray
            assert caught.tooltip == "Plover: enabled"
            assert caught.menu_texts() == ["Quit", "Tools", "Tools > Lookup", "Tools > Off"]
            caught.trigger("Quit")
            caught.trigger("Tools > Lookup")
            caught.activate("DoubleClick")
            assert tray.chosen == ["quit", "lookup", "DoubleClick"]
            tray.showMessage("Title", "Text", tray.icon(), 10)
            assert (caught.messages[0].title, caught.messages[0].text) == ("Title", "Text")
            tray.hide()
            tray.setVisible(True)
            assert caught.states == [True, False, True]
            assert tray_icons.wait_shown() is caught
            caught.assert_shown()
            assert tray_icons.only is caught
        """.replace("\n        ", "\n"),
    )
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("tray = Tray(); tray_icons.wait_shown(300)", "show() was not called"),
        ("tray = Tray(icon=False); tray.show(); tray_icons.wait_shown(300)", "QIcon is null"),
        ("tray_icons.wait_shown(300)", "No tray icon was made"),
        ("tray = Tray(); tray_icons.only.trigger('Nothing')", "has no 'Nothing'"),
        ("tray = Tray(); tray_icons.only.trigger('Tools > Off')", "disabled"),
        ("a = Tray(); b = Tray(); tray_icons.only", "there are 2"),
    ],
)
def test_what_is_not_shown_fails_and_says_why(
    body: str, reason: str, pytester: pytest.Pytester
) -> None:
    result = run(pytester, f"def test_tray(tray_icons):\n    {body}\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*{reason}*"])


def test_the_marker_skips_with_the_reason_where_there_is_no_tray(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    result = run(
        pytester,
        "@pytest.mark.tray\ndef test_tray(qtbot):\n    raise AssertionError\n",
        "--tray-display=none",
        "-rs",
    )
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*no system tray is available*"])


def test_a_missing_xvfb_skips_with_what_to_install(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("DISPLAY", raising=False)
    result = run(pytester, "@pytest.mark.tray\ndef test_tray():\n    raise AssertionError\n", "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*Xvfb is not on PATH*apt-get install xvfb*"])


def test_a_suite_without_tray_tests_starts_no_display(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    result = run(pytester, "import os\ndef test_plain():\n    assert 'DISPLAY' not in os.environ\n")
    result.assert_outcomes(passed=1)


def test_each_test_sees_only_its_own_icons(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        kept = []

        @pytest.mark.parametrize("number", [1, 2])
        def test_tray(tray_icons, number):
            kept.append(Tray())
            kept[-1].show()
            tray_icons.wait_shown()
            assert len(tray_icons.all) == 1
        """.replace("\n        ", "\n"),
    )
    result.assert_outcomes(passed=2)
