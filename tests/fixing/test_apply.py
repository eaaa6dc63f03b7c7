"""Each step does to the copy what it says, and nothing else."""

import plistlib
import stat
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from apps.broken import library_loading
from apps.bundles import make_bundle, read_info
from apps.compile import write_executable

import plover_tray
from plover_tray.bundle.app_bundle import AppBundle
from plover_tray.errors import FixError
from plover_tray.fixing.apply import apply_plan
from plover_tray.fixing.plan import FixPlan
from plover_tray.fixing.rpath_translation import Rename
from plover_tray.fixing.steps import (
    EditInfo,
    InstallBoot,
    InstallLauncher,
    Move,
    Remove,
    RenameLibraries,
    Step,
)
from plover_tray.macho.file import read_macho
from plover_tray.payload.parts import boot_files
from plover_tray.writing.staging import staged_copy

OWN = "{}.{}".format(*sys.version_info[:2])
BOOT = "Contents/Resources/plover-tray"
OLD_NAMES = ("ending", "forget", "fresh", "gate", "release", "standard", "function", "script")
"""Boot modules of earlier versions, which have other names now or are no more."""


def applied(bundle: Path, *steps: Step) -> dict[str, str]:
    """Carry steps out on the bundle, in its place; return what `apply_plan` does."""
    opened = AppBundle.open(bundle)
    with staged_copy(opened, bundle, replace=True, backup=False) as staged:
        unsealed = apply_plan(FixPlan("", steps, (), None), staged)
        staged.commit()
    return unsealed


def boot_step(python: str | None = None, version: str = OWN) -> InstallBoot:
    return InstallBoot(BOOT, "", "", version, python, asked_for=python is not None)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def as_an_earlier_version_left_it(bundle: Path, old: Sequence[str]) -> None:
    """Give the boot modules of a fixed bundle the names that they had, and their bytecode too."""
    folder = bundle / BOOT
    for path in sorted(folder.glob("*.py"))[-len(old) :]:
        path.unlink()
    for name in old:
        (folder / f"{name}.py").write_text("# of an earlier version\n")
    (folder / "__pycache__").mkdir(exist_ok=True)
    for name in old:
        (folder / f"__pycache__/{name}.cpython-313.pyc").write_bytes(b"bytecode")


def test_each_step_is_told_when_it_is_done(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    steps = (
        Remove("Contents/PkgInfo", "first", ""),
        Remove("Contents/Resources/main.py", "second", ""),
    )
    told: list[Step] = []
    with staged_copy(AppBundle.open(bundle), tmp_path / "out.app") as staged:
        assert apply_plan(FixPlan("", steps, (), None), staged, told.append) == {}
        assert not (staged.path / "Contents/PkgInfo").exists()
    assert told == list(steps)
    assert (bundle / "Contents/PkgInfo").exists()


def test_a_launcher_can_be_executed_and_wants_a_signature(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    path = "Contents/MacOS/Hello Tray"
    step = InstallLauncher(path, "", "", {"arm64": (None, None)}, ("@executable_path/x",), "an.id")
    assert applied(bundle, step) == {path: "an.id"}
    assert stat.S_IMODE((bundle / path).stat().st_mode) == 0o755
    (slice_,) = read_macho(bundle / path).slices
    assert slice_.arch == "arm64"
    assert slice_.rpaths[-1] == "@executable_path/x"


def test_the_boot_module_is_put_in_with_and_without_bytecode(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    applied(bundle, boot_step())
    assert names(bundle / BOOT) == set(boot_files())
    applied(bundle, boot_step(sys.executable))
    assert names(bundle / BOOT) == {*boot_files(), "__pycache__"}
    for path in (bundle / BOOT).glob("*.py"):
        assert path.read_bytes() == boot_files()[path.name]
        assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_modules_and_bytecode_of_an_earlier_version_go_other_files_stay(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    applied(bundle, boot_step())
    as_an_earlier_version_left_it(bundle, OLD_NAMES)
    (bundle / BOOT / "notes.txt").write_text("somebody's")
    (bundle / BOOT / "linked.py").symlink_to("boot.py")
    applied(bundle, boot_step())
    assert names(bundle / BOOT) == {*boot_files(), "notes.txt"}


def test_fixing_an_app_that_an_earlier_version_fixed_leaves_none_of_its_modules(
    tmp_path: Path,
) -> None:
    bundle = make_bundle(tmp_path, python=OWN)
    plover_tray.fix(bundle, in_place=True, backup=False)
    as_an_earlier_version_left_it(bundle, OLD_NAMES)
    result = plover_tray.fix(bundle, in_place=True, backup=False)
    assert [type(step) for step in result.plan.steps] == [InstallBoot]
    assert names(bundle / BOOT) - {"__pycache__"} == set(boot_files())
    compiled = {name.partition(".")[0] for name in names(bundle / BOOT / "__pycache__")}
    assert compiled.isdisjoint(OLD_NAMES)
    assert plover_tray.verify(bundle).ok
    assert plover_tray.fix(bundle, in_place=True).plan.nothing_to_do


@pytest.mark.parametrize("info_format", ["xml", "binary"])
def test_keys_are_set_in_the_info_plists_own_format_and_order(
    info_format: str, tmp_path: Path
) -> None:
    bundle = make_bundle(tmp_path, info_format=info_format)
    file = bundle / "Contents/Info.plist"
    file.chmod(0o600)
    before = read_info(bundle)
    applied(
        bundle, EditInfo("Contents/Info.plist", "", "", {"LSMinimumSystemVersion": "13.0", "A": 1})
    )
    assert read_info(bundle) == {**before, "LSMinimumSystemVersion": "13.0", "A": 1}
    assert list(read_info(bundle)) == [*before, "A"]
    assert file.read_bytes().startswith(b"bplist00") is (info_format == "binary")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_names_in_load_commands_are_rewritten_in_every_slice(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    path = "Contents/Frameworks/libhello.dylib"
    library = library_loading("@executable_path/x.dylib", rpaths=("@executable_path/..",))
    write_executable(bundle / path, library)
    renames = (
        Rename(path, "@executable_path/x.dylib", "@loader_path/x.dylib", rpath=False),
        Rename(path, "@executable_path/..", "@loader_path/..", rpath=True),
    )
    assert applied(bundle, RenameLibraries(path, "", "", renames)) == {path: ""}
    slices = read_macho(bundle / path).slices
    assert len(slices) == 2
    for slice_ in slices:
        assert "@loader_path/x.dylib" in [dylib.name for dylib in slice_.dylibs]
        assert slice_.rpaths == ("@loader_path/..",)


def test_a_name_that_there_is_no_room_for_says_how_to_make_some(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    path = "Contents/Frameworks/libhello.dylib"
    write_executable(bundle / path, library_loading("@executable_path/x.dylib"))
    rename = Rename(path, "@executable_path/x.dylib", "@loader_path/" + "x" * 70_000, rpath=False)
    with pytest.raises(FixError, match="no room") as caught:
        applied(bundle, RenameLibraries(path, "", "", (rename,)))
    assert "headerpad" in caught.value.mend


def test_a_script_moves_and_can_no_longer_be_executed(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path, "sh")
    old, new = bundle / "Contents/MacOS/Hello Tray", bundle / "Contents/Resources/Hello Tray.py"
    text = old.read_bytes()
    step = Move("Contents/MacOS/Hello Tray", "", "", "Contents/Resources/Hello Tray.py")
    assert applied(bundle, step) == {}
    assert not old.exists()
    assert new.read_bytes() == text
    assert stat.S_IMODE(new.stat().st_mode) == 0o644


def test_a_file_is_removed(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    lent = bundle / "Contents/lent.plist"
    lent.write_bytes(plistlib.dumps({}))
    applied(bundle, Remove("Contents/lent.plist", "", ""))
    assert not lent.exists()
