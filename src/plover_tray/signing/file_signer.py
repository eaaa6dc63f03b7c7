"""How one Mach-O file gets its signature: the built-in way, and what another way has to offer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..macho.file import MachOFile
from .files import digests, replace_file
from .macho_seal import SignatureContent, seal_macho


@dataclass(frozen=True, slots=True)
class SignedFile:
    """A file that was signed and written."""

    digests: Mapping[str, bytes]
    """Of the whole file, by algorithm."""
    cdhashes: Mapping[str, bytes]
    """Architecture to cdhash."""
    requirement: str = ""
    """The designated requirement written into it, as text; empty: to be exactly this code."""


@dataclass(frozen=True, slots=True)
class FileJob:
    """A file to be signed where it lies."""

    path: Path
    data: bytes
    """Its bytes."""
    macho: MachOFile
    content: SignatureContent
    mode: int
    """Permission bits that it gets."""
    algorithms: Sequence[str] = ()
    """Of the digests wanted."""


class FileSigner(Protocol):
    """Signs Mach-O files, several at a time."""

    name: str
    """The backend's name, for people."""
    adhoc: bool
    """Whether it signs without a certificate."""

    def sign(self, job: FileJob) -> SignedFile:
        """Sign a file and write it in its own place. Raises SigningError or ToolError."""
        ...


class BuiltinSigner:
    """Ad-hoc, in pure Python."""

    name = "builtin"
    adhoc = True

    def sign(self, job: FileJob) -> SignedFile:
        """See FileSigner."""
        sealed = seal_macho(job.data, job.macho, job.content)
        replace_file(job.path, sealed.parts, job.mode)
        return SignedFile(digests(sealed.parts, job.algorithms), sealed.cdhashes)
