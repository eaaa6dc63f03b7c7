"""CS: each rule broken by a bundle that was sealed and then spoiled, or never sealed well."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from apps.bundles import make_bundle
from apps.cache import copy_tree
from signature.parts import apple_signed_app

from plover_tray.findings import Finding
from plover_tray.macho.file import read_macho
from plover_tray.signing.macho_seal import sign_macho_bytes
from plover_tray.signing.options import SignOptions
from plover_tray.signing.sign import seal_in_place
from rules.checking import check, codes, errors, only
from rules.examples import (
    MAIN,
    MODULE,
    flatten_a_framework,
    put_adhoc_library,
    sealed,
    unsign,
    without_hardened_runtime,
)


def found(bundle: Path) -> list[Finding]:
    return check(bundle, select=["CS"])


def test_a_sealed_bundle_passes(tmp_path: Path) -> None:
    assert codes(found(sealed(tmp_path))) == []


def test_a_bundle_without_a_seal_is_a_note(tmp_path: Path) -> None:
    assert codes(found(make_bundle(tmp_path))) == ["CS102"]


def test_arm64_code_without_a_signature_is_an_error(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    unsign(bundle / MODULE, "arm64")
    finding = only(found(bundle), "CS101")
    assert finding.path == MODULE
    assert finding.severity == "error"


def append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


def flip(path: Path) -> None:
    """Change one byte of the first slice's code."""
    first = read_macho(path).slices[0]
    data = bytearray(path.read_bytes())
    data[first.offset + (first.entry_offset or 0)] ^= 1
    path.write_bytes(data)


SPOILED: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "altered": (lambda b: append(b / "Contents/Resources/app.icns"), "CS103", "app.icns"),
    "missing": (lambda b: (b / "Contents/Resources/main.py").unlink(), "CS103", "main.py"),
    "added": (lambda b: (b / "Contents/Resources/new").touch(), "CS103", "new"),
    "code": (lambda b: flip(b / MAIN), "CS103", ""),
    "info": (lambda b: append(b / "Contents/Info.plist"), "CS103", ""),
    "beside": (lambda b: (b / "Icon").touch(), "CS106", "Icon"),
    "absolute": (lambda b: (b / "Contents/Resources/l").symlink_to("/tmp"), "CS107", "l"),
    "escaping": (lambda b: (b / "Contents/Resources/l").symlink_to("../../../x"), "CS107", "l"),
    "case": (lambda b: (b / "Contents/Resources/MAIN.py").touch(), "CS108", "main.py"),
    "one slice": (lambda b: unsign(b / MODULE, "x86_64"), "CS105", MODULE),
}


@pytest.mark.parametrize("name", sorted(SPOILED))
def test_what_was_spoiled_is_named(name: str, tmp_path: Path) -> None:
    spoil, code, path = SPOILED[name]
    bundle = sealed(tmp_path)
    spoil(bundle)
    named = [finding.path for finding in found(bundle) if finding.code == code]
    assert any(each.lower().endswith(path.lower()) for each in named), found(bundle)


def test_code_signed_after_what_contains_it_breaks_the_outer_seal(tmp_path: Path) -> None:
    bundle = sealed(tmp_path)
    path = bundle / "Contents/MacOS" / "helper"
    shutil.copy2(bundle / MODULE, path)
    seal_in_place(bundle)
    again = sign_macho_bytes(path.read_bytes(), identifier="another")
    path.write_bytes(again)
    assert "CS104" in errors(found(bundle))


def test_links_that_lead_nowhere_are_warned_of(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    (bundle / "Contents/Resources/l").symlink_to("nothing")
    assert only(found(bundle), "CS107").severity == "warning"


def test_a_flattened_framework_is_a_note_and_sealing_mends_it(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    flatten_a_framework(bundle)
    assert only(found(bundle), "CS109").path.endswith("Flat.framework")
    seal_in_place(bundle)
    assert codes(found(bundle)) == []
    assert (bundle / "Contents/Frameworks/Flat.framework/Resources").is_symlink()


def test_a_debugging_entitlement_is_an_error(tmp_path: Path) -> None:
    options = SignOptions(entitlements={"com.apple.security.get-task-allow": True})
    assert "CS112" in errors(found(sealed(tmp_path, options)))


def test_a_hardened_app_without_pythons_entitlements_is_warned(tmp_path: Path) -> None:
    options = SignOptions(hardened=True, entitlements={})
    finding = only(found(sealed(tmp_path, options)), "CS114")
    assert "allow-unsigned-executable-memory" in finding.message
    assert codes(found(sealed(tmp_path / "with", SignOptions(hardened=True)))) == []


def test_many_problems_are_counted_not_listed_without_end(tmp_path: Path) -> None:
    bundle = sealed(tmp_path)
    for number in range(60):
        (bundle / "Contents/Resources" / f"n{number}").touch()
    broken = [finding for finding in found(bundle) if finding.code == "CS103"]
    assert len(broken) == 21
    assert broken[0].message.startswith("40 more") or broken[-1].message.startswith("40 more")


def test_nothing_is_opened_through_a_link_out_of_the_bundle(tmp_path: Path) -> None:
    bundle = sealed(tmp_path)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    (bundle / "Contents/Resources/l").symlink_to(fifo)
    assert "CS107" in codes(found(bundle))


@pytest.fixture
def developer_id_app(tmp_path: Path) -> Path:
    """A copy of an app that a team signed, from a wheel."""
    return copy_tree(apple_signed_app(), tmp_path / "Signed.app")


def test_an_app_that_a_team_signed_and_apple_notarized_passes(developer_id_app: Path) -> None:
    assert errors(found(developer_id_app)) == []


def test_ad_hoc_code_in_an_app_with_a_certificate_is_an_error(developer_id_app: Path) -> None:
    put_adhoc_library(developer_id_app)
    assert only(found(developer_id_app), "CS110").path == "Contents/Frameworks/extra.dylib"


def test_code_of_another_team_is_named_with_the_team(
    developer_id_app: Path, tmp_path: Path
) -> None:
    bundle = sealed(tmp_path / "mine")
    copy_tree(developer_id_app, bundle / "Contents/Resources/Other.app")
    assert "S8XHQB96PW" in only(found(bundle), "CS111").message


def test_a_certificate_without_the_hardened_runtime_will_not_be_notarized(
    developer_id_app: Path,
) -> None:
    without_hardened_runtime(developer_id_app)
    assert "hardened runtime" in only(found(developer_id_app), "CS113").message
