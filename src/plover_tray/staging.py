"""Writing all or nothing: in go a bundle and a place, out comes a complete new bundle there.

The copy grows in a folder beside the output, on the same disk, and takes the output's name by one
rename at the very end. A crash, Ctrl-C or a full disk before that leaves the output as it was; what
a killed run left behind is recognised by its free lock and removed by the next one.
"""

import contextlib
import ctypes
import ctypes.util
import errno
import fcntl
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .bundle import AppBundle, BundleEntry, show_path
from .errors import OutputExistsError, StagingError

Progress = Callable[[int], None]
"""Told the number of bytes written since it was last called."""

_MARK = ".plover-tray-"
_RESERVE = 32 << 20
"""Bytes that must be free beyond the copy, for signatures and the new executables."""
_COPY_STEP = 16 << 20


@dataclass(frozen=True, slots=True)
class Committed:
    """Where the new bundle and, if one was kept, the old one are."""

    output: Path
    backup: Path | None


class Staged:
    """A copy of a bundle that may be changed freely, until `commit` gives it its name."""

    def __init__(self, path: Path, output: Path, *, replace: bool, backup: bool) -> None:
        """For `staged_copy`."""
        self.path = path
        self._output, self._replace, self._backup = output, replace, backup

    def write(self, path: str, data: bytes, mode: int) -> None:
        """Write a file of the copy, whole, with these permission bits; folders are made."""
        target = self.path / path
        with _as_staging_error(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fchmod(descriptor, mode)
                os.fsync(descriptor)

    def commit(self) -> Committed:
        """Give the copy the output's name, atomically; the old bundle becomes the backup."""
        with _as_staging_error(self._output):
            if not os.path.lexists(self._output):
                self.path.rename(self._output)
                _fsync_folder(self._output.parent)
                return Committed(self._output, None)
            if not self._replace:
                raise _exists(self._output)
            if not self._backup:
                _fsync_tree(self.path)
                _exchange(self.path, self._output)
                return Committed(self._output, None)
            backup = _backup_name(self._output)
            self.path.rename(backup)
            _exchange(backup, self._output)
            _fsync_folder(self._output.parent)
            return Committed(self._output, backup)


@contextlib.contextmanager
def staged_copy(
    bundle: AppBundle,
    output: Path,
    *,
    replace: bool = False,
    backup: bool = True,
    progress: Progress = lambda _: None,
) -> Iterator[Staged]:
    """Copy `bundle` beside `output`; what is not committed is removed when the block ends.

    Modes, times and symlinks are kept; extended attributes are not, since a seal cannot hold the
    Finder's. With `replace`, an existing output (also the bundle itself) is replaced on commit, and
    kept under another name if `backup`. Raises OutputExistsError, StagingError.
    """
    output = _absolute(output)
    if os.path.lexists(output) and not replace:
        raise _exists(output)
    if bundle.path in output.parents:
        raise StagingError(
            f"The output {show_path(str(output))} lies inside the bundle.",
            mend="Choose a path beside it.",
        )
    with _workshop(output) as folder:
        copy = folder / "bundle"
        _check_room(bundle, output.parent)
        with _as_staging_error(output):
            _copy_tree(bundle, copy, progress)
        yield Staged(copy, output, replace=replace, backup=backup)


def _absolute(path: Path) -> Path:
    """Absolute, with the parent's symlinks followed and the last name as given."""
    if path.name in ("", ".."):
        raise StagingError(f"{show_path(str(path))} cannot be the name of the output.")
    return Path(os.path.realpath(path.parent)) / path.name


@contextlib.contextmanager
def _workshop(output: Path) -> Iterator[Path]:
    """A locked folder beside `output`, removed at the end whatever happens."""
    prefix = f".{output.name[:100]}{_MARK}"
    with _as_staging_error(output):
        if not output.parent.is_dir():
            raise StagingError(
                f"The folder {show_path(str(output.parent))} does not exist.", mend="Make it first."
            )
        for left in output.parent.glob(_escaped(prefix) + "*"):
            _remove_if_abandoned(left)
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=output.parent))
        lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield folder
    finally:
        _remove_tree(folder)
        os.close(lock)


def _escaped(text: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in text)


def _remove_if_abandoned(folder: Path) -> None:
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return
    else:
        _remove_tree(folder)
    finally:
        os.close(lock)


def _remove_tree(folder: Path) -> None:
    """Remove a folder of ours, read-only folders inside it included."""

    def unlock_and_retry(function: Callable[[str], object], path: str, _: object) -> None:
        with contextlib.suppress(OSError):
            Path(path).parent.chmod(0o700)
            if not Path(path).is_symlink():
                Path(path).chmod(0o700)
            function(path)

    shutil.rmtree(folder, onerror=unlock_and_retry)
    if folder.exists():
        shutil.rmtree(folder, ignore_errors=True)


def _check_room(bundle: AppBundle, parent: Path) -> None:
    needed = sum(entry.size for entry in bundle.entries.values()) + _RESERVE
    with _as_staging_error(parent):
        free = shutil.disk_usage(parent).free
    if free < needed:
        raise StagingError(
            f"{show_path(str(parent))} has {free >> 20} MB free; {needed >> 20} MB are needed.",
            mend="Make room, or choose an output on another disk.",
        )


def _copy_tree(bundle: AppBundle, target: Path, progress: Progress) -> None:
    target.mkdir()
    folders: list[BundleEntry] = []
    for entry in bundle.entries.values():
        source, copy = bundle.path / entry.path, target / entry.path
        if entry.kind == "directory":
            copy.mkdir()
            folders.append(entry)
        elif entry.kind == "symlink":
            copy.symlink_to(entry.target or "")
        else:
            _copy_file(source, copy, entry.mode, progress)
    for entry in reversed(folders):
        _copy_times(bundle.path / entry.path, target / entry.path)
        (target / entry.path).chmod(entry.mode | 0o700)


def _copy_file(source: Path, copy: Path, mode: int, progress: Progress) -> None:
    reader = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        writer = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            status = os.fstat(reader)
            _copy_bytes(reader, writer, status.st_size, progress)
            os.fchmod(writer, mode)
            os.utime(writer, ns=(status.st_atime_ns, status.st_mtime_ns))
        finally:
            os.close(writer)
    finally:
        os.close(reader)


def _copy_bytes(reader: int, writer: int, size: int, progress: Progress) -> None:
    """Copy all bytes, by the kernel where it can (which shares blocks on btrfs and XFS)."""
    left = size
    by_kernel = hasattr(os, "copy_file_range")
    while left > 0:
        step = min(left, _COPY_STEP)
        if by_kernel:
            try:
                done = os.copy_file_range(reader, writer, step)
            except OSError as error:
                if error.errno not in (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
                    raise
                by_kernel = False
                continue
        else:
            done = _write_all(writer, os.read(reader, step))
        if done == 0:
            raise OSError(errno.EIO, "the file became shorter while it was copied")
        left -= done
        progress(done)


def _write_all(writer: int, data: bytes) -> int:
    view = memoryview(data)
    while view:
        view = view[os.write(writer, view) :]
    return len(data)


def _copy_times(source: Path, copy: Path) -> None:
    status = source.lstat()
    os.utime(copy, ns=(status.st_atime_ns, status.st_mtime_ns))


def _backup_name(output: Path) -> Path:
    """`Plover (before plover-tray).app`, numbered where that is taken."""
    for number in range(1, 1000):
        suffix = "" if number == 1 else f" {number}"
        name = f"{output.stem} (before plover-tray{suffix}){output.suffix}"
        if not os.path.lexists(output.parent / name):
            return output.parent / name
    raise StagingError(
        f"There are already 999 backups beside {show_path(str(output))}.",
        mend="Remove old ones, or use --no-backup.",
    )


_AT_FDCWD, _RENAME_EXCHANGE, _RENAME_SWAP = -100, 2, 2
"""Linux' renameat2(2) and macOS' renamex_np(2)."""


def _exchange(one: Path, other: Path) -> None:
    """Swap two names in one step; by three renames only where the file system cannot."""
    libc = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True)
    first, second = os.fsencode(one), os.fsencode(other)
    if sys.platform == "darwin":
        result = libc.renamex_np(first, second, _RENAME_SWAP)
    elif hasattr(libc, "renameat2"):
        result = libc.renameat2(_AT_FDCWD, first, _AT_FDCWD, second, _RENAME_EXCHANGE)
    else:
        result = -1
    if result == 0:
        return
    aside = other.with_name(f".{other.name[:100]}{_MARK}old")
    other.rename(aside)
    try:
        one.rename(other)
    except OSError:
        aside.rename(other)
        raise
    aside.rename(one)


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _fsync_tree(folder: Path) -> None:
    """Put every file of the copy on disk: needed only where nothing older is kept."""
    for here, _, names in os.walk(folder):
        for name in names:
            path = Path(here, name)
            if not path.is_symlink():
                descriptor = os.open(path, os.O_RDONLY)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
        _fsync_folder(Path(here))


def _exists(output: Path) -> OutputExistsError:
    return OutputExistsError(
        f"{show_path(str(output))} exists already.", mend="Remove it, or choose another name."
    )


@contextlib.contextmanager
def _as_staging_error(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        mend = {
            errno.ENOSPC: "Make room on the disk, or choose an output on another one.",
            errno.EDQUOT: "Make room, or choose an output on another disk.",
            errno.EROFS: "The disk is read-only; choose an output elsewhere.",
            errno.EACCES: "You may not write there; choose an output elsewhere.",
        }.get(error.errno or 0, "")
        raise StagingError(
            f"{show_path(str(place))} could not be written: {error.strerror or error}.", mend=mend
        ) from error
