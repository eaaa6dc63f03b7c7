"""Which steps a bundle no longer needs: a fix of a fixed bundle changes nothing by these."""

import posixpath

from ..bundle.app_bundle import AppBundle
from ..errors import BundleError, MachOError
from ..payload.bytecode import boot_bytecode
from ..payload.parts import boot_files, is_boot_module, launcher_binary
from .launcher import tailored_launcher, without_signature
from .steps import EditInfo, InstallBoot, InstallLauncher, Step

_MAX_BOOT_FILE = 1 << 20
_MAX_LAUNCHER = 16 << 20


def is_already_done(bundle: AppBundle, step: Step) -> bool:
    """Whether the bundle is already as the step would leave it."""
    match step:
        case InstallLauncher(path=path, slices=slices, rpaths=rpaths):
            return _same_launcher(
                bundle, path, tailored_launcher(launcher_binary(), slices, rpaths)
            )
        case InstallBoot(path=path, version=version, python=python, asked_for=asked_for):
            wanted = dict(boot_files())
            if asked_for and python is not None:
                wanted.update(boot_bytecode(version, python))
            if _has_other_modules(bundle, path):
                return False
            return all(_same_file(bundle, f"{path}/{name}", data) for name, data in wanted.items())
        case EditInfo(values=values):
            return all(bundle.info.get(key) == value for key, value in values.items())
        case _:
            return False


def _same_launcher(bundle: AppBundle, path: str, wanted: bytes) -> bool:
    entry = bundle.entries.get(path)
    if entry is None or entry.kind != "file" or entry.mode & 0o111 != 0o111:
        return False
    try:
        return without_signature(bundle.read(path, _MAX_LAUNCHER)) == wanted
    except (BundleError, MachOError):
        return False


def _has_other_modules(bundle: AppBundle, folder: str) -> bool:
    """Whether another version of plover-tray has left modules in the boot module's folder."""
    ours = boot_files()
    return any(
        posixpath.dirname(path) == folder
        and is_boot_module(name := posixpath.basename(path))
        and name not in ours
        for path in bundle.entries
    )


def _same_file(bundle: AppBundle, path: str, data: bytes) -> bool:
    entry = bundle.entries.get(path)
    return (
        entry is not None
        and entry.kind == "file"
        and bundle.read_start(path, _MAX_BOOT_FILE) == data
    )
