"""PY: the Python in the bundle, and what our launcher is told of it."""

import plistlib
import shutil
from pathlib import Path

import pytest
from apps.broken import BROKEN, sound
from apps.bundles import HOME, make_bundle
from apps.peers import BUILDERS, make_peer

from plover_tray.findings import Severity
from rules.checking import (
    check,
    codes,
    hosted,
    only,
    rehearsed,
    told,
)


def test_a_stub_without_a_runtime_is_warned_of(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path, runtime=False)
    rehearsal = told("exec", call="execv", target="/Applications/x/y", target_in_bundle="y")
    finding = only(check(bundle, rehearsal), "PY101")
    assert finding.severity is Severity.WARNING


def test_a_python_of_the_machine_is_an_error_that_names_it(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path, runtime=False)
    target = "/opt/homebrew/bin/python3.13"
    for rehearsal in (
        told("exec", call="execv", target=target, argv=("python3.13", "-m", "hello_tray")),
        told("exec", call="execv", target="/usr/bin/env", argv=("env", "python3")),
        told("python", call="Py_BytesMain", library="/opt/homebrew/lib/libpython3.13.dylib"),
    ):
        finding = only(check(bundle, rehearsal), "PY101")
        assert finding.severity is Severity.ERROR
        assert (rehearsal.slices[0].target or rehearsal.slices[0].library or "?") in finding.message


def test_a_bundle_of_which_nothing_is_known_gets_a_note(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path, runtime=False)
    finding = only(check(bundle, told("unknown-call")), "PY101")
    assert finding.severity is Severity.NOTE


@pytest.mark.parametrize("builder", sorted(BUILDERS))
def test_packagers_that_lay_python_elsewhere_are_not_blamed(builder: str, tmp_path: Path) -> None:
    bundle = make_peer(tmp_path, builder)
    assert "PY101" not in codes(check(bundle, hosted(bundle)))


def test_a_libpython_for_one_architecture_is_found(tmp_path: Path) -> None:
    finding = only(check(BROKEN["runtime-for-arm64-only"](tmp_path)), "PY102")
    assert finding.severity is Severity.WARNING
    assert finding.path == f"Contents/{HOME}/Python"
    assert "x86_64" in finding.message


@pytest.mark.parametrize(
    ("archs", "runtime_archs"),
    [(("arm64", "x86_64"), ("x86_64",)), (("x86_64",), ("arm64",))],
)
def test_a_libpython_for_no_mac_or_not_for_apple_silicon_is_an_error(
    archs: tuple[str, ...], runtime_archs: tuple[str, ...], tmp_path: Path
) -> None:
    bundle = sound(tmp_path, archs=archs, runtime_archs=runtime_archs)
    assert only(check(bundle), "PY102").severity is Severity.ERROR


def test_a_thin_app_around_a_universal_libpython_passes(tmp_path: Path) -> None:
    assert check(sound(tmp_path, archs=("arm64",))) == []


def test_a_second_info_plist_with_the_apps_identifier_is_found(tmp_path: Path) -> None:
    finding = only(check(BROKEN["same-identifier-beside-the-interpreter"](tmp_path)), "PY103")
    assert finding.path == f"Contents/{HOME}/bin/Info.plist"
    assert finding.severity is Severity.WARNING


def test_an_inner_app_with_the_same_identifier_is_found(tmp_path: Path) -> None:
    bundle = sound(tmp_path)
    inner = bundle / "Contents/Resources/Helper.app/Contents"
    (inner / "MacOS").mkdir(parents=True)
    shutil.copy2(bundle / "Contents/MacOS/Hello Tray", inner / "MacOS/Helper")
    (inner / "Info.plist").write_bytes(plistlib.dumps({"CFBundleIdentifier": "org.example.other"}))
    assert check(bundle) == []
    (inner / "Info.plist").write_bytes(
        plistlib.dumps({"CFBundleIdentifier": "org.example.hello-tray"})
    )
    assert only(check(bundle), "PY103").path.endswith("Helper.app/Contents/Info.plist")


def test_an_info_plist_that_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    bundle = sound(tmp_path)
    (bundle / "Contents" / HOME / "bin" / "Info.plist").write_bytes(b"no plist")
    assert check(bundle) == []


def test_a_real_rehearsal_of_an_app_without_its_runtime_is_no_traceback(tmp_path: Path) -> None:
    assert "PY101" in codes(rehearsed(BROKEN["no-runtime"](tmp_path)))
