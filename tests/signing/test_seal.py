"""Sealing bundles: as Apple's codesign does, inner code first, on all processors or one."""

import plistlib
import shutil
import subprocess
from pathlib import Path

import pytest
from signature.parts import FRAMEWORK, library, qt_app, tool

from plover_tray.errors import BundleError, SigningError
from plover_tray.signature.entitlements import PYTHON_ENTITLEMENTS
from plover_tray.signature.verify import verify
from plover_tray.signing.options import SignEvent, SignOptions
from plover_tray.signing.order import signing_order
from plover_tray.signing.sign import seal_in_place

SEAL = "Contents/_CodeSignature/CodeResources"


def same_tree(one: Path, other: Path) -> bool:
    done = subprocess.run(
        ["diff", "-r", "--no-dereference", str(one), str(other)], capture_output=True, check=False
    )
    return done.returncode == 0


@pytest.mark.parametrize("name", ["Designer", "Linguist", "Assistant"])
def test_qts_apps_sealed_anew_are_byte_for_byte_what_apples_codesign_made(
    name: str, tmp_path: Path
) -> None:
    app = tmp_path / f"{name}.app"
    shutil.copytree(qt_app(name), app, symlinks=True)
    shutil.rmtree(app / "Contents/_CodeSignature")
    report = seal_in_place(app)
    assert same_tree(app, qt_app(name))
    assert (report.files, report.bundles, report.steps) == (1, 1, ())


def test_sealing_twice_changes_nothing(app: Path, tmp_path: Path) -> None:
    first = seal_in_place(app)
    copy = tmp_path / "copy"
    shutil.copytree(app, copy, symlinks=True)
    assert seal_in_place(app).cdhashes == first.cdhashes
    assert same_tree(app, copy)


def test_the_report_says_what_was_done(app: Path) -> None:
    events: list[SignEvent] = []
    report = seal_in_place(app, progress=events.append)
    assert report.backend == "builtin"
    assert report.identifier == "org.example.small"
    assert sorted(report.cdhashes) == ["arm64", "x86_64"]
    assert (report.files, report.bundles) == (5, 2)
    assert len(report.steps) == 1
    found = verify(app)
    assert found.main is not None
    assert {s.arch: s.signature.best.cdhash.hex() for s in found.main.slices if s.signature} == (
        report.cdhashes
    )
    assert [e.kind for e in events if e.kind == "sealed"] == ["sealed", "sealed"]
    assert events[-1].path == ""
    assert all(0 <= event.done <= event.total for event in events if event.kind != "mended")


def test_inner_code_comes_first(app: Path) -> None:
    paths = [item.path for item in signing_order(app).items]
    assert paths[-1] == ""
    assert paths[-2] == f"Contents/Frameworks/{FRAMEWORK}/Versions/A"
    assert set(paths[:-2]) == {
        "Contents/Frameworks/libqt.dylib",
        "Contents/MacOS/python3.13",
        f"Contents/Resources/lib/python3.13/{library().name}",
    }


def test_an_app_inside_an_app_is_sealed_before_it(app: Path) -> None:
    inner = app / "Contents/Resources/Inner.app"
    shutil.copytree(qt_app("Designer"), inner, symlinks=True)
    helper = app / "Contents/Helpers/Helper.app"
    shutil.copytree(qt_app("Linguist"), helper, symlinks=True)
    seal_in_place(app)
    found = verify(app)
    assert found.problems == ()
    assert verify(inner).ok
    assert verify(helper).ok
    files = plistlib.loads((app / SEAL).read_bytes())["files2"]
    assert "Helpers/Helper.app" in files
    assert "Resources/Inner.app/Contents/MacOS/Designer" in files


def test_the_seal_names_nested_code_by_its_requirement(app: Path) -> None:
    seal_in_place(app)
    files = plistlib.loads((app / SEAL).read_bytes())["files2"]
    entry = files[f"Frameworks/{FRAMEWORK}"]
    assert sorted(entry) == ["cdhash", "requirement"]
    assert entry["requirement"].startswith(f'cdhash H"{entry["cdhash"].hex()}" or cdhash H"')
    assert files["Resources/os link.py"] == {"symlink": "lib/python3.13/os.py"}
    assert files["Resources/en.lproj/InfoPlist.strings"]["optional"] is True
    assert "MacOS/Small" not in files


def test_a_hardened_seal_gives_programs_what_python_needs_and_libraries_nothing(app: Path) -> None:
    seal_in_place(app, SignOptions(hardened=True))
    for code in verify(app).objects:
        assert all(signature.hardened for signature in code.signatures)
        expected = set(PYTHON_ENTITLEMENTS) if code.filetype == "execute" else set()
        assert set(code.entitlements) == expected, code.path


def test_an_adhoc_seal_without_hardening_asks_for_no_entitlements(app: Path) -> None:
    seal_in_place(app)
    assert all(not code.entitlements for code in verify(app).objects)


def test_entitlements_given_are_those_signed_for_the_programs(app: Path) -> None:
    text = plistlib.dumps({"com.apple.security.network.client": True})
    seal_in_place(app, SignOptions(entitlements=text))
    found = {code.path: dict(code.entitlements) for code in verify(app).objects}
    assert found[""] == {"com.apple.security.network.client": True}
    assert found["Contents/MacOS/python3.13"] == found[""]
    assert found["Contents/Frameworks/libqt.dylib"] == {}


def test_entitlements_that_need_a_certificate_are_not_kept_by_an_adhoc_seal(app: Path) -> None:
    wanted = {"com.apple.security.cs.allow-jit": True, "com.apple.developer.team-identifier": "T"}
    seal_in_place(app, SignOptions(entitlements=wanted))
    seal_in_place(app)
    main = verify(app).main
    assert main is not None
    assert dict(main.entitlements) == {"com.apple.security.cs.allow-jit": True}


def test_identifiers_stay_unless_told(app: Path) -> None:
    options = SignOptions(identifiers={"Contents/MacOS/python3.13": "org.example.small.python"})
    seal_in_place(app, options)
    seal_in_place(app)
    found = {code.path: code.identifier for code in verify(app).objects}
    assert found[""] == "org.example.small"
    assert found["Contents/MacOS/python3.13"] == "org.example.small.python"
    assert found[f"Contents/Frameworks/{FRAMEWORK}"] == "org.qt-project.QtConcurrent"
    seal_in_place(app, SignOptions(identifier="another"))
    main = verify(app).main
    assert main is not None
    assert main.identifier == "another"


def test_a_designated_requirement_can_be_written(app: Path) -> None:
    text = 'identifier "org.example.small"'
    seal_in_place(app, SignOptions(requirement=f"designated => {text}"))
    found = verify(app)
    assert found.main is not None
    assert found.main.designated == text
    assert found.ok
    with pytest.raises(SigningError, match="not understood"):
        seal_in_place(app, SignOptions(requirement="nonsense ("))


def test_a_file_linked_to_the_original_is_never_written_through(app: Path, tmp_path: Path) -> None:
    original = tmp_path / "original.dylib"
    path = app / "Contents/Frameworks/libqt.dylib"
    original.hardlink_to(path)
    before = original.read_bytes()
    seal_in_place(app)
    assert original.read_bytes() == before
    assert path.read_bytes() != before


def test_permission_bits_stay(app: Path) -> None:
    path = app / "Contents/Frameworks/libqt.dylib"
    path.chmod(0o444)
    seal_in_place(app)
    assert path.stat().st_mode & 0o777 == 0o444
    assert (app / "Contents/MacOS/Small").stat().st_mode & 0o111 == 0o111


def test_a_script_for_a_main_executable_cannot_be_sealed(app: Path) -> None:
    (app / "Contents/MacOS/Small").write_text("#!/bin/sh\n")
    with pytest.raises(SigningError, match="no Mach-O program"):
        seal_in_place(app)


def test_a_damaged_library_is_named(app: Path) -> None:
    path = app / "Contents/Frameworks/libqt.dylib"
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(SigningError, match=r"libqt\.dylib"):
        seal_in_place(app)


def test_names_that_no_seal_can_hold_are_named(app: Path) -> None:
    (app / "Contents/Resources/a\x01b").write_text("x")
    with pytest.raises(SigningError, match=r"a\\x01b cannot be written into a seal"):
        seal_in_place(app)


def test_odd_names_that_a_seal_can_hold_are_held(app: Path) -> None:
    for name in ("ü é", "a\nb", "'\"&<>]]>", " lead", "trail ", "emoji 🎉", "%s", "\u202e"):
        (app / "Contents/Resources" / name).write_text("x")
    seal_in_place(app)
    assert verify(app).problems == ()


def test_a_framework_alone_is_sealed(app: Path) -> None:
    framework = app / "Contents/Frameworks" / FRAMEWORK
    report = seal_in_place(framework)
    assert (report.identifier, report.bundles) == ("org.qt-project.QtConcurrent", 1)
    assert verify(framework).problems == ()


def test_a_shallow_bundle_is_sealed(tmp_path: Path) -> None:
    bundle = tmp_path / "Flat.framework"
    bundle.mkdir()
    shutil.copy(library(), bundle / "Flat")
    info = {"CFBundleExecutable": "Flat", "CFBundleIdentifier": "org.example.flat"}
    (bundle / "Info.plist").write_bytes(plistlib.dumps(info))
    (bundle / "data.txt").write_text("x")
    seal_in_place(bundle)
    assert verify(bundle).problems == ()
    (bundle / "data.txt").write_text("y")
    assert not verify(bundle).ok


def test_a_folder_that_is_no_bundle_is_refused(tmp_path: Path) -> None:
    shutil.copy(tool(), tmp_path / "tool")
    with pytest.raises(BundleError):
        seal_in_place(tmp_path)


def test_the_whole_plover_is_sealed_and_verifies(plover_app: Path, tmp_path: Path) -> None:
    app = tmp_path / "Plover.app"
    subprocess.run(["cp", "-a", "--reflink=auto", str(plover_app), str(app)], check=True)
    report = seal_in_place(app)
    assert report.files > 300
    assert report.bundles > 70
    found = verify(app)
    assert found.problems == ()
    assert found.main is not None
    assert found.main.signed
    shutil.rmtree(app)  # 470 MB, which pytest would keep for three runs
