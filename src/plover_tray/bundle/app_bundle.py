"""An .app bundle on disk: in goes a path, out comes an `AppBundle` that only reads.

Nothing outside the bundle is ever opened: each path is resolved by hand, link by link, and a link
that leaves the bundle is an error, not a file. Everything is read when first asked for, and once.
"""

import os
import stat
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from ..errors import BundleError, MachOError, show_path, unreadable
from ..macho.file import MachOFile, StaticLibraryError
from .builder import builder_of
from .files import BundleFiles, read_if_macho
from .launcher_config import LauncherConfig, read_config
from .main_executable import (
    INFO_PLIST,
    MAIN_FOLDER,
    MainExecutable,
    find_executable,
    missing_executable,
    read_executable,
)
from .plist import MAX_PLIST, PlistFormat, parse_plist
from .python_runtime import PythonRuntime, find_runtime
from .tree import BundleEntry, MissingError, walk

__all__ = ["INFO_PLIST", "MAIN_FOLDER", "AppBundle", "MainExecutable", "show_path"]


class AppBundle(BundleFiles):
    """An .app bundle, read only."""

    def __init__(self, path: Path, info: dict[str, Any], info_format: PlistFormat) -> None:
        """For `open`, which reads and checks what it hands over."""
        super().__init__(path)
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
        return find_executable(self, self.executable_name)

    @cached_property
    def main(self) -> MainExecutable | None:
        """The main executable; None where it is missing.

        Raises BundleError for a file that no system would run: empty, damaged, a device.
        """
        path = self.executable
        return None if path is None else read_executable(self, path)

    def without_main(self) -> BundleError:
        """The error for a bundle whose `main` is None, to be raised: what is missing, and where."""
        return missing_executable(self.info)

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
                macho = read_if_macho(f"{self.path}/{entry.path}")
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
        return builder_of(self.info, self.entries)

    def identifier_in(self, path: str) -> str | None:
        """The CFBundleIdentifier of another Info.plist, at `path` in the bundle.

        None where there is no such file, or none that can be read.
        """
        try:
            value = parse_plist(self.read(path, MAX_PLIST), path)[0].get("CFBundleIdentifier")
        except BundleError:
            return None
        return value if isinstance(value, str) else None

    def _info_text(self, key: str) -> str | None:
        value = self.info.get(key)
        return value if isinstance(value, str) and value else None
