"""The oldest macOS a bundle can run on: in goes the bundle, out the version its binaries need."""

import re

from .bundle import AppBundle
from .macho import Version

_LOADED = ("execute", "dylib", "bundle")


def parse_system_version(text: str) -> Version | None:
    """`10.13.6`, `11.0` or `14` as numbers; None for anything else."""
    if not re.fullmatch(r"\d{1,3}(\.\d{1,3}){0,2}", text):
        return None
    major, minor, patch = ([int(part) for part in text.split(".")] + [0, 0])[:3]
    return major, minor, patch


def needed_system(bundle: AppBundle) -> tuple[Version, str] | None:
    """The highest minos of all that can be loaded, and the file that has it.

    None where no file says one. Debugging companions and objects do not count.
    """
    found = [
        (slice_.minos, path)
        for path, macho in bundle.sound_machos.items()
        if macho.filetype in _LOADED
        for slice_ in macho.slices
        if slice_.minos is not None
    ]
    if not found:
        return None
    highest = max(version for version, _ in found)
    return highest, min(path for version, path in found if version == highest)
