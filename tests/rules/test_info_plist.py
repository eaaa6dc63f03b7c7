"""PL: each key that is wrong is found, and the same bundle with it right passes."""

import unicodedata
from pathlib import Path
from typing import Any

import pytest
from apps.broken import BROKEN, sound

from plover_tray.findings import Severity
from rules.checking import change_info, check, codes, only, rehearsed


@pytest.fixture(scope="module")
def sound_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sound(tmp_path_factory.mktemp("sound"))


def with_info(tmp_path: Path, **keys: Any) -> Path:
    bundle = sound(tmp_path)
    change_info(bundle, **keys)
    return bundle


def test_a_sound_bundle_has_no_findings(sound_bundle: Path) -> None:
    assert rehearsed(sound_bundle) == []


@pytest.mark.parametrize(
    ("broken", "code", "severity"),
    [
        ("no-executable-key", "PL101", Severity.ERROR),
        ("executable-with-a-folder", "PL102", Severity.WARNING),
        ("no-identifier", "PL104", Severity.ERROR),
        ("empty-identifier", "PL104", Severity.ERROR),
        ("identifier-is-a-number", "PL104", Severity.ERROR),
        ("identifier-with-spaces", "PL105", Severity.WARNING),
        ("identifier-with-underscore", "PL105", Severity.WARNING),
        ("identifier-with-empty-part", "PL105", Severity.WARNING),
        ("minimum-system-too-low", "PL108", Severity.WARNING),
        ("minimum-system-is-a-number", "PL109", Severity.WARNING),
    ],
)
def test_one_wrong_key_gives_one_finding(
    broken: str, code: str, severity: Severity, tmp_path: Path
) -> None:
    (finding,) = check(BROKEN[broken](tmp_path))
    assert (finding.code, finding.severity, finding.path) == (
        code,
        severity,
        "Contents/Info.plist",
    )
    assert finding.message
    assert finding.mend


@pytest.mark.parametrize("broken", ["version-is-a-number", "no-version"])
def test_each_version_is_named(broken: str, tmp_path: Path) -> None:
    found = check(BROKEN[broken](tmp_path))
    assert codes(found) == ["PL106", "PL106"]
    assert "CFBundleShortVersionString" in found[0].message
    assert "CFBundleVersion" in found[1].message


@pytest.mark.parametrize("name", ["hello tray", "HELLO TRAY"])
def test_a_name_in_another_case_is_found_with_the_right_one(name: str, tmp_path: Path) -> None:
    bundle = sound(tmp_path, executable_value=name)
    finding = only(check(bundle), "PL103")
    assert finding.severity is Severity.ERROR
    assert "Hello Tray" in finding.mend
    assert "ID104" not in codes(check(bundle))


def test_accents_in_another_form_are_no_other_name_where_the_disk_takes_them_for_one(
    tmp_path: Path,
) -> None:
    name = "Thé"
    bundle = sound(
        tmp_path,
        executable=unicodedata.normalize("NFD", name),
        executable_value=unicodedata.normalize("NFC", name),
    )
    assert set(codes(check(bundle))) <= {"PL103"}


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"CFBundleExecutable": ["a"]}, "PL101"),
        ({"CFBundleExecutable": ""}, "PL101"),
        ({"CFBundlePackageType": None}, "PL107"),
        ({"CFBundlePackageType": "BNDL"}, "PL107"),
        ({"LSBackgroundOnly": True}, "PL110"),
        ({"LSBackgroundOnly": "1"}, "PL110"),
        ({"LSBackgroundOnly": 1}, "PL110"),
        ({"LSUIElement": "maybe"}, "PL111"),
        ({"LSUIElement": 2}, "PL111"),
        ({"LSMinimumSystemVersion": "eleven"}, "PL109"),
        ({"LSMinimumSystemVersion": ""}, "PL109"),
        ({"CFBundleVersion": " "}, "PL106"),
    ],
)
def test_a_wrong_value_is_found(keys: dict[str, Any], code: str, tmp_path: Path) -> None:
    assert code in codes(check(with_info(tmp_path, **keys)))


@pytest.mark.parametrize(
    "keys",
    [
        {"LSBackgroundOnly": False},
        {"LSBackgroundOnly": "0"},
        {"LSUIElement": True},
        {"LSUIElement": "1"},
        {"LSMinimumSystemVersion": "13"},
        {"CFBundleIdentifier": "org.example.Hello-2.tray"},
        {"CFBundleVersion": "2026.11"},
    ],
)
def test_a_right_value_passes(keys: dict[str, Any], tmp_path: Path) -> None:
    assert check(with_info(tmp_path, **keys)) == []


def test_the_file_with_the_highest_minimum_is_named(tmp_path: Path) -> None:
    finding = only(check(BROKEN["minimum-system-too-low"](tmp_path)), "PL108")
    assert "11.0" in finding.message
    assert "13.0" in finding.message
    assert "MacOS/Hello Tray" in str(finding.evidence)
    assert "13.0" in finding.mend


def test_without_the_key_the_main_executables_minimum_counts(tmp_path: Path) -> None:
    assert check(BROKEN["no-minimum-system"](tmp_path)) == []


def test_real_plover_is_built_for_newer_systems_than_it_says(plover_app: Path) -> None:
    finding = only(check(plover_app), "PL108")
    assert "does not say" in finding.message
    assert "minos 14.4" in str(finding.evidence)


def test_what_only_names_its_builders_system_is_a_note(tmp_path: Path) -> None:
    bundle = sound(tmp_path, minos="14.0", sdk="14.0", info={"LSMinimumSystemVersion": "11.0"})
    (finding,) = check(bundle)
    assert (finding.code, finding.severity) == ("PL112", Severity.NOTE)
    assert "14.0" in finding.message
    change_info(bundle, LSMinimumSystemVersion="14.0")
    assert check(bundle) == []


def test_real_pysides_modules_only_name_their_builders_system(plover_app: Path) -> None:
    assert ".abi3.so" in only(check(plover_app), "PL112").message
    assert "26" not in only(check(plover_app), "PL108").message


def test_values_are_shown_safely_and_cut_short(tmp_path: Path) -> None:
    strange = "a\u202e\u200b\u2028b" + "c" * 999
    finding = only(check(with_info(tmp_path, CFBundleIdentifier=strange)), "PL105")
    assert finding.message.isprintable()
    assert all(item.isprintable() for item in finding.evidence)
    assert len(finding.message) < 400
