"""The guest's files: a read-only view of the bundle, a few known paths of macOS, and scratch.

Comes in: a bundle's folder. Goes out: what stat, open, readlink and realpath would say to an app in
/Applications. Outside the bundle no real file is ever opened: what is known to be on every Mac
stands in a table, and what the guest writes elsewhere is kept in memory until the rehearsal ends.
"""

import errno
import os
import stat
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from .errors import GuestDataError
from .places import path_in_bundle, place_of
from .pretended_mac import FIRST, PretendedMac
from .system_paths import LINKS, PROGRAMS
from .text import to_bytes

MAX_LINKS = 32
"""MAXSYMLINKS of macOS' sys/param.h."""
PATH_MAX = 1024
"""Of macOS' sys/syslimits.h."""
NAME_MAX = 255
READ_AT_ONCE = 64 << 20


class FileError(GuestDataError):
    """What a system call would answer, as errno's number on this machine's Python (`code`)."""

    def __init__(self, code: int) -> None:
        super().__init__(errno.errorcode.get(code, str(code)))
        self.code = code


@dataclass(frozen=True, slots=True)
class Status:
    """What stat would say."""

    path: str
    """Absolute in the guest, with the name as it is on disk."""
    mode: int
    """Kind and permission bits."""
    size: int
    inode: int
    link: str | None = None
    in_bundle: str | None = None
    """Relative to the bundle."""

    @property
    def is_directory(self) -> bool:
        """Whether it is a folder."""
        return stat.S_ISDIR(self.mode)

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return stat.S_ISREG(self.mode)

    @property
    def executable(self) -> bool:
        """Whether the user may execute it."""
        return bool(self.mode & 0o111)


@dataclass(slots=True)
class Scratch:
    """What the guest has made outside the bundle."""

    files: dict[str, bytearray] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    links: dict[str, str] = field(default_factory=dict)
    modes: dict[str, int] = field(default_factory=dict)


class GuestFiles:
    """The file system as the guest sees it."""

    def __init__(self, root: Path, mac: PretendedMac = FIRST) -> None:
        self.root = root
        self.mac = mac
        self.name = root.name
        self.bundle = place_of(self.name, mac.applications)
        """The bundle's path in the guest."""
        self._cache: dict[str, Status] = {}

    def absolute(self, path: str, folder: str) -> str:
        """`path` as seen from `folder`, not yet resolved. Raises FileError for an empty path."""
        if not path:
            raise FileError(errno.ENOENT)
        if len(path) >= PATH_MAX:
            raise FileError(errno.ENAMETOOLONG)
        return path if path.startswith("/") else f"{folder}/{path}"

    def status(self, path: str, scratch: Scratch, *, follow: bool = True) -> Status:
        """Look an absolute path up, link by link. Raises FileError."""
        waiting = [name for name in path.split("/") if name not in ("", ".")][::-1]
        must_be_folder = path.endswith(("/", "/."))
        done = self._lookup("/", scratch)
        links = 0
        while waiting:
            name = waiting.pop()
            if not done.is_directory:
                raise FileError(errno.ENOTDIR)
            if len(name) > NAME_MAX:
                raise FileError(errno.ENAMETOOLONG)
            if name == "..":
                done = self._lookup(done.path.rpartition("/")[0] or "/", scratch)
                continue
            found = self._lookup(f"{done.path.rstrip('/')}/{name}", scratch)
            if found.link is None or (not waiting and not follow and not must_be_folder):
                done = found
                continue
            links += 1
            if links > MAX_LINKS:
                raise FileError(errno.ELOOP)
            waiting += [part for part in found.link.split("/") if part not in ("", ".")][::-1]
            if found.link.startswith("/"):
                done = self._lookup("/", scratch)
        if must_be_folder and not done.is_directory:
            raise FileError(errno.ENOTDIR)
        return done

    def read(self, status: Status, scratch: Scratch, offset: int, size: int) -> bytes:
        """Bytes of a regular file. Raises FileError."""
        if status.is_directory:
            raise FileError(errno.EISDIR)
        size = min(size, READ_AT_ONCE)
        if status.in_bundle is None:
            return bytes(scratch.files.get(status.path, b"")[offset : offset + size])
        try:
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            descriptor = os.open(self.root / status.in_bundle, flags)
            try:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise FileError(errno.EACCES)
                return os.pread(descriptor, size, offset)
            finally:
                os.close(descriptor)
        except (OSError, ValueError, OverflowError) as error:
            raise FileError(getattr(error, "errno", None) or errno.EIO) from None

    def names(self, status: Status, scratch: Scratch) -> list[str]:
        """Names in a folder, sorted, without `.` and `..`. Raises FileError."""
        if not status.is_directory:
            raise FileError(errno.ENOTDIR)
        if status.in_bundle is not None:
            try:
                with os.scandir(self.root / status.in_bundle) as found:
                    return sorted(each.name for each in found)
            except OSError as error:
                raise FileError(error.errno or errno.EIO) from None
        start = status.path.rstrip("/") + "/"
        everything = {*self.mac.directories, *LINKS, *PROGRAMS, self.bundle}
        everything |= {*scratch.files, *scratch.folders, *scratch.links}
        inside = (path[len(start) :] for path in everything if path.startswith(start))
        return sorted({rest.partition("/")[0] for rest in inside if rest})

    def holds(self, path: str) -> bool:
        """Whether an absolute path is written as one of the bundle, be it there or not."""
        return path_in_bundle(path, self.bundle) is not None

    def in_bundle(self, path: str, folder: str, scratch: Scratch) -> str | None:
        """Where `path` leads in the bundle, links followed; None where it does not."""
        try:
            return self.status(self.absolute(path, folder), scratch).in_bundle
        except FileError:
            return None

    def parent(self, path: str, scratch: Scratch) -> tuple[Status, str]:
        """The folder that holds (or would hold) `path`, and the last name. Raises FileError."""
        folder, _, name = path.rstrip("/").rpartition("/")
        found = self.status(folder or "/", scratch)
        if not found.is_directory:
            raise FileError(errno.ENOTDIR)
        return found, f"{found.path.rstrip('/')}/{name}"

    def writable(self, path: str) -> bool:
        """Whether the guest may write at the resolved `path`: not in the bundle, not in system."""
        return any(path == place or path.startswith(place + "/") for place in self.mac.writable)

    def _lookup(self, path: str, scratch: Scratch) -> Status:
        """One resolved parent plus one name; a link is given as a link."""
        relative = path_in_bundle(path, self.bundle)
        if relative is not None:
            return self._in_bundle(path, relative)
        if path in scratch.links:
            return self._known(path, stat.S_IFLNK | 0o755, link=scratch.links[path])
        if path in scratch.files:
            mode = stat.S_IFREG | scratch.modes.get(path, 0o644)
            return self._known(path, mode, size=len(scratch.files[path]))
        if path in LINKS:
            return self._known(path, stat.S_IFLNK | 0o755, link=LINKS[path])
        if path in self.mac.directories or path in scratch.folders:
            return self._known(path, stat.S_IFDIR | 0o755)
        if path in PROGRAMS:
            return self._known(path, stat.S_IFREG | 0o755, size=100_000)
        if path == "/dev/null":
            return self._known(path, stat.S_IFCHR | 0o666)
        raise FileError(errno.ENOENT)

    def _known(self, path: str, mode: int, *, size: int = 0, link: str | None = None) -> Status:
        return Status(path, mode, size, 2 + sum(to_bytes(path)), link)

    def _in_bundle(self, path: str, relative: str) -> Status:
        known = self._cache.get(path)
        if known is not None:
            return known
        real = self.root / relative if relative else self.root
        try:
            try:
                found = os.lstat(real)
            except FileNotFoundError:
                relative = self._other_spelling(relative)
                real = self.root / relative
                found = os.lstat(real)
            link = os.readlink(real) if stat.S_ISLNK(found.st_mode) else None
        except (OSError, ValueError) as error:
            raise FileError(getattr(error, "errno", None) or errno.ENOENT) from None
        spelled = f"{self.bundle}/{relative}" if relative else self.bundle
        mode = found.st_mode
        if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
            mode = stat.S_IMODE(mode) | stat.S_IFIFO
        status = Status(spelled, mode, found.st_size, found.st_ino, link, relative)
        self._cache[path] = status
        return status

    def _other_spelling(self, relative: str) -> str:
        """The name on disk that APFS takes for the same: case and composition do not count."""
        folder, _, name = relative.rpartition("/")
        wanted = _fold(name)
        with os.scandir(self.root / folder) as found:
            for candidate in found:
                if _fold(candidate.name) == wanted:
                    return f"{folder}/{candidate.name}" if folder else candidate.name
        raise FileError(errno.ENOENT)


def _fold(name: str) -> str:
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())
