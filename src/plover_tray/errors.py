"""Errors a person can act on: what is wrong in one line, and what to do next.

Everything that bad input, a missing tool or a full disk can cause is raised as a subclass of
`PloverTrayError`; the command line prints it as one line and exits with 2.
"""

import contextlib
import errno
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

_MENDS = {
    errno.ENOSPC: "Make room on the disk, or choose an output on another one.",
    errno.EDQUOT: "Make room, or choose an output on another disk.",
    errno.EFBIG: "The disk or a limit (ulimit -f) forbids files of that size.",
    errno.EROFS: "The disk is read-only; choose an output elsewhere.",
    errno.EACCES: "You may not write there; choose an output elsewhere.",
    errno.EPERM: "You may not write there; choose an output elsewhere.",
    errno.ENAMETOOLONG: "Choose a shorter name.",
}


_MENDS_FOR_READING = {
    errno.EACCES: "You may not read it: change its permissions (chmod), or become its owner.",
    errno.EPERM: "You may not read it: change its permissions (chmod), or become its owner.",
    errno.ELOOP: "Make the symlink point at what it should.",
    errno.ENAMETOOLONG: "Give a shorter path.",
    errno.EIO: "The disk may be damaged; copy the bundle anew.",
}


def show_path(path: Path | str) -> str:
    """A path on one line, safe for a terminal, whatever is in its name."""
    text = str(path)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


_MOST = 300
"""Characters of a path in a message; a Mac's own limit is 1,024."""


def show_long_path(path: Path | str) -> str:
    """The same, with the middle left out of what would fill the screen."""
    text = show_path(path)
    if len(text) <= _MOST:
        return text
    return f"{text[: _MOST // 2]}...{text[-_MOST // 2 :]}"


_MOST_DETAILS = 20
"""Lines of one message."""


class PloverTrayError(Exception):
    """Something the person at the keyboard can mend.

    `message` is one sentence that names the file or the setting; `mend` says what to do next and
    may be empty where the message already does. Where several things are wrong at once, the
    message says how many, and has a line more for each (`of_all`).
    """

    exit_code = 2

    def __init__(self, message: str, *, mend: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend
        self.of_several = False

    @classmethod
    def of_all(cls, where: str, details: Sequence[str]) -> Self:
        """The error for all that is wrong with `where`; `details` are sentences without a stop."""
        lines = [f"{detail}{'' if detail.endswith('?') else '.'}" for detail in details]
        if len(lines) == 1:
            return cls(f"{where}: {lines[0]}")
        shown = lines[:_MOST_DETAILS]
        if len(lines) > len(shown):
            shown.append(f"And {len(lines) - len(shown)} more.")
        error = cls("\n".join([f"{where}: {len(lines)} errors:", *shown]))
        error.of_several = True
        return error

    def __str__(self) -> str:
        return f"{self.message} {self.mend}".strip()


class BundleError(PloverTrayError):
    """The path is not a bundle that can be used."""


class MachOError(PloverTrayError):
    """A file that should be Mach-O is not, or is damaged."""


class RehearsalError(PloverTrayError):
    """The main executable cannot be rehearsed at all."""


class EntryError(PloverTrayError):
    """What Python is asked to run cannot be read."""


class FixError(PloverTrayError):
    """The bundle cannot be rebuilt as asked."""


class OutputExistsError(PloverTrayError):
    """The output is there already and may not be replaced."""


class StagingError(PloverTrayError):
    """The new file or bundle could not be written (disk full, read-only, interrupted)."""


class SigningError(PloverTrayError):
    """A signature cannot be made."""


class ImageError(PloverTrayError):
    """A disk image cannot be made, or cannot be read."""


class ToolError(PloverTrayError):
    """An outside program failed; `output` holds what it printed, for `-v`."""

    def __init__(self, message: str, *, mend: str = "", output: str = "") -> None:
        super().__init__(message, mend=mend)
        self.output = output


def unreadable(shown: str, error: Exception, otherwise: str = "") -> BundleError:
    """The error for a path that the system does not let us read, `shown` as the user knows it.

    `otherwise` is the next step where the system's reason suggests none.
    """
    reason = getattr(error, "strerror", None) or str(error)
    mend = _MENDS_FOR_READING.get(getattr(error, "errno", None) or 0, otherwise)
    return BundleError(f"{shown} cannot be read: {reason}.", mend=mend)


@contextlib.contextmanager
def writing(place: Path) -> Iterator[None]:
    """Turn an OSError of the block, which writes at `place`, into a StagingError."""
    try:
        yield
    except OSError as error:
        raise StagingError(
            f"{show_path(place)} could not be written: {error.strerror or error}.",
            mend=_MENDS.get(error.errno or 0, ""),
        ) from error
