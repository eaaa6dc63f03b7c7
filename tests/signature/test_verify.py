"""Verifying bundles: what Apple's tools sealed holds, and every change is found and named."""

import os
import plistlib
import shutil
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from plover_tray.errors import BundleError, MachOError
from plover_tray.signature.verification import Problem, ProblemKind, Verification
from plover_tray.signature.verify import verify
from plover_tray.signing.sign import seal_in_place
from signature.parts import EXECUTABLE, FRAMEWORK, library, qt_app, tool

SEAL = "Contents/_CodeSignature/CodeResources"


def problems(path: Path) -> list[tuple[str, str, bool]]:
    return [(p.kind.value, p.path, p.breaks) for p in verify(path).problems]


@pytest.mark.parametrize("name", ["Designer", "Linguist", "Assistant"])
def test_qts_own_apps_verify(name: str) -> None:
    found = verify(qt_app(name))
    assert found.ok
    assert found.problems == ()
    assert found.main is not None
    assert found.main.identifier == f"org.qt-project.{name}" or name == "Assistant"
    assert found.main.adhoc
    assert found.main.designated.count("cdhash H") == 2


def test_an_app_signed_with_a_developer_id_verifies_and_says_by_whom(apple_app: Path) -> None:
    found = verify(apple_app)
    assert found.ok
    assert found.problems == ()
    assert [code.place for code in found.objects] == ["main", "nested"]
    main = found.main
    assert main is not None
    assert (main.team, main.adhoc, main.signed) == ("S8XHQB96PW", False, True)
    assert "certificate leaf[subject.OU] = S8XHQB96PW" in main.designated
    assert main.entitlements["com.apple.developer.team-identifier"] == "S8XHQB96PW"


def test_a_main_executable_alone_is_checked_with_its_bundle(own_apple_app: Path) -> None:
    assert verify(own_apple_app / EXECUTABLE).problems == ()
    info = own_apple_app / "Contents/Info.plist"
    info.write_bytes(info.read_bytes() + b"\n")
    found = verify(own_apple_app / EXECUTABLE)
    assert not found.ok
    assert {p.kind for p in found.problems} == {ProblemKind.SLOT}


def test_the_small_bundle_sealed_by_us_verifies(sealed: Path) -> None:
    found = verify(sealed)
    assert found.problems == ()
    assert {(code.place, code.path) for code in found.objects} == {
        ("main", ""),
        ("nested", f"Contents/Frameworks/{FRAMEWORK}"),
        ("loose", "Contents/Frameworks/libqt.dylib"),
        ("loose", "Contents/MacOS/python3.13"),
        ("loose", f"Contents/Resources/lib/python3.13/{library().name}"),
    }


def change(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def flip(name: str) -> Callable[[Path], None]:
    return lambda app: change(app / "Contents" / name)


def remove(name: str) -> Callable[[Path], None]:
    return lambda app: (app / "Contents" / name).unlink()


def add(name: str, data: bytes = b"new") -> Callable[[Path], None]:
    def act(app: Path) -> None:
        (app / "Contents" / name).write_bytes(data)

    return act


def relink(name: str, target: str) -> Callable[[Path], None]:
    def act(app: Path) -> None:
        path = app / "Contents" / name
        path.unlink(missing_ok=True)
        path.symlink_to(target)

    return act


def to_folder(app: Path) -> None:
    remove("Resources/icon.icns")(app)
    (app / "Contents/Resources/icon.icns").mkdir()


def sign_inner_again(app: Path) -> None:
    from plover_tray.signing.macho_seal import sign_macho_bytes

    path = app / "Contents/Frameworks/libqt.dylib"
    path.write_bytes(sign_macho_bytes(path.read_bytes(), identifier="another"))


CHANGES: list[tuple[str, Callable[[Path], object], ProblemKind, str]] = [
    ("a resource", flip("Resources/icon.icns"), ProblemKind.ALTERED, "Resources/icon.icns"),
    ("an optional resource", flip("Resources/en.lproj/InfoPlist.strings"), ProblemKind.ALTERED,
     "Resources/en.lproj/InfoPlist.strings"),
    ("a resource removed", remove("Resources/icon.icns"), ProblemKind.MISSING,
     "Resources/icon.icns"),
    ("a file added", add("Resources/new.txt"), ProblemKind.ADDED, "Resources/new.txt"),
    ("bytecode written", add("Resources/lib/python3.13/os.pyc"), ProblemKind.ADDED,
     "Resources/lib/python3.13/os.pyc"),
    ("a link changed", relink("Resources/os link.py", "icon.icns"), ProblemKind.ALTERED,
     "Resources/os link.py"),
    ("a link in a file's place", relink("Resources/icon.icns", "os link.py"), ProblemKind.ALTERED,
     "Resources/icon.icns"),
    ("a folder in a file's place", to_folder, ProblemKind.ALTERED, "Resources/icon.icns"),
    ("a link added", relink("Resources/new", "icon.icns"), ProblemKind.ADDED, "Resources/new"),
    ("Info.plist", add("Info.plist", b"<plist><dict/></plist>"), ProblemKind.SLOT, ""),
    ("the seal itself", lambda app: (app / SEAL).write_bytes((app / SEAL).read_bytes() + b"\n"),
     ProblemKind.SLOT, ""),
    ("the seal removed", lambda app: (app / SEAL).unlink(), ProblemKind.NO_SEAL, ""),
    ("the seal damaged", lambda app: (app / SEAL).write_bytes(b"x"), ProblemKind.SEAL, SEAL),
    ("the program", flip("MacOS/Small"), ProblemKind.CHANGED, "MacOS/Small"),
    ("an inner library", flip("Frameworks/libqt.dylib"), ProblemKind.CHANGED,
     "Frameworks/libqt.dylib"),
    ("inner code signed again", sign_inner_again, ProblemKind.NESTED, "Frameworks/libqt.dylib"),
    ("inner code removed", remove("Frameworks/libqt.dylib"), ProblemKind.MISSING,
     "Frameworks/libqt.dylib"),
    ("inner code replaced by text", add("Frameworks/libqt.dylib", b"text"), ProblemKind.NESTED,
     "Frameworks/libqt.dylib"),
    ("code added", lambda app: shutil.copy(tool(), app / "Contents/MacOS/more"), ProblemKind.ADDED,
     "MacOS/more"),
    ("data among code", add("MacOS/notes.txt"), ProblemKind.UNSEALABLE, "MacOS/notes.txt"),
    ("a file beside Contents", lambda app: (app / "notes.txt").write_text("x"),
     ProblemKind.UNSEALED, "../notes.txt"),
    ("an absolute link", relink("Resources/abs", "/tmp/x"), ProblemKind.SYMLINK, "Resources/abs"),
    ("a link out", relink("Resources/out", "../../../x"), ProblemKind.SYMLINK, "Resources/out"),
    ("a pipe", lambda app: os.mkfifo(app / "Contents/Resources/pipe"), ProblemKind.UNSEALABLE,
     "Resources/pipe"),
    ("a name that is no UTF-8",
     lambda app: Path(os.fsdecode(os.fsencode(app) + b"/Contents/Resources/\xff")).write_text("x"),
     ProblemKind.UNSEALABLE, "Resources/\udcff"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("act", "kind", "where"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES]
)
def test_a_change_is_found_and_named(
    sealed: Path, act: Callable[[Path], object], kind: ProblemKind, where: str
) -> None:
    act(sealed)
    found = verify(sealed)
    assert not found.ok
    path = where if where in ("", SEAL) else os.path.normpath(f"Contents/{where}")
    assert (kind, path) in {(p.kind, p.path) for p in found.problems if p.breaks}


def test_an_optional_resource_may_be_missing(sealed: Path) -> None:
    shutil.rmtree(sealed / "Contents/Resources/en.lproj")
    assert verify(sealed).problems == ()


def test_finders_and_notarys_files_are_not_sealed(sealed: Path) -> None:
    (sealed / "Contents/Resources/.DS_Store").write_bytes(b"x")
    (sealed / "Contents/CodeResources").write_bytes(b"a stapled ticket")
    assert verify(sealed).problems == ()


def test_a_dangling_link_is_worth_knowing_but_breaks_nothing(app: Path) -> None:
    (app / "Contents/Resources/dangling").symlink_to("nowhere")
    seal_in_place(app)
    assert problems(app) == [("symlink", "Contents/Resources/dangling", False)]


def test_a_link_into_the_system_is_allowed(app: Path) -> None:
    (app / "Contents/Resources/fonts").symlink_to("/Library/Fonts")
    seal_in_place(app)
    assert problems(app) == []


def test_a_name_in_another_unicode_form_is_the_same_file(app: Path) -> None:
    name = "Dvořák.json"
    composed, split = (unicodedata.normalize(form, name) for form in ("NFC", "NFD"))
    (app / "Contents/Resources" / composed).write_text("{}")
    seal_in_place(app)
    (app / "Contents/Resources" / composed).rename(app / "Contents/Resources" / split)
    assert problems(app) == [("names", f"Contents/Resources/{split}", False)]
    (app / "Contents/Resources" / split).write_text("changed")
    assert ("altered", f"Contents/Resources/{split}", True) in problems(app)


def test_names_that_collide_on_a_macs_disk_are_named(app: Path) -> None:
    (app / "Contents/Resources/ICON.icns").write_text("x")
    seal_in_place(app)
    (problem,) = verify(app).problems
    assert (problem.kind, problem.path, problem.breaks) == (
        ProblemKind.NAMES, "Contents/Resources/icon.icns", False,
    )  # fmt: skip
    assert "ICON.icns" in problem.evidence


def test_an_unsealed_bundle_says_what_is_missing(app: Path) -> None:
    found = {(p.kind, p.path): p for p in verify(app).problems}
    assert found[ProblemKind.NO_SEAL, ""].breaks
    assert (ProblemKind.FLATTENED, f"Contents/Frameworks/{FRAMEWORK}") in found
    half = found[ProblemKind.HALF_SIGNED, "Contents/Frameworks/libqt.dylib"]
    assert "x86_64" in half.message
    assert not half.breaks


def test_a_bundle_with_a_script_for_a_program_has_nothing_to_carry_a_seal(app: Path) -> None:
    (app / "Contents/MacOS/Small").write_text("#!/bin/sh\n")
    assert ("unsigned", "", True) in problems(app)


def test_a_framework_is_verified_by_itself(sealed: Path) -> None:
    framework = sealed / "Contents/Frameworks" / FRAMEWORK
    found = verify(framework)
    assert found.problems == ()
    assert found.main is not None
    assert found.main.executable == "Versions/A/QtConcurrent"
    change(framework / "Versions/A/Resources/Info.plist")
    assert ("slot", "", True) in problems(framework)
    assert ("slot", f"Contents/Frameworks/{FRAMEWORK}", True) in problems(sealed)


def test_every_version_of_a_framework_is_verified(sealed: Path) -> None:
    framework = sealed / "Contents/Frameworks" / FRAMEWORK
    shutil.copytree(framework / "Versions/A", framework / "Versions/B")
    assert problems(framework) == []
    change(framework / "Versions/B/QtConcurrent")
    assert ("changed", "Versions/B/QtConcurrent", True) in problems(framework)


def test_an_old_seal_with_sha1_is_verified(app: Path) -> None:
    """Sealed by the rules of before 10.9: made by hand, since no tool makes it any more."""
    import hashlib
    from dataclasses import replace

    from plover_tray.signature.resources import RULES_1
    from plover_tray.signing.macho_seal import sign_macho_bytes

    icon = app / "Contents/Resources/icon.icns"
    files = {
        path.relative_to(app / "Contents").as_posix(): hashlib.sha1(path.read_bytes()).digest()
        for path in (app / "Contents/Resources").rglob("*")
        if path.is_file() and not path.is_symlink()
    }
    seal = plistlib.dumps({"files": files, "rules": dict(RULES_1)})
    (app / SEAL).parent.mkdir()
    (app / SEAL).write_bytes(seal)
    main = app / "Contents/MacOS/Small"
    info = (app / "Contents/Info.plist").read_bytes()
    main.write_bytes(
        sign_macho_bytes(main.read_bytes(), identifier="x", info_plist=info, code_resources=seal)
    )

    def broken() -> list[Problem]:
        return [replace(p, evidence="") for p in verify(app).problems if p.breaks]

    assert broken() == []
    change(icon)
    assert [(p.kind, p.path) for p in broken()] == [
        (ProblemKind.ALTERED, "Contents/Resources/icon.icns")
    ]


def test_what_is_neither_bundle_nor_macho_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="neither as a bundle"):
        verify(tmp_path)
    (tmp_path / "text").write_text("x")
    with pytest.raises(MachOError, match="not a Mach-O"):
        verify(tmp_path / "text")
    with pytest.raises(BundleError, match="does not exist"):
        verify(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BundleError, match="pipe cannot be read: it is not a regular file"):
        verify(tmp_path / "pipe")


def test_a_link_to_a_bundle_is_followed(sealed: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(sealed)
    found: Verification = verify(tmp_path / "link")
    assert found.ok


def test_a_program_signed_alone_covers_its_bundle_no_more(sealed: Path) -> None:
    from plover_tray.signing.macho_seal import sign_macho_bytes

    main = sealed / "Contents/MacOS/Small"
    main.write_bytes(sign_macho_bytes(main.read_bytes(), identifier="org.example.small"))
    found = [problem for problem in verify(sealed).problems if problem.breaks]
    assert {(p.kind, p.path) for p in found} == {(ProblemKind.SLOT, "")}
    assert {p.message.partition(": ")[2] for p in found} == {
        "the signature does not cover Info.plist",
        "the signature does not cover CodeResources",
    }
