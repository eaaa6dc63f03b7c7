"""The zip that an app is sent in: in go a bundle and a folder, out comes an archive in it.

On a Mac `ditto` makes it, as Apple's own instructions do (known from briefcase#2110); elsewhere
this module, with permission bits, symlinks and Unicode names kept. Its name holds a digest of what
is in it, so that a submission can be found again by name.
"""

import os
import shutil
import stat
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from ..errors import StagingError, ToolError, show_path, writing
from ..signature.resources import TICKET_OF_APP
from ..tools.program import find_program
from ..writing.scratch_folder import shortened

_EARLIEST = (1980, 1, 1, 0, 0, 0)
_LATEST = (2107, 12, 31, 23, 59, 58)
_UNIX = 3
_LEVEL = 6
_CHUNK = 1 << 20
_PACK_TIMEOUT = 7200.0
"""Seconds for packing: gigabytes on a slow disk."""


def upload_name(path: Path, digest: str) -> str:
    """What `path` is called at Apple: its name, a part of the digest, and .zip for a bundle."""
    start = shortened(path.stem, 100) or "upload"
    return f"{start}-{digest[:12]}{'.zip' if path.is_dir() else path.suffix}"


def archive(
    path: Path,
    folder: Path,
    digest: str,
    *,
    ditto: bool = sys.platform == "darwin",
    progress: Callable[[int], object] = lambda _: None,
) -> Path:
    """What is uploaded for `path`: a zip of a bundle, or a second name of a file, in `folder`.

    `progress` is told bytes packed. Raises StagingError, ToolError.
    """
    target = folder / upload_name(path, digest)
    with writing(target):
        if not path.is_dir():
            _second_name(path, target)
        elif ditto:
            _by_ditto(path, target)
        else:
            _by_ourselves(path, target, progress)
    return target


def _second_name(path: Path, target: Path) -> None:
    try:
        os.link(path, target)
    except OSError:  # another disk, or one without hard links
        shutil.copyfile(path, target)


def _by_ditto(path: Path, target: Path) -> None:
    ditto = find_program("ditto", "It is a part of macOS.")
    ran = ditto.run(["-c", "-k", "--keepParent", str(path), str(target)], timeout=_PACK_TIMEOUT)
    if ran.code:
        raise ToolError(f"ditto could not pack {show_path(path)}.", output=ran.text)


def _by_ourselves(path: Path, target: Path, progress: Callable[[int], object]) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as packed:
        _add(packed, path, path.name, progress)
        for folder, folders, files in os.walk(path):
            folders.sort()
            for name in sorted({*folders, *files}):
                place = Path(folder, name)
                relative = os.path.relpath(place, path)
                if relative != TICKET_OF_APP:
                    _add(packed, place, f"{path.name}/{relative}", progress)


def _add(
    packed: zipfile.ZipFile, place: Path, name: str, progress: Callable[[int], object]
) -> None:
    try:
        name.encode()
    except UnicodeEncodeError:
        raise StagingError(
            f"{show_path(place)} has a name that is not UTF-8, which no Mac accepts.",
            mend="Rename it.",
        ) from None
    status = place.lstat()
    folder = stat.S_ISDIR(status.st_mode)
    info = zipfile.ZipInfo(f"{name}/" if folder else name, _date(status.st_mtime))
    info.create_system = _UNIX
    info.external_attr = (status.st_mode & 0xFFFF) << 16 | (0x10 if folder else 0)
    info.compress_type = zipfile.ZIP_DEFLATED
    if stat.S_ISREG(status.st_mode):
        info.file_size = status.st_size
        with place.open("rb") as source, packed.open(info, "w") as sink:
            while data := source.read(_CHUNK):
                sink.write(data)
                progress(len(data))
    elif stat.S_ISLNK(status.st_mode):
        info.compress_type = zipfile.ZIP_STORED
        packed.writestr(info, os.fsencode(os.readlink(place)))
    elif folder:
        info.compress_type = zipfile.ZIP_STORED
        packed.writestr(info, b"")
    else:
        raise StagingError(
            f"{show_path(place)} is a pipe, socket or device, which cannot be sealed."
        )


def _date(seconds: float) -> tuple[int, int, int, int, int, int]:
    date = time.gmtime(max(0, min(seconds, 1 << 33)))[:6]
    year, month, day, hour, minute, second = date
    return min(max((year, month, day, hour, minute, second), _EARLIEST), _LATEST)
