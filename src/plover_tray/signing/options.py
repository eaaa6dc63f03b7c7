"""What a seal is to be like: the settings that signing takes, and what it reports back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..macho.file import Version

Entitlements = Mapping[str, Any] | bytes
"""A dictionary, or an XML property list that is put into the signature as it is."""


@dataclass(frozen=True, slots=True)
class SignOptions:
    """How to seal. What is None or empty is decided as codesign would."""

    identifier: str | None = None
    """Signing identifier of the main code; None: CFBundleIdentifier."""
    identifiers: Mapping[str, str] = field(default_factory=dict)
    """Signing identifiers of other files or bundles, by their path in the bundle."""
    hardened: bool = False
    """With the hardened runtime, which notarization demands."""
    runtime_version: Version | None = None
    """Version of the hardened runtime to claim; None: the SDK of each slice."""
    entitlements: Entitlements | None = None
    """For the programs: the main executable and the interpreters for children. None: what they
    have already, or with the hardened runtime what Python with Qt and cffi needs."""
    requirement: str | None = None
    """Designated requirement of the main code, as text; None: none is written, so that an ad-hoc
    signature stands for exactly this code."""
    mend: bool = True
    """Restore frameworks' links, remove Finder's droppings, move data out of code's places."""
    drop_leftovers: bool = False
    """Remove static libraries, object files and `__pycache__` too."""


EventKind = Literal["mended", "hashed", "signed", "sealed"]


@dataclass(frozen=True, slots=True)
class SignEvent:
    """One step of signing, told as it is done."""

    kind: EventKind
    path: str
    done: int
    """Bytes dealt with so far, of `total`."""
    total: int


Progress = Callable[[SignEvent], None]


def no_progress(_: SignEvent) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class SignReport:
    """What signing has done."""

    backend: str
    identifier: str
    """Signing identifier of the main code."""
    cdhashes: Mapping[str, str]
    """Architecture to cdhash of the main code, in hexadecimal."""
    files: int
    """Mach-O files signed, main executables included."""
    bundles: int
    """Bundles sealed, the main one included."""
    steps: tuple[str, ...] = ()
    """What was changed before, so that a seal can hold the bundle, in words."""
