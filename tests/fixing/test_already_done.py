"""A step that would change nothing is known for that, and one that would is not."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from apps.bundles import make_bundle

import plover_tray
from plover_tray.bundle.app_bundle import AppBundle
from plover_tray.fixing.already_done import is_already_done
from plover_tray.fixing.steps import EditInfo, InstallBoot, InstallLauncher, Remove
from plover_tray.signing.macho_seal import sign_macho_bytes

OWN = "{}.{}".format(*sys.version_info[:2])
MAIN = "Contents/MacOS/Hello Tray"
BOOT = "Contents/Resources/plover-tray"


@pytest.fixture
def fixed(tmp_path: Path) -> Path:
    """A bundle that was fixed, with bytecode for its boot module."""
    bundle = make_bundle(tmp_path, python=OWN)
    plover_tray.fix(bundle, in_place=True, backup=False)
    return bundle


def launcher(bundle: Path, *rpaths: str) -> InstallLauncher:
    """The step that put the launcher in; `rpaths` are added."""
    macho = AppBundle.open(bundle).sound_machos[MAIN]
    slices = {s.arch: (s.minos, s.sdk) for s in macho.slices}
    return InstallLauncher(MAIN, "", "", slices, (*macho.slices[0].rpaths, *rpaths), "any")


def boot(*, python: str | None = None, asked_for: bool = False) -> InstallBoot:
    return InstallBoot(BOOT, "", "", OWN, python, asked_for)


def test_a_launcher_is_done_whatever_its_signature_says(fixed: Path) -> None:
    assert is_already_done(AppBundle.open(fixed), launcher(fixed))
    signed = (fixed / MAIN).read_bytes()
    (fixed / MAIN).write_bytes(sign_macho_bytes(signed, identifier="org.example.other"))
    assert (fixed / MAIN).read_bytes() != signed
    assert is_already_done(AppBundle.open(fixed), launcher(fixed))


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.chmod(0o644),
        lambda path: path.unlink(),
        lambda path: path.write_bytes(path.read_bytes()[:1000]),
        lambda path: path.write_bytes(b"#!/bin/sh\n"),
        lambda path: (path.rename(path.with_name("other")), path.symlink_to("other")),
    ],
    ids=["not executable", "missing", "cut short", "another program", "a symlink"],
)
def test_a_launcher_that_is_not_as_it_should_be_is_not_done(
    change: Callable[[Path], object], fixed: Path
) -> None:
    step = launcher(fixed)
    change(fixed / MAIN)
    assert not is_already_done(AppBundle.open(fixed), step)


def test_a_launcher_with_other_search_paths_is_not_done(fixed: Path) -> None:
    assert not is_already_done(AppBundle.open(fixed), launcher(fixed, "@executable_path/more"))


def test_the_boot_module_is_done_without_bytecode_unless_that_is_asked_for(fixed: Path) -> None:
    for path in (fixed / BOOT / "__pycache__").iterdir():
        path.unlink()
    bundle = AppBundle.open(fixed)
    assert is_already_done(bundle, boot())
    assert is_already_done(bundle, boot(python=sys.executable))
    assert not is_already_done(bundle, boot(python=sys.executable, asked_for=True))


@pytest.mark.parametrize("name", ["start.py", "boot.py"])
def test_a_boot_module_with_a_changed_or_missing_file_is_not_done(name: str, fixed: Path) -> None:
    file = fixed / BOOT / name
    text = file.read_bytes()
    file.write_bytes(text + b"\n")
    assert not is_already_done(AppBundle.open(fixed), boot())
    file.unlink()
    assert not is_already_done(AppBundle.open(fixed), boot())
    file.write_bytes(text)
    assert is_already_done(AppBundle.open(fixed), boot())


def test_a_module_of_another_version_is_not_done_somebodys_file_is(fixed: Path) -> None:
    (fixed / BOOT / "notes.txt").touch()
    assert is_already_done(AppBundle.open(fixed), boot())
    (fixed / BOOT / "forget.py").touch()
    assert not is_already_done(AppBundle.open(fixed), boot())


def test_keys_of_info_plist_are_done_where_all_have_their_values(fixed: Path) -> None:
    bundle = AppBundle.open(fixed)
    name = bundle.info["CFBundleName"]
    assert is_already_done(bundle, EditInfo("", "", "", {"CFBundleName": name}))
    assert not is_already_done(
        bundle, EditInfo("", "", "", {"CFBundleName": name, "New": None, "A": 1})
    )


def test_what_is_only_planned_where_it_is_needed_is_never_done(fixed: Path) -> None:
    assert not is_already_done(AppBundle.open(fixed), Remove("Contents/nothing", "", ""))
