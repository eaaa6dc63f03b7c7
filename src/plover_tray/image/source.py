"""Bytes at an offset: in goes a file or a part of one, out come exactly the bytes asked for.

Everything that reads a disk image reads through these, so that a volume can lie in a raw file, in
one partition of it, or compressed in a DMG.
"""

import os
from pathlib import Path
from typing import Protocol

from ..errors import ImageError, show_path


class Source(Protocol):
    """Something with a size whose bytes can be read in any order."""

    @property
    def size(self) -> int:
        """How many bytes there are."""
        ...

    def read(self, offset: int, length: int) -> bytes:
        """Exactly `length` bytes at `offset`; raises ImageError where they do not exist."""
        ...


class FileSource:
    """A file that stays open, read by position."""

    def __init__(self, path: Path) -> None:
        """Open `path`; raises ImageError where it is no regular file that can be read."""
        self._shown = show_path(path)
        try:
            self._file = path.open("rb", buffering=0)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise ImageError(f"{self._shown} cannot be read: {reason}.") from None
        status = os.fstat(self._file.fileno())
        self.size = status.st_size

    def read(self, offset: int, length: int) -> bytes:
        """Exactly `length` bytes at `offset`."""
        if offset < 0 or length < 0 or offset + length > self.size:
            raise ImageError(f"{self._shown} ends before byte {offset + length}.")
        parts = []
        while length > 0:
            try:
                part = os.pread(self._file.fileno(), length, offset)
            except OSError as error:
                raise ImageError(f"{self._shown} cannot be read: {error.strerror}.") from None
            if not part:
                raise ImageError(f"{self._shown} became shorter while it was read.")
            parts.append(part)
            offset += len(part)
            length -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        """Close the file; reading is over."""
        self._file.close()


class Window:
    """A part of another source, such as a partition of a disk."""

    def __init__(self, source: Source, offset: int, size: int, name: str = "The volume") -> None:
        """`size` bytes of `source` from `offset`; raises ImageError if they are not all there."""
        if offset < 0 or size < 0 or offset + size > source.size:
            raise ImageError(f"{name} lies beyond the end of its image.")
        self._source, self.offset, self._name = source, offset, name
        self.size = size

    def read(self, offset: int, length: int) -> bytes:
        """Exactly `length` bytes at `offset` of the part."""
        if offset < 0 or length < 0 or offset + length > self.size:
            raise ImageError(f"{self._name} ends before byte {offset + length}.")
        return self._source.read(self.offset + offset, length)
