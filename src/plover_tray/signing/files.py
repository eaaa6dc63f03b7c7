"""Files of a private copy: read whole, hashed, replaced."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..bundle.lenient_tree import open_file
from ..errors import SigningError, show_path, unreadable

Buffer = bytes | bytearray | memoryview

MAX_FILE = 4 << 30
"""Bytes of a file that is read into memory."""
TEMPORARY = ".plover-tray-"
"""How names of unfinished files start."""


def read_whole(path: Path) -> bytes:
    """All bytes of a regular file. Raises SigningError, BundleError."""
    try:
        with open_file(path) as descriptor:
            size = os.fstat(descriptor).st_size
            if size > MAX_FILE:
                raise SigningError(
                    f"{show_path(str(path))} is too large to be signed.",
                    mend="Replace it by the file that belongs there.",
                )
            pieces = [os.pread(descriptor, size, 0)]
            at = len(pieces[0])
            while at < size and (piece := os.pread(descriptor, size - at, at)):
                pieces.append(piece)
                at += len(piece)
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)
    except OSError as error:
        raise unreadable(show_path(str(path)), error) from None


def digests(parts: Sequence[Buffer], algorithms: Iterable[str]) -> dict[str, bytes]:
    """Digests of all `parts` together, by algorithm."""
    found = {}
    for name in algorithms:
        state = hashlib.new(name, usedforsecurity=False)
        for part in parts:
            state.update(part)
        found[name] = state.digest()
    return found


def replace_file(path: Path, parts: Sequence[Buffer], mode: int) -> None:
    """Write a file beside the old one and give it its name; hard links to the old stay as it was.

    For copies that are thrown away after a crash: the old one is unlinked first, since ext4 would
    flush each file that is renamed over another, which takes longer than all the hashing (seen
    here). Raises SigningError.
    """
    try:
        descriptor, name = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                for part in parts:
                    view = memoryview(part)
                    while view:
                        view = view[file.write(view) :]
                os.fchmod(file.fileno(), mode)
            path.unlink(missing_ok=True)
            Path(name).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise SigningError(
            f"{show_path(str(path))} could not be written: {error.strerror}.",
            mend="Make room on the disk, or choose an output elsewhere.",
        ) from error
