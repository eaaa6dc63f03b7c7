"""Copying a bundle: in goes an `AppBundle` and a new folder, out the same tree there.

Permission bits, times and symlinks are as before. Not kept: setuid and setgid bits, since the copy
may have another owner, and extended attributes, since a seal cannot hold the Finder's.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from ..bundle.app_bundle import AppBundle
from ..errors import BundleError, show_path, unreadable

Progress = Callable[[int], None]
"""Told the number of bytes written since it was last called."""

PERMISSIONS = 0o777
_STEP = 16 << 20
"""Bytes copied at once."""
_FATAL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
"""After another error of copy_file_range the bytes are read and written; file systems differ."""


def copy_bundle(bundle: AppBundle, target: Path, progress: Progress) -> list[tuple[str, int]]:
    """Copy `bundle` to `target`, which must not exist.

    All folders of the copy can be written to by their owner; the result says which must not stay
    so: path and permission bits, inner folders first, "" for the bundle itself. Raises BundleError
    for what cannot be read, OSError for what cannot be written.
    """
    folders = [("", bundle.path.stat().st_mode & PERMISSIONS)]
    target.mkdir()
    for entry in bundle.entries.values():
        source, copy = bundle.path / entry.path, target / entry.path
        if entry.kind == "directory":
            copy.mkdir()
            folders.append((entry.path, entry.mode & PERMISSIONS))
        elif entry.kind == "symlink":
            copy.symlink_to(entry.target or "")
            _copy_times(source, copy)
        else:
            _copy_file(source, copy, entry.mode & PERMISSIONS, progress)
    folders.reverse()
    for path, mode in folders:
        (target / path).chmod(mode | 0o700)
        _copy_times(bundle.path / path, target / path)
    return [(path, mode) for path, mode in folders if mode & 0o700 != 0o700]


def _copy_file(source: Path, copy: Path, mode: int, progress: Progress) -> None:
    with _reading(source):
        reader = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(reader)
        if not stat.S_ISREG(status.st_mode):
            raise BundleError(f"{show_path(source)} is no longer a regular file.")
        writer = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            _copy_bytes(reader, writer, status.st_size, source, progress)
            os.fchmod(writer, mode)
            os.utime(writer, ns=(status.st_atime_ns, status.st_mtime_ns))
        finally:
            os.close(writer)
    finally:
        os.close(reader)


def _copy_bytes(reader: int, writer: int, size: int, source: Path, progress: Progress) -> None:
    """Copy `size` bytes, by the kernel where it can (which shares blocks on btrfs and XFS)."""
    left = size
    by_kernel = hasattr(os, "copy_file_range")
    while left > 0:
        step = min(left, _STEP)
        if by_kernel:
            try:
                done = os.copy_file_range(reader, writer, step)
            except OSError as error:
                if error.errno in _FATAL:
                    raise
                done = 0
            if not done:
                by_kernel = False
                continue
        else:
            with _reading(source):
                data = os.read(reader, step)
            done = _write_all(writer, data)
        if done == 0:
            raise BundleError(f"{show_path(source)} became shorter while it was copied.")
        left -= done
        progress(done)


def _write_all(writer: int, data: bytes) -> int:
    view = memoryview(data)
    while view:
        view = view[os.write(writer, view) :]
    return len(data)


def _copy_times(source: Path, copy: Path) -> None:
    with _reading(source):
        status = source.lstat()
    os.utime(copy, ns=(status.st_atime_ns, status.st_mtime_ns), follow_symlinks=False)


@contextlib.contextmanager
def _reading(source: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unreadable(show_path(source), error) from None
