"""Two releases compared: what users keep, and what they are asked for again."""

import plistlib
from pathlib import Path

from apps.bundles import make_bundle
from apps.cache import copy_tree
from signature.parts import apple_signed_app

import plover_tray
from plover_tray.comparing import Comparison
from plover_tray.signing.options import SignOptions
from plover_tray.signing.sign import seal_in_place


def lost(comparison: Comparison) -> dict[str, str]:
    return {each.what: each.reason for each in comparison.survivals if not each.survives}


def app(folder: Path, **options: object) -> Path:
    bundle = make_bundle(folder, **options)  # type: ignore[arg-type]
    seal_in_place(bundle)
    return bundle


def test_the_same_app_keeps_everything(tmp_path: Path) -> None:
    bundle = app(tmp_path)
    comparison = plover_tray.diff(bundle, copy_tree(bundle, tmp_path / "copy.app"))
    assert comparison.survives
    assert comparison.differences == ()


def test_an_ad_hoc_build_loses_the_grants_and_keeps_the_rest(tmp_path: Path) -> None:
    old, new = app(tmp_path / "old"), app(tmp_path / "new", sdk="13.0")
    comparison = plover_tray.diff(old, new)
    assert set(lost(comparison)) == {"Accessibility grant", "Input Monitoring grant"}
    assert "ad-hoc" in lost(comparison)["Accessibility grant"]


def test_another_identifier_loses_all(tmp_path: Path) -> None:
    old, new = app(tmp_path / "old"), app(tmp_path / "new", identifier="org.example.other")
    comparison = plover_tray.diff(old, new)
    assert len(lost(comparison)) == 4
    assert {"bundle identifier", "signing identifier"} <= {d.what for d in comparison.differences}


def test_a_certificate_keeps_the_grants_from_version_to_version(tmp_path: Path) -> None:
    old = apple_signed_app()
    new = copy_tree(old, tmp_path / "new.app")
    info = plistlib.loads((new / "Contents/Info.plist").read_bytes())
    info["CFBundleShortVersionString"] = "99"
    (new / "Contents/Info.plist").write_bytes(plistlib.dumps(info))
    comparison = plover_tray.diff(old, new)
    assert comparison.survives
    assert [each.what for each in comparison.differences] == ["version"]


def test_ad_hoc_after_a_certificate_loses_the_grants(tmp_path: Path) -> None:
    new = copy_tree(apple_signed_app(), tmp_path / "new.app")
    seal_in_place(new)
    reasons = lost(plover_tray.diff(apple_signed_app(), new))
    assert "ad-hoc" in reasons["Accessibility grant"]


def test_what_changed_is_listed_with_both_values(tmp_path: Path) -> None:
    old = make_bundle(tmp_path / "old")
    new = make_bundle(tmp_path / "new", archs=("arm64",), info={"LSMinimumSystemVersion": "12.0"})
    seal_in_place(new, SignOptions(entitlements={"com.example.x": True}))
    found = {d.what: (d.old, d.new) for d in plover_tray.diff(old, new).differences}
    assert found["architectures"] == ("arm64, x86_64", "arm64")
    assert found["minimum system"] == ("11.0", "12.0")
    assert found["entitlements"] == ("none", "com.example.x=True")
