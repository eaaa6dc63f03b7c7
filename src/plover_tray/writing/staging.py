"""Writing all or nothing: in go a bundle and a place, out comes a complete new bundle there.

The copy grows in a folder beside the output, on the same disk, and takes the output's name by one
rename at the very end. A crash, Ctrl-C or a full disk before that leaves the output as it was.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..bundle.app_bundle import INFO_PLIST, AppBundle
from ..bundle.tree import resolve_inside
from ..errors import OutputExistsError, StagingError, show_path, writing
from .atomic_rename import rename_new, replace_keeping
from .existing_output import exists_already
from .scratch_folder import remove_tree, scratch_folder, shortened
from .tree_copy import Progress, copy_bundle

__all__ = ["Committed", "Progress", "Staged", "staged_copy"]

_RESERVE = 32 << 20
"""Bytes that must be free beyond the copy, for signatures and the new executables."""
_LONGEST_NAME = 255
"""Bytes; of Linux' file systems. APFS and HFS+ take 255 characters."""
_LONGEST_SUFFIX = 20
"""Bytes of a file name's end that is taken for its kind, such as `.app`."""


@dataclass(frozen=True, slots=True)
class Committed:
    """Where the new bundle and, if one was kept, the old one are."""

    output: Path
    backup: Path | None


class Staged:
    """A copy of a bundle that may be changed freely, until `commit` gives it its name."""

    def __init__(
        self,
        path: Path,
        output: Path,
        *,
        replace: bool,
        backup: bool,
        modes: Sequence[tuple[str, int]] = (),
    ) -> None:
        """For `staged_copy`."""
        self.path = path
        self._output, self._replace, self._backup = output, replace, backup
        self._modes = modes

    def write(self, path: str, data: bytes, mode: int) -> None:
        """Write a file of the copy, whole, with these permission bits; folders are made.

        Raises StagingError, and BundleError where a symlink leads out of the copy.
        """
        folder, _, name = path.rpartition("/")
        with writing(self.path / path):
            target = self.path / self._folder(folder) / name
            target.unlink(missing_ok=True)
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fchmod(descriptor, mode)
                os.fsync(descriptor)

    def commit(self) -> Committed:
        """Give the copy the output's name, atomically; the old bundle becomes the backup."""
        with writing(self._output):
            there = os.path.lexists(self._output)
            committed = self._commit_over() if there else self._commit_new()
        with contextlib.suppress(OSError):
            self._restore_mode_of_bundle()
            _fsync(self._output.parent)
        return committed

    def _commit_new(self) -> Committed:
        self._restore_modes(self.path)
        try:
            rename_new(self.path, self._output)
        except FileExistsError:
            raise exists_already(self._output) from None
        return Committed(self._output, None)

    def _commit_over(self) -> Committed:
        if not self._replace:
            raise exists_already(self._output)
        if not self._backup:
            _fsync_tree(self.path)
        self._restore_modes(self.path)
        aside = _backup_name(self._output)
        replace_keeping(self.path, self._output, aside)
        if self._backup:
            return Committed(self._output, aside)
        try:
            aside.rename(self.path)  # the scratch folder is removed, in whatever way this run ends
        except OSError:
            remove_tree(aside)
        return Committed(self._output, None)

    def _folder(self, path: str) -> str:
        """The folder `path` of the copy with its symlinks followed; what is missing is made."""
        done = ""
        for name in path.split("/") if path else []:
            here = f"{done}/{name}" if done else name
            if not os.path.lexists(self.path / here):
                (self.path / here).mkdir()
            done = resolve_inside(self.path, here)
        return done

    def _restore_modes(self, bundle: Path) -> None:
        """Make those folders read-only again that were: not the bundle, which is yet to move."""
        for path, mode in self._modes:
            folder = bundle / path
            if path and folder.is_dir() and not folder.is_symlink():
                folder.chmod(mode)

    def _restore_mode_of_bundle(self) -> None:
        for path, mode in self._modes:
            if not path:
                self._output.chmod(mode)


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

    Permission bits, times and symlinks are kept. With `replace`, a bundle that is there already
    (also `bundle` itself) is replaced on commit, and kept under another name if `backup`. Raises
    OutputExistsError, StagingError, and BundleError where `bundle` cannot be read.
    """
    output = _absolute(output)
    if os.path.lexists(output):
        _may_be_replaced(bundle, output, replace=replace)
    if bundle.path in output.parents:
        raise StagingError(
            f"The output {show_path(output)} lies inside the bundle.",
            mend="Choose a path beside it.",
        )
    with scratch_folder(output) as folder:
        copy = folder / "bundle"
        _check_room(bundle, output.parent)
        with writing(output):
            modes = copy_bundle(bundle, copy, progress)
        yield Staged(copy, output, replace=replace, backup=backup, modes=modes)


def _absolute(path: Path) -> Path:
    """Absolute, with the parent's symlinks followed and the last name as given."""
    if path.name in ("", "..") or "\0" in str(path):
        raise StagingError(f"{show_path(path)} cannot be the name of the output.")
    with writing(path):
        output = Path(os.path.realpath(path.parent)) / path.name
        with contextlib.suppress(FileNotFoundError):
            output.lstat()  # a name that is too long is found before the copy, not after it
    return output


def _may_be_replaced(bundle: AppBundle, output: Path, *, replace: bool) -> None:
    """Raise OutputExistsError for what is not to be replaced, or is no bundle at all."""
    if not replace:
        raise exists_already(output)
    if output in bundle.path.parents or not os.path.lexists(output / INFO_PLIST):
        raise OutputExistsError(
            f"{show_path(output)} is not an app bundle, so it is not replaced.",
            mend="Choose another name for the output.",
        )


def _check_room(bundle: AppBundle, parent: Path) -> None:
    needed = sum(entry.size for entry in bundle.entries.values()) + _RESERVE
    with writing(parent):
        free = shutil.disk_usage(parent).free
    if free < needed:
        raise StagingError(
            f"{show_path(parent)} has {free >> 20} MB free; {needed >> 20} MB are needed.",
            mend="Make room, or choose an output on another disk.",
        )


def _backup_name(output: Path) -> Path:
    """`Plover (before plover-tray).app`, numbered where that is taken."""
    stem, suffix = output.stem, output.suffix
    if len(os.fsencode(suffix)) > _LONGEST_SUFFIX:
        stem, suffix = output.name, ""
    for number in range(1, 1000):
        count = "" if number == 1 else f" {number}"
        end = f" (before plover-tray{count}){suffix}"
        name = shortened(stem, _LONGEST_NAME - len(os.fsencode(end))) + end
        if not os.path.lexists(output.parent / name):
            return output.parent / name
    raise StagingError(
        f"There are already 999 backups beside {show_path(output)}.",
        mend="Remove old ones, or use --no-backup.",
    )


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
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
                with contextlib.suppress(PermissionError):
                    _fsync(path)
        _fsync(Path(here))
