"""Carrying a plan out: in go a plan and a staged copy, out the copy with each step done."""

import plistlib
import shutil
from collections.abc import Callable, Container
from functools import singledispatch
from pathlib import Path
from typing import Any

from ..bundle.app_bundle import AppBundle
from ..bundle.main_executable import INFO_PLIST
from ..bundle.plist import MAX_PLIST, parse_plist
from ..errors import FixError, MachOError, writing
from ..macho.edit import replace_dylib, replace_rpath, replace_slices, split_slices
from ..macho.file import read_macho
from ..payload.bytecode import boot_bytecode
from ..payload.parts import boot_files, is_boot_module, launcher_binary
from ..writing.staging import Staged
from .launcher import tailored_launcher
from .plan import FixPlan
from .steps import EditInfo, InstallBoot, InstallLauncher, Move, Remove, RenameLibraries, Step

StepDone = Callable[[Step], None]


def apply_plan(plan: FixPlan, staged: Staged, done: StepDone = lambda _: None) -> dict[str, str]:
    """Do each step of `plan` to the staged copy.

    Returns the Mach-O files whose signature is now missing or stale, with the identifier to sign
    each with (empty: as before). Raises FixError, StagingError.
    """
    unsealed: dict[str, str] = {}
    for step in plan.steps:
        _do(step, staged)
        if isinstance(step, InstallLauncher):
            unsealed[step.path] = step.identifier
        elif isinstance(step, RenameLibraries):
            unsealed[step.path] = ""
        done(step)
    return unsealed


@singledispatch
def _do(step: Step, staged: Staged) -> None:
    raise NotImplementedError(type(step).__name__)


@_do.register
def _(step: InstallLauncher, staged: Staged) -> None:
    data = tailored_launcher(launcher_binary(), step.slices, step.rpaths)
    staged.write(step.path, data, 0o755)


@_do.register
def _(step: InstallBoot, staged: Staged) -> None:
    compiled = boot_bytecode(step.version, step.python) if step.python else {}
    files = boot_files()
    _remove_other_modules(staged.path / step.path, files)
    for name, data in {**files, **compiled}.items():
        staged.write(f"{step.path}/{name}", data, 0o644)


def _remove_other_modules(folder: Path, kept: Container[str]) -> None:
    """Remove all bytecode, and the modules that other versions of plover-tray had there."""
    with writing(folder):
        for path in sorted(folder.glob("*")):
            is_folder = path.is_dir() and not path.is_symlink()
            if is_folder and path.name == "__pycache__":
                shutil.rmtree(path)
            elif not is_folder and is_boot_module(path.name) and path.name not in kept:
                path.unlink()


@_do.register
def _(step: EditInfo, staged: Staged) -> None:
    bundle = AppBundle.open(staged.path)
    info, kind = parse_plist(bundle.read(INFO_PLIST, MAX_PLIST), INFO_PLIST)
    info.update(step.values)
    mode = (staged.path / INFO_PLIST).stat().st_mode & 0o7777
    staged.write(INFO_PLIST, dump_plist(info, kind), mode)


@_do.register
def _(step: RenameLibraries, staged: Staged) -> None:
    path = staged.path / step.path
    try:
        macho = read_macho(path)
        slices = []
        for _, data in split_slices(path.read_bytes()):
            changed = data
            for rename in step.renames:
                change = replace_rpath if rename.rpath else replace_dylib
                changed = change(changed, rename.old, rename.new)
            slices.append(changed)
        staged.write(step.path, replace_slices(macho, slices), path.stat().st_mode & 0o7777)
    except MachOError as error:
        raise FixError(
            f"{step.path} looks for a library beside the old interpreter, and there is no room "
            f"for its new place: {error.message}",
            mend="Link it anew with -headerpad_max_install_names.",
        ) from None


@_do.register
def _(step: Move, staged: Staged) -> None:
    path = staged.path / step.path
    staged.write(step.to, path.read_bytes(), 0o644)
    path.unlink()


@_do.register
def _(step: Remove, staged: Staged) -> None:
    (staged.path / step.path).unlink()


def dump_plist(info: dict[str, Any], kind: str) -> bytes:
    """An Info.plist in the format it had, its keys in the order they had."""
    fmt = plistlib.FMT_BINARY if kind == "binary" else plistlib.FMT_XML
    return plistlib.dumps(info, fmt=fmt, sort_keys=False)
