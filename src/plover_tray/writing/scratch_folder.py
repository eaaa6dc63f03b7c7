"""A folder to work in beside the output: in goes the output's path, out a folder, gone afterwards.

It is locked while it is used. What a killed run left behind has a free lock, by which the next run
for the same output knows it and removes it; that of a run still at work stays.
"""

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from ..errors import StagingError, show_path, writing
from ..interrupts import held_back, to_be_removed

_MARK = ".plover-tray-"
_LONGEST_START = 100
"""Bytes of the output's name in the scratch folder's, which may have 255."""
_RANDOM = re.compile(r"[a-z0-9_]{8}")
"""How `tempfile` ends a name."""
_ATTEMPTS = 100


@contextlib.contextmanager
def scratch_folder(output: Path) -> Iterator[Path]:
    """A new folder beside `output`, removed at the end whatever happens. Raises StagingError."""
    made: list[tuple[Path, int]] = []
    with to_be_removed():
        try:
            with writing(output):
                if not output.parent.is_dir():
                    raise StagingError(
                        f"The folder {show_path(output.parent)} does not exist.",
                        mend="Make it first.",
                    )
                prefix = f".{shortened(output.name, _LONGEST_START)}{_MARK}"
                for left in _left_behind(output.parent, prefix):
                    _remove_if_abandoned(left)
                with held_back():
                    made.append(_locked_folder(output.parent, prefix))
            yield made[0][0]
        finally:
            with held_back():
                for folder, lock in made:
                    remove_tree(folder)
                    os.close(lock)


def shortened(name: str, size: int) -> str:
    """The beginning of `name`, at most `size` bytes and whole characters."""
    whole = os.fsencode(name)[:size].decode("utf-8", "ignore")
    return os.fsdecode(whole.encode())


def remove_tree(folder: Path) -> None:
    """Remove a folder of ours as far as it can be, read-only folders inside it included."""
    shutil.rmtree(folder, ignore_errors=True)
    if not os.path.lexists(folder):
        return
    with contextlib.suppress(OSError):
        folder.chmod(0o700)
    for here, names, _ in os.walk(folder):
        for name in names:
            inner = Path(here, name)
            if not inner.is_symlink():
                with contextlib.suppress(OSError):
                    inner.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)


def _left_behind(parent: Path, prefix: str) -> list[Path]:
    wanted = unicodedata.normalize("NFC", prefix)
    with os.scandir(parent) as found:
        names = [(unicodedata.normalize("NFC", item.name), item.path) for item in found]
    return [
        Path(path)
        for name, path in names
        if name.startswith(wanted) and _RANDOM.fullmatch(name[len(wanted) :])
    ]


def _locked_folder(parent: Path, prefix: str) -> tuple[Path, int]:
    """A new folder and the descriptor that holds its lock."""
    for _ in range(_ATTEMPTS):
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        try:
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except FileNotFoundError:
            continue
        with contextlib.suppress(OSError):  # a network disk without locks; nobody else has one then
            fcntl.flock(lock, fcntl.LOCK_EX)
        # Before the lock was ours, another run may have taken the folder for an abandoned one.
        if os.path.lexists(folder):
            return folder, lock
        os.close(lock)
    raise StagingError(
        f"No scratch folder can be kept in {show_path(parent)}: another program removes it."
    )


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
        remove_tree(folder)
    finally:
        os.close(lock)
