"""QT: the version table, read off real and patched QtCore libraries."""

from itertools import pairwise
from pathlib import Path

import pytest
from apps.broken import library_loading, sound
from apps.bundles import SITE_PACKAGES
from apps.compile import write_executable

from plover_tray.facts.qt import known_defects
from plover_tray.findings import Severity
from rules.checking import check, codes, only, set_version

QT = f"{SITE_PACKAGES}/PySide6/Qt"


def with_qt(
    tmp_path: Path,
    version: tuple[int, int, int],
    core: str = "lib/QtCore.framework/Versions/A/QtCore",
    *more: str,
) -> Path:
    """A sound bundle with a stand-in for QtCore that says it has this version."""
    bundle = sound(tmp_path)
    data = set_version(library_loading("/usr/lib/libz.1.dylib"), version, tmp_path / "scratch")
    for path in (core, *more):
        write_executable(bundle / "Contents" / QT / path, data)
    return bundle


@pytest.mark.parametrize("version", [(6, 11, 2), (6, 11, 0), (6, 8, 3), (6, 7, 0), (6, 5, 1)])
def test_a_qt_that_may_crash_on_click_is_warned_of(
    version: tuple[int, int, int], tmp_path: Path
) -> None:
    finding = only(check(with_qt(tmp_path, version)), "QT101")
    assert finding.severity is Severity.WARNING
    assert ".".join(map(str, version)).removesuffix(".0") in finding.message
    assert "QTBUG-147449" in str(finding.evidence)
    assert "6.11.3" in finding.mend


@pytest.mark.parametrize("version", [(6, 11, 3), (6, 12, 0), (7, 0, 0), (5, 15, 2)])
def test_a_qt_with_the_guard_or_of_another_code_passes(
    version: tuple[int, int, int], tmp_path: Path
) -> None:
    assert codes(check(with_qt(tmp_path, version))) == []


@pytest.mark.parametrize(
    "core",
    ["lib/libQt6Core.6.dylib", "lib/libQt6Core.dylib", "QtCore", "lib/libQt6Core.6.8.1.dylib"],
)
def test_qt_is_found_however_it_was_packed(core: str, tmp_path: Path) -> None:
    assert "QT101" in codes(check(with_qt(tmp_path, (6, 8, 1), core)))


def test_plovers_real_qt_passes(plover_app: Path) -> None:
    assert not [code for code in codes(check(plover_app)) if code.startswith("QT")]


def test_widgets_without_the_platform_plugin_are_an_error(tmp_path: Path) -> None:
    widgets = "lib/QtWidgets.framework/Versions/A/QtWidgets"
    bundle = with_qt(tmp_path, (6, 12, 0), "lib/QtCore.framework/Versions/A/QtCore", widgets)
    finding = only(check(bundle), "QT102")
    assert finding.severity is Severity.ERROR
    plugin = bundle / "Contents" / QT / "plugins/platforms/libqcocoa.dylib"
    write_executable(plugin, library_loading("/usr/lib/libz.1.dylib"))
    assert check(bundle) == []


def test_an_app_without_qt_is_not_asked_for_it(tmp_path: Path) -> None:
    assert check(sound(tmp_path)) == []


def test_the_table_has_no_gap_and_names_its_sources() -> None:
    rows = sorted(known_defects(), key=lambda row: row.first)
    assert rows
    for row, following in pairwise(rows):
        assert row.fixed == following.first
    for row in rows:
        assert row.first < row.fixed
        assert row.what
        assert row.source
