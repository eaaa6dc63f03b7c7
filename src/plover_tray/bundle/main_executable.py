"""The main executable of a bundle: in go its files and CFBundleExecutable, out what macOS runs."""

import os
import stat
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from ..errors import BundleError, MachOError, show_long_path, show_path
from ..macho.file import MachOFile, looks_like_macho, read_macho
from .files import BundleFiles, about
from .tree import MAX_ENTRIES

INFO_PLIST = "Contents/Info.plist"
MAIN_FOLDER = "Contents/MacOS"
MAX_SCRIPT = 1 << 20
"""Bytes of a script as main executable."""


@dataclass(frozen=True, slots=True)
class MainExecutable:
    """What macOS runs when the app is opened."""

    path: str
    """Relative to the bundle, as Info.plist names it."""
    kind: Literal["macho", "script", "other"]
    symlink: str | None
    """Where it points, if it is a symlink."""
    mode: int
    macho: MachOFile | None = None
    script: bytes | None = None

    @property
    def executable(self) -> bool:
        """Whether everybody may execute it."""
        return self.mode & 0o111 == 0o111


def find_executable(files: BundleFiles, name: str | None) -> str | None:
    """The path of the file that CFBundleExecutable calls `name`; None where there is none.

    A value with a folder in it (`MacOS/Plover`, as Plover 5.0 and 5.1 had) is looked for below
    Contents/ too. Raises BundleError for a name that leads out of the bundle.
    """
    if not name:
        return None
    if "\0" in name or name.startswith("/") or ".." in name.split("/"):
        raise BundleError(
            f"CFBundleExecutable is {show_long_path(name)}, which leads out of {MAIN_FOLDER}.",
            mend="It must be the bare name of a file in Contents/MacOS.",
        )
    places = [f"{MAIN_FOLDER}/{name}"] + ([f"Contents/{name}"] if "/" in name else [])
    return next((found for place in places if (found := _file_called(files, place))), None)


def _file_called(files: BundleFiles, place: str) -> str | None:
    """The path of the file (or symlink) `place`, folders resolved; None where there is none.

    Names with accents are found in either normal form, as on a Mac's disk.
    """
    parent, _, last = place.rpartition("/")
    try:
        folder = files.resolve(parent)
        names = [last] if last.isascii() else [last, *_equivalents(files, folder, last)]
        for name in names if last not in ("", ".") else []:
            found = f"{folder}/{name}" if folder else name
            if os.path.lexists(files.path / found):
                is_folder = stat.S_ISDIR(os.lstat(files.path / found).st_mode)
                return None if is_folder else found
    except (BundleError, OSError):
        pass
    return None


def _equivalents(files: BundleFiles, folder: str, name: str) -> list[str]:
    wanted = unicodedata.normalize("NFD", name)
    with os.scandir(files.path / folder) as found:
        names = [item.name for item in islice(found, MAX_ENTRIES)]
    return sorted(n for n in names if unicodedata.normalize("NFD", n) == wanted)


def read_executable(files: BundleFiles, path: str) -> MainExecutable:
    """What the main executable at `path` is.

    Raises BundleError for a file that no system would run: empty, damaged, a device.
    """
    status = os.lstat(files.path / path)
    link = None
    if stat.S_ISLNK(status.st_mode):
        link = os.readlink(files.path / path)
        try:
            status = os.lstat(files.path / files.resolve(path))
        except (BundleError, OSError):
            return MainExecutable(path, "other", link, 0)
    start = files.read_start(path, 8)
    mode = stat.S_IMODE(status.st_mode)
    if start.startswith(b"#!"):
        return MainExecutable(path, "script", link, mode, script=files.read(path, MAX_SCRIPT))
    if looks_like_macho(start):
        real = files.path / files.resolve(path)
        try:
            macho = read_macho(real)
        except MachOError as error:
            raise BundleError(
                f"The main executable {show_path(path)} is damaged: {about(real, error)}",
                mend="Build or copy the bundle again.",
            ) from None
        return MainExecutable(path, "macho", link, mode, macho=macho)
    if not start or start[:4] != b"\x7fELF":
        what = "empty" if not start else "neither Mach-O nor a script"
        raise BundleError(
            f"The main executable {show_path(path)} is {what}.",
            mend="Build or copy the bundle again.",
        )
    return MainExecutable(path, "other", link, mode)


def missing_executable(info: Mapping[str, Any]) -> BundleError:
    """The error, to be raised, for an Info.plist whose main executable is not there."""
    name = info.get("CFBundleExecutable")
    if not isinstance(name, str) or not name:
        what = (
            "has no CFBundleExecutable"
            if name in (None, "")
            else f"has a CFBundleExecutable that is no name: {show_path(repr(name)[:80])}"
        )
        return BundleError(
            f"{INFO_PLIST} {what}.", mend=f"Set it to the name of a file in {MAIN_FOLDER}."
        )
    return BundleError(
        f"The main executable {MAIN_FOLDER}/{show_long_path(name)} is missing.",
        mend="Put CFBundleExecutable right, or build the bundle again.",
    )
