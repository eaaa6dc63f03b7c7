"""Facts about an .app bundle on disk: in goes a path, out comes an `AppBundle` that only reads.

Nothing outside the bundle is ever opened: each path is resolved by hand, link by link, and a link
that leaves the bundle is an error, not a file. All facts are read when first asked for, and once.
"""

import os
import stat
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Literal, Self

from ..errors import BundleError, MachOError, show_long_path, show_path, unreadable
from ..macho.file import MachOFile, StaticLibraryError, looks_like_macho, read_macho
from .launcher_config import PLIST_KEY, LauncherConfig, read_config
from .plist import MAX_PLIST, PlistFormat, parse_plist
from .python_runtime import PythonRuntime, find_runtime
from .tree import (
    MAX_DEPTH,
    MAX_ENTRIES,
    MAX_LINKS,
    BundleEntry,
    EntryKind,
    MissingError,
    resolve_inside,
    walk,
)

__all__ = [
    "INFO_PLIST",
    "MAIN_FOLDER",
    "MAX_DEPTH",
    "MAX_ENTRIES",
    "MAX_LINKS",
    "AppBundle",
    "BundleEntry",
    "EntryKind",
    "MainExecutable",
    "show_path",
]

AS_IT_SHOULD_BE = "Replace it by the file that belongs there, or build the bundle again."
MAX_SCRIPT = 1 << 20
"""Bytes of a script as main executable."""
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""For a file whose path is resolved: a symlink or pipe put there since is no reason to wait."""

INFO_PLIST = "Contents/Info.plist"
MAIN_FOLDER = "Contents/MacOS"


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


class AppBundle:
    """An .app bundle, read only."""

    def __init__(self, path: Path, info: dict[str, Any], info_format: PlistFormat) -> None:
        """For `open`, which reads and checks what it hands over."""
        self.path = path
        self.info: Mapping[str, Any] = info
        self.info_format = info_format

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Open the bundle at `path`.

        Raises BundleError where there is no folder with a readable Contents/Info.plist.
        """
        if not str(path):
            raise BundleError("The path is empty.", mend="Give the path of an .app bundle.")
        given = Path(path)
        shown = show_path(str(path))
        try:
            real = Path(os.path.realpath(given, strict=True))
            status = real.stat()
        except FileNotFoundError:
            raise BundleError(
                f"{shown} does not exist.", mend="Give the path of an .app bundle."
            ) from None
        except (OSError, ValueError) as error:
            raise unreadable(shown, error, "Give the path of an .app bundle.") from None
        if not stat.S_ISDIR(status.st_mode):
            raise BundleError(
                f"{shown} is not an app bundle but a file.", mend="Give the path of an .app bundle."
            )
        bundle = cls(real, {}, "xml")
        try:
            data = bundle.read(INFO_PLIST, MAX_PLIST)
        except MissingError:
            raise BundleError(
                f"{shown} is not an app bundle: it has no {INFO_PLIST}.",
                mend="Give the folder whose name ends in .app.",
            ) from None
        info, info_format = parse_plist(data, INFO_PLIST)
        return cls(real, info, info_format)

    @property
    def name(self) -> str:
        """The file name of the bundle, such as `Plover.app`."""
        return self.path.name

    @property
    def identifier(self) -> str | None:
        """CFBundleIdentifier, if it is a string."""
        return self._info_text("CFBundleIdentifier")

    @property
    def executable_name(self) -> str | None:
        """CFBundleExecutable as it is written, if it is a string."""
        return self._info_text("CFBundleExecutable")

    @cached_property
    def executable(self) -> str | None:
        """Path of the main executable in the bundle; None where there is no such file.

        A value with a folder in it (`MacOS/Plover`, as Plover 5.0 and 5.1 had) is looked for below
        Contents/ too. Raises BundleError for a name that leads out of the bundle.
        """
        name = self.executable_name
        if not name:
            return None
        if "\0" in name or name.startswith("/") or ".." in name.split("/"):
            raise BundleError(
                f"CFBundleExecutable is {show_long_path(name)}, which leads out of {MAIN_FOLDER}.",
                mend="It must be the bare name of a file in Contents/MacOS.",
            )
        places = [f"{MAIN_FOLDER}/{name}"] + ([f"Contents/{name}"] if "/" in name else [])
        return next((found for place in places if (found := self._file_called(place))), None)

    def _file_called(self, place: str) -> str | None:
        """The path of the file (or symlink) `place`, folders resolved; None where there is none.

        Names with accents are found in either normal form, as on a Mac's disk.
        """
        parent, _, last = place.rpartition("/")
        try:
            folder = self.resolve(parent)
            names = [last] if last.isascii() else [last, *self._equivalents(folder, last)]
            for name in names if last not in ("", ".") else []:
                found = f"{folder}/{name}" if folder else name
                if os.path.lexists(self.path / found):
                    is_folder = stat.S_ISDIR(os.lstat(self.path / found).st_mode)
                    return None if is_folder else found
        except (BundleError, OSError):
            pass
        return None

    def _equivalents(self, folder: str, name: str) -> list[str]:
        wanted = unicodedata.normalize("NFD", name)
        with os.scandir(self.path / folder) as found:
            names = [item.name for item in islice(found, MAX_ENTRIES)]
        return sorted(n for n in names if unicodedata.normalize("NFD", n) == wanted)

    @cached_property
    def main(self) -> MainExecutable | None:
        """The main executable; None where it is missing.

        Raises BundleError for a file that no system would run: empty, damaged, a device.
        """
        path = self.executable
        if path is None:
            return None
        status = os.lstat(self.path / path)
        link = None
        if stat.S_ISLNK(status.st_mode):
            link = os.readlink(self.path / path)
            try:
                status = os.lstat(self.path / self.resolve(path))
            except (BundleError, OSError):
                return MainExecutable(path, "other", link, 0)
        start = self.read_start(path, 8)
        mode = stat.S_IMODE(status.st_mode)
        if start.startswith(b"#!"):
            return MainExecutable(path, "script", link, mode, script=self.read(path, MAX_SCRIPT))
        if looks_like_macho(start):
            real = self.path / self.resolve(path)
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

    def without_main(self) -> BundleError:
        """The error for a bundle whose `main` is None, to be raised: what is missing, and where."""
        if self.executable_name is None:
            given = self.info.get("CFBundleExecutable")
            what = (
                "has no CFBundleExecutable"
                if given in (None, "")
                else f"has a CFBundleExecutable that is no name: {show_path(repr(given)[:80])}"
            )
            return BundleError(
                f"{INFO_PLIST} {what}.", mend=f"Set it to the name of a file in {MAIN_FOLDER}."
            )
        name = show_long_path(self.executable_name)
        return BundleError(
            f"The main executable {MAIN_FOLDER}/{name} is missing.",
            mend="Put CFBundleExecutable right, or build the bundle again.",
        )

    @cached_property
    def config(self) -> LauncherConfig | None:
        """The launcher's configuration, if our launcher is the main executable."""
        return read_config(self.info)

    @cached_property
    def entries(self) -> Mapping[str, BundleEntry]:
        """Everything in the bundle by its path, folders before their contents, names in order.

        Raises BundleError for what a Mac's disk or a seal cannot hold: pipes, sockets and devices,
        names that are not UTF-8.
        """
        return {entry.path: entry for entry in walk(self.path)}

    @cached_property
    def machos(self) -> Mapping[str, MachOFile | MachOError]:
        """Each Mach-O file in the bundle by its path, found by content, or why it is damaged.

        Static libraries are left out: nothing loads them.
        """
        found: dict[str, MachOFile | MachOError] = {}
        for entry in self.entries.values():
            if entry.kind != "file" or entry.size < 28:
                continue
            try:
                macho = _read_if_macho(f"{self.path}/{entry.path}")
            except StaticLibraryError:
                continue
            except MachOError as error:
                found[entry.path] = error
            else:
                if macho is not None:
                    found[entry.path] = macho
        return found

    @cached_property
    def sound_machos(self) -> Mapping[str, MachOFile]:
        """The Mach-O files that could be read."""
        return {path: m for path, m in self.machos.items() if isinstance(m, MachOFile)}

    @cached_property
    def runtime(self) -> PythonRuntime | None:
        """The Python inside the bundle, if there is one."""
        return find_runtime(self.entries, self.sound_machos)

    @cached_property
    def builder(self) -> str | None:
        """Who built the bundle, by the traces that each packager leaves; None if unknown."""
        return _builder(self.info, self.entries)

    def exists(self, path: str) -> bool:
        """Whether `path` is there and, links followed, inside the bundle."""
        try:
            self.resolve(path)
        except BundleError:
            return False
        return True

    def resolve(self, path: str) -> str:
        """Follow the symlinks in `path` (relative to the bundle) and give the path they lead to.

        Raises BundleError if it is not there, goes round in a circle or leaves the bundle.
        """
        return resolve_inside(self.path, path)

    def read(self, path: str, limit: int) -> bytes:
        """The bytes of the regular file `path`, symlinks inside the bundle followed.

        Raises BundleError if it is not there, is no regular file or is larger than `limit` bytes.
        """
        data = self._read(path, limit + 1)
        if len(data) > limit:
            raise BundleError(
                f"{show_path(path)} is larger than {limit} bytes.", mend=AS_IT_SHOULD_BE
            )
        return data

    def read_start(self, path: str, size: int) -> bytes:
        """The first `size` bytes of the regular file `path`, or all where it is shorter."""
        return self._read(path, size)

    def _read(self, path: str, size: int) -> bytes:
        real = self.path / self.resolve(path)
        try:
            if not stat.S_ISREG(os.lstat(real).st_mode):
                raise BundleError(f"{show_path(path)} is not a regular file.", mend=AS_IT_SHOULD_BE)
            descriptor = os.open(real, _READ)
            with os.fdopen(descriptor, "rb") as file:
                return file.read(size)
        except OSError as error:
            raise unreadable(show_path(path), error, AS_IT_SHOULD_BE) from None

    def _info_text(self, key: str) -> str | None:
        value = self.info.get(key)
        return value if isinstance(value, str) and value else None


def about(path: Path, error: MachOError) -> str:
    """What a Mach-O error says of the file at `path`, which is named already."""
    start, said, rest = error.message.partition(show_path(path))
    if start or not said:
        return error.message
    return rest.removeprefix(": ") if rest.startswith(": ") else f"it{rest}"


def _read_if_macho(path: str) -> MachOFile | None:
    try:
        descriptor = os.open(path, _READ)
        try:
            start = os.pread(descriptor, 8, 0)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise MachOError(f"{show_path(path)} cannot be read: {error.strerror}.") from None
    return read_macho(Path(path)) if looks_like_macho(start) else None


_BUILDER_TRACES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("py2app", ("Contents/Resources/__boot__.py", "Contents/Resources/__boot__.pyc")),
    (
        "pyinstaller",
        ("Contents/Frameworks/base_library.zip", "Contents/Resources/base_library.zip"),
    ),
    ("cx_freeze", ("Contents/Resources/lib/library.zip", "Contents/MacOS/lib/library.zip")),
    ("briefcase", ("Contents/Resources/app_packages", "Contents/Resources/support/python-stdlib")),
)
"""Files that only one packager puts into a bundle; known from the packagers' sources."""


def _builder(info: Mapping[str, Any], entries: Mapping[str, BundleEntry]) -> str | None:
    if PLIST_KEY in info:
        return "plover-tray"
    if "PyRuntimeLocations" in info:
        return "py2app"
    for name, traces in _BUILDER_TRACES:
        if any(trace in entries for trace in traces):
            return name
    return None
