"""A DMG as input: in goes its path, out come its faults, its volume, and the app in it.

Nothing is mounted, and nothing but what is extracted is written; so it works on any machine.
"""

import os
import shutil
import tempfile
import unicodedata
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from ..errors import ImageError, StagingError, show_path, writing
from ..writing.scratch_folder import remove_tree
from .hfs.catalog import HfsEntry, HfsVolume
from .source import FileSource, Window
from .udif.partitions import find_volume
from .udif.read import Fault, UdifImage, open_udif

MAX_ENTRIES_SHOWN = 5
MAX_EXTRACTED = 16 << 30
"""Bytes of one app."""
MAX_NAME_BYTES = 255
"""Of a name on Linux' disks; HFS+ takes as many UTF-16 units."""


class Dmg:
    """An open disk image; use it in a `with` block, which removes what it extracted."""

    def __init__(self, path: Path, file: FileSource, image: UdifImage | None) -> None:
        """For `read_dmg`."""
        self.path = path
        self._file, self.image = file, image
        self._folders: list[Path] = []
        self._volume: HfsVolume | None = None

    @property
    def shown(self) -> str:
        """The path for messages."""
        return show_path(self.path)

    @property
    def volume(self) -> HfsVolume:
        """The HFS+ volume in the image; raises ImageError where there is none that can be read."""
        if self._volume is None:
            self._volume = HfsVolume(self._find_volume())
        return self._volume

    @property
    def apps(self) -> tuple[str, ...]:
        """The app bundles at the top of the volume, and one folder below."""
        return tuple(
            path
            for path, entry in self.volume.entries.items()
            if entry.kind == "directory"
            and path.endswith(".app")
            and path.count("/") <= 1
            and ".app/" not in path
        )

    def faults(self, progress: Callable[[int], object] = lambda _: None) -> tuple[Fault, ...]:
        """What is not as it was written, by every checksum in the image, by name of the part.

        An image without checksums (a raw one) has none to find. `progress` is told bytes read.
        """
        return () if self.image is None else tuple(self.image.faults(progress))

    def check_whole(self, progress: Callable[[int], object] = lambda _: None) -> None:
        """Raise ImageError that names the damaged part, if there is one."""
        for fault in self.faults(progress):
            raise ImageError(
                f"{self.shown} is damaged: {fault.part}: {fault.message}.",
                mend="Download or make the image again.",
            )

    def extract(self, path: str, folder: Path, *, composed: bool = False) -> Path:
        """Copy the file or folder `path` of the volume into `folder`, with everything in it.

        Names, bytes, permission bits, dates and symlinks are as on the volume. With `composed`,
        names are in the form NFC that Info.plist and seals are written in: a Mac's disks take
        both forms for the same name, other disks do not. Raises ImageError,
        StagingError.
        """
        entries = self.volume.entries
        if path not in entries:
            raise ImageError(f"{self.shown} holds no {show_path(path)}.")
        chosen = {
            inner: entry
            for inner, entry in entries.items()
            if inner == path or inner.startswith(f"{path}/")
        }
        total = sum(entry.size for entry in chosen.values())
        if total > self.volume.source.size:
            raise ImageError(f"{self.shown} holds more than fits on it.")
        if total > MAX_EXTRACTED:
            raise ImageError(f"{show_path(path)} in {self.shown} is larger than any app.")
        name = path.rpartition("/")[2]
        top = folder / (_composed(name) if composed else name)
        with writing(folder):
            if total > shutil.disk_usage(folder).free:
                raise StagingError(
                    f"{show_path(folder)} has no room for {total >> 20} MB.",
                    mend="Make room, or set TMPDIR to a folder on another disk.",
                )
            self._extract(chosen, path, top, _composed if composed else _fitting)
        return top

    def extract_app(self, folder: Path | None = None, *, composed: bool = False) -> Path:
        """Copy the only app of the volume out; without `folder`, to where it is removed on closing.

        Raises ImageError where there is none or more than one.
        """
        apps = self.apps
        if len(apps) != 1:
            some = ", ".join(show_path(app) for app in apps[:MAX_ENTRIES_SHOWN]) or "none"
            raise ImageError(
                f"{self.shown} should hold one app and holds {len(apps)} ({some}).",
                mend="Copy the one that is meant out of the image and give its path.",
            )
        if folder is None:
            with writing(Path(tempfile.gettempdir())):
                folder = Path(tempfile.mkdtemp(prefix="plover-tray-"))
            self._folders.append(folder)
        return self.extract(apps[0], folder, composed=composed)

    def close(self) -> None:
        """Close the file and remove what was extracted to temporary folders."""
        self._file.close()
        while self._folders:
            remove_tree(self._folders.pop())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _find_volume(self) -> Window:
        if self.image is None:
            return find_volume(self._file, self.shown)
        reason: ImageError | None = None
        for part in sorted(self.image.parts, key=lambda part: part.size, reverse=True):
            try:
                return find_volume(part, self.shown)
            except ImageError as error:
                reason = reason or error
        assert reason is not None
        raise reason

    def _extract(
        self, entries: dict[str, HfsEntry], path: str, top: Path, named: Callable[[str], str]
    ) -> None:
        folders = []
        files = []
        for inner, entry in entries.items():
            place = top.joinpath(*(named(name) for name in inner[len(path) + 1 :].split("/")))
            if entry.kind == "directory":
                place.mkdir()
                folders.append((place, entry))
            elif entry.kind == "symlink":
                place.symlink_to(entry.target or "")
                os.utime(place, (entry.modified, entry.modified), follow_symlinks=False)
            elif entry.kind == "file":
                files.append((place, entry))
            else:
                raise ImageError(f"{show_path(inner)} in {self.shown} is a pipe or device.")
        files.sort(key=lambda item: item[1].fork.extents)
        for place, entry in files:
            self._copy(place, entry)
        for place, entry in reversed(folders):
            os.utime(place, (entry.modified, entry.modified))
            place.chmod(entry.mode & 0o777)

    def _copy(self, place: Path, entry: HfsEntry) -> None:
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            for data in self.volume.chunks(entry):
                file.write(data)
            file.flush()
            os.utime(descriptor, (entry.modified, entry.modified))
            os.fchmod(descriptor, entry.mode & 0o777)


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _fitting(name: str) -> str:
    """A name as it is on the volume, or composed where it is too long for this disk otherwise."""
    if len(os.fsencode(name)) <= MAX_NAME_BYTES:
        return name
    return unicodedata.normalize("NFC", name)


def read_dmg(path: Path) -> Dmg:
    """Open a disk image: UDIF (zlib, bzip2, lzma, lzfse with its library, or raw) or a raw disk.

    Raises ImageError where it is encrypted, damaged or something else.
    """
    file = FileSource(path)
    try:
        return Dmg(path, file, open_udif(file, path))
    except BaseException:
        file.close()
        raise
