"""The files of a bundle, read only: in goes a path relative to it, out come bytes.

Nothing outside the bundle is ever opened: each path is resolved by hand, link by link, and a link
that leaves the bundle is an error, not a file.
"""

import os
import stat
from pathlib import Path

from ..errors import BundleError, MachOError, show_path, unreadable
from ..macho.file import MachOFile, looks_like_macho, read_macho
from .tree import resolve_inside

AS_IT_SHOULD_BE = "Replace it by the file that belongs there, or build the bundle again."
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""For a file whose path is resolved: a symlink or pipe put there since is no reason to wait."""


class BundleFiles:
    """The files below a folder."""

    def __init__(self, path: Path) -> None:
        """`path` is the folder's real path."""
        self.path = path

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


def read_if_macho(path: str) -> MachOFile | None:
    """The Mach-O file at the resolved `path`; None where it is something else.

    Raises MachOError for one that cannot be read or is damaged, StaticLibraryError for an archive.
    """
    try:
        descriptor = os.open(path, _READ)
        try:
            start = os.pread(descriptor, 8, 0)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise MachOError(f"{show_path(path)} cannot be read: {error.strerror}.") from None
    return read_macho(Path(path)) if looks_like_macho(start) else None


def about(path: Path, error: MachOError) -> str:
    """What a Mach-O error says of the file at `path`, which is named already."""
    start, said, rest = error.message.partition(show_path(path))
    if start or not said:
        return error.message
    return rest.removeprefix(": ") if rest.startswith(": ") else f"it{rest}"
