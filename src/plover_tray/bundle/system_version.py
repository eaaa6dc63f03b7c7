"""The oldest macOS a bundle can run on: in goes the bundle, out the version its binaries need.

A file's minos counts only where its builder chose it. Without a deployment target the compiler
writes the builder's own system, which is then not below the SDK: so PySide6-Essentials 6.12.0's
bindings say 26.0 (SDK 26.0) in a wheel for macOS 14, whose Qt says 14.4 (SDK 26.0), and 6.11's say
15.0 in a wheel for macOS 13 (seen here). Whether dyld refuses such a library on an older system is
not documented; reports name missing symbols, not the version (known from
milesgranger/cramjam#98, protocolbuffers/protobuf#10799).
"""

import re
from collections.abc import Iterator

from ..macho.file import Slice, Version
from .app_bundle import AppBundle

_LOADED = ("execute", "dylib", "bundle")


def parse_system_version(text: str) -> Version | None:
    """`10.13.6`, `11.0` or `14` as numbers; None for anything else."""
    if not re.fullmatch(r"\d{1,3}(\.\d{1,3}){0,2}", text):
        return None
    major, minor, patch = ([int(part) for part in text.split(".")] + [0, 0])[:3]
    return major, minor, patch


def minos_is_chosen(slice_: Slice) -> bool:
    """Whether the oldest system in the slice was chosen, and is not just its builder's own."""
    return slice_.minos is not None and slice_.sdk is not None and slice_.minos < slice_.sdk


def needed_system(bundle: AppBundle) -> tuple[Version, str] | None:
    """The highest chosen minos of all that can be loaded, and the file that has it.

    None where no file has one. Debugging companions and objects do not count.
    """
    return _highest(bundle, chosen=True)


def builders_system(bundle: AppBundle) -> tuple[Version, str] | None:
    """The highest minos that is just the builder's own system, and the file that has it.

    None unless it is above what `needed_system` says.
    """
    found, needed = _highest(bundle, chosen=False), needed_system(bundle)
    return None if found is None or (needed is not None and found[0] <= needed[0]) else found


def _highest(bundle: AppBundle, *, chosen: bool) -> tuple[Version, str] | None:
    found = [
        (slice_.minos, path)
        for path, slice_ in _loaded_slices(bundle)
        if slice_.minos is not None and minos_is_chosen(slice_) is chosen
    ]
    if not found:
        return None
    highest = max(version for version, _ in found)
    return highest, min(path for version, path in found if version == highest)


def _loaded_slices(bundle: AppBundle) -> Iterator[tuple[str, Slice]]:
    for path, macho in bundle.sound_machos.items():
        if macho.filetype in _LOADED:
            for slice_ in macho.slices:
                yield path, slice_
