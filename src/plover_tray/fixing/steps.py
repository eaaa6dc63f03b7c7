"""The steps of a fix: each says what is done to which path, and why; `apply` knows how."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..macho.file import Version
from .rpath_translation import Rename


@dataclass(frozen=True, slots=True)
class Step:
    """One change to the bundle; paths are relative to it."""

    path: str
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class InstallLauncher(Step):
    """Write the launcher, tailored to the app, to `path`."""

    slices: Mapping[str, tuple[Version | None, Version | None]]
    """Architecture -> minos and SDK; None leaves the launcher's own."""
    rpaths: tuple[str, ...]
    identifier: str
    """For its signature."""


@dataclass(frozen=True, slots=True)
class InstallBoot(Step):
    """Write the boot module's files into the folder `path`."""

    version: str
    """Of the app's Python, `3.13`."""
    python: str | None
    """A Python of that version, to make bytecode; None: the app compiles for itself."""
    asked_for: bool
    """Whether the user named that Python: then a bundle without its bytecode is not yet done."""


@dataclass(frozen=True, slots=True)
class EditInfo(Step):
    """Set keys in the Info.plist at `path`, in its own format and order."""

    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RenameLibraries(Step):
    """Rewrite names in the load commands of the Mach-O file at `path`."""

    renames: tuple[Rename, ...]


@dataclass(frozen=True, slots=True)
class Move(Step):
    """Move a file within the bundle."""

    to: str


@dataclass(frozen=True, slots=True)
class Remove(Step):
    """Remove a file."""
