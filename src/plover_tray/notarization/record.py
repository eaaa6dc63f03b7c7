"""What a run remembers, so that the next can go on: a small JSON file, written whole or not at all.

In goes a path and plain data, out comes the data. A damaged or foreign file is no record: it is
never trusted, and never a traceback.
"""

import contextlib
import hashlib
import json
import os
import stat
import tempfile
import unicodedata
from pathlib import Path
from typing import Any

from ..errors import StagingError, show_path, writing
from ..signature.resources import TICKET_OF_APP

SCHEMA = 1
MAX_RECORD = 16 << 20
_CHUNK = 1 << 20


def load_record(path: Path, kind: str) -> dict[str, Any]:
    """The record at `path`; empty where there is none, or none of this kind and schema."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return {}
        with path.open("rb") as file:
            data = json.loads(file.read(MAX_RECORD))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(data, dict) or (data.get("schema"), data.get("kind")) != (SCHEMA, kind):
        return {}
    return data


def save_record(path: Path, kind: str, data: dict[str, Any]) -> None:
    """Write the record, atomically and durably. Raises StagingError."""
    text = json.dumps({"schema": SCHEMA, "kind": kind, **data}, indent=2) + "\n"
    if path.is_dir():
        raise StagingError(f"{show_path(path)} is a folder; the record cannot be written there.")
    with writing(path):
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:80]}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise


def digest_of(path: Path) -> str:
    """SHA-256 of a file, or of a folder's names, modes, links and bytes; a ticket is left out.

    Names count composed (NFC), since a Mac's volume may hand them back decomposed. Empty
    where there is nothing. Raises StagingError where it cannot be read.
    """
    if not os.path.lexists(path):
        return ""
    total = hashlib.sha256()
    for name, place in _entries(path):
        try:
            total.update(_entry_digest(name, place))
        except OSError as error:
            raise StagingError(f"{show_path(place)} cannot be read: {error.strerror}.") from error
    return total.hexdigest()


def _entries(top: Path) -> list[tuple[str, Path]]:
    """Everything in a folder, itself first, by composed name."""
    found = [("", top)]
    if top.is_symlink() or not top.is_dir():
        return found
    for folder, folders, files in os.walk(top):
        for name in (*folders, *files):
            place = Path(folder, name)
            relative = unicodedata.normalize("NFC", os.path.relpath(place, top))
            if relative != TICKET_OF_APP:
                found.append((relative, place))
    found.sort()
    return found


def _entry_digest(name: str, place: Path) -> bytes:
    status = place.lstat()
    link = stat.S_ISLNK(status.st_mode)
    mode = "link" if link else oct(status.st_mode)
    one = hashlib.sha256(os.fsencode(name) + b"\0" + mode.encode() + b"\0")
    if link:
        one.update(os.fsencode(os.readlink(place)))
    elif stat.S_ISREG(status.st_mode):
        with place.open("rb") as file:
            while data := file.read(_CHUNK):
                one.update(data)
    return one.digest()
