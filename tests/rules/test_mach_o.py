"""MO: libraries that are not where the app looks for them, and code for other Macs."""

from pathlib import Path

from apps.broken import BROKEN, MODULES, sound
from apps.bundles import SITE_PACKAGES
from apps.compile import write_executable
from apps.runtime import extension_module

from plover_tray.findings import Severity
from rules.checking import check, only


def test_a_damaged_extension_module_is_an_error_and_other_damage_a_warning(tmp_path: Path) -> None:
    bundle = sound(tmp_path)
    whole = (bundle / "Contents/MacOS/Hello Tray").read_bytes()
    (bundle / "Contents" / SITE_PACKAGES / "broken.abi3.so").write_bytes(whole[:300])
    (bundle / "Contents/Resources/data.bin").write_bytes(whole[:300])
    found = {f.path.rpartition("/")[2]: f for f in check(bundle)}
    assert {f.code for f in found.values()} == {"MO101"}
    assert found["broken.abi3.so"].severity is Severity.ERROR
    assert found["data.bin"].severity is Severity.WARNING
    assert not any(str(tmp_path) in str(f.evidence) for f in found.values())


def test_an_app_without_code_for_apple_silicon_is_found(tmp_path: Path) -> None:
    finding = only(check(BROKEN["main-for-x86_64-only"](tmp_path)), "MO102")
    assert finding.severity is Severity.WARNING
    assert "x86_64" in str(finding.evidence)


def test_an_extension_module_for_one_architecture_is_found(tmp_path: Path) -> None:
    (finding,) = check(BROKEN["extension-for-arm64-only"](tmp_path))
    assert finding.code == "MO103"
    assert finding.path == f"Contents/{MODULES}/_arm_only.cpython-313-darwin.so"
    assert "Intel" in finding.message


def test_several_are_counted_in_one_finding_per_architecture(tmp_path: Path) -> None:
    bundle = sound(tmp_path)
    for name, arch in (("a", "arm64"), ("b", "arm64"), ("c", "x86_64")):
        module = extension_module(archs=(arch,))
        write_executable(bundle / "Contents" / SITE_PACKAGES / f"{name}.so", module)
    found = [f for f in check(bundle) if f.code == "MO103"]
    assert len(found) == 2
    assert any(f.message.startswith("2 libraries") and "a.so and b.so" in f.message for f in found)
    assert any("Apple silicon" in f.message and "c.so" in f.message for f in found)


def test_plovers_real_modules_for_arm64_only_are_named(plover_app: Path) -> None:
    finding = only(check(plover_app), "MO103")
    assert finding.severity is Severity.WARNING
    assert "Intel Macs" in finding.message
    assert ".so" in finding.message
