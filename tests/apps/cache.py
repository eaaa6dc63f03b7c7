"""Things that are expensive to make, made once per machine.

Comes in: a key and a function that fills an empty folder. Goes out: that folder, complete, shared
by every worker and every run, outside the repository. Root runs tests too, so read-only modes
protect nothing: each use compares sizes, times and modes with those at the time of making, and a
folder that something has changed is made again. Tests get copies, never links into the cache.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

KEPT_UNUSED = 14 * 24 * 3600.0
"""Seconds for which an older version of a cached folder is kept without being used."""


def cache_root() -> Path:
    """Return (and make) the folder that outlives the test run.

    `PLOVER_TRAY_CACHE` names it outright; else it is `plover-tray` under `XDG_CACHE_HOME`, or
    under `~/.cache`.
    """
    named = os.environ.get("PLOVER_TRAY_CACHE")
    if named:
        root = Path(named)
    else:
        root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "plover-tray"
    root.mkdir(parents=True, exist_ok=True)
    return root


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the lock called `name` against other workers and other runs."""
    folder = cache_root() / "locks"
    folder.mkdir(exist_ok=True)
    with (folder / f"{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def digest(*parts: str | bytes) -> str:
    """Return a short hash of `parts`, for a key that changes whenever one of them does."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "little") + data)
    return total.hexdigest()[:16]


def cached_folder(key: str, build: Callable[[Path], object]) -> Path:
    """Return the folder kept under `key`; when it is not there, `build` fills it first.

    Only for reading: copy out of it with `copy_tree`. What `build` raises leaves nothing behind.
    """
    folder = cache_root() / key
    record = folder.with_name(folder.name + ".record.json")
    if _unchanged(folder, record):
        os.utime(record)
        return folder
    with locked(key.replace("/", "-")):
        if _unchanged(folder, record):
            return folder
        if record.exists():
            print(f"{folder} was changed since it was made; making it again", file=sys.stderr)
        record.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=folder.name + ".", dir=folder.parent))
        try:
            unfinished.chmod(0o755)
            build(unfinished)
            unfinished.rename(folder)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
        beside = record.with_suffix(".new")
        beside.write_text(json.dumps(_inventory(folder)))
        beside.replace(record)
        _forget_old(folder)
    return folder


def _forget_old(folder: Path) -> None:
    """Remove what was made under the same name with another hash and not used for weeks."""
    name, dash, _ = folder.name.rpartition("-")
    for record in folder.parent.glob(f"{name}{dash}*.record.json") if dash else ():
        if time.time() - record.stat().st_mtime > KEPT_UNUSED:
            record.unlink(missing_ok=True)
            shutil.rmtree(record.with_name(record.name.removesuffix(".record.json")), True)


def copy_tree(source: Path, destination: Path) -> Path:
    """Copy a folder with modes, times and symlinks as they are; return `destination`.

    A clone where the file system can make one (APFS), a plain copy elsewhere: never hard links,
    because code under test may write in place. `destination` must not exist.
    """
    if destination.exists():
        raise FileExistsError(destination)
    destination.parent.mkdir(parents=True, exist_ok=True)
    flags = ["-cpR"] if sys.platform == "darwin" else ["-a", "--reflink=auto"]
    subprocess.run(["cp", *flags, str(source), str(destination)], check=True)
    return destination


def _unchanged(folder: Path, record: Path) -> bool:
    """Say whether `folder` is still as it was when its record was written."""
    try:
        written: dict[str, list[int]] = json.loads(record.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return False
    return written == _inventory(folder)


def _inventory(folder: Path) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    base = os.fspath(folder)
    for parent, directories, files in os.walk(base):
        if "__pycache__" in directories:
            directories.remove("__pycache__")  # written by whoever imports from the folder
        for name in [*directories, *files]:
            if name == "cacert.pem":  # machines behind a proxy add their own authority to certifi's
                continue
            path = os.path.join(parent, name)  # noqa: PTH118 - thousands of files at every use
            status = os.lstat(path)
            size = 0 if name in directories else status.st_size
            times = 0 if name in directories else status.st_mtime_ns
            found[os.path.relpath(path, base)] = [status.st_mode, size, times]
    return found
