"""Errors a person can act on: what is wrong in one line, and what to do next.

Everything that bad input, a missing tool or a full disk can cause is raised as a subclass of
`PloverTrayError`; the command line prints it as one line and exits with 2.
"""

from pathlib import Path


def show_path(path: Path | str) -> str:
    """A path on one line, safe for a terminal, whatever is in its name."""
    text = str(path)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


class PloverTrayError(Exception):
    """Something the person at the keyboard can mend.

    `message` is one sentence that names the file or the setting; `mend` says what to do next and
    may be empty where the message already does.
    """

    exit_code = 2

    def __init__(self, message: str, *, mend: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend

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
