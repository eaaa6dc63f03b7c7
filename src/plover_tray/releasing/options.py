"""How a release is to be: where it goes, who signs it, what its DMG looks like."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..signing.credentials import Credentials
from ..signing.options import SignOptions
from ..signing.sign import BackendName


@dataclass(frozen=True, slots=True)
class ReleaseOptions:
    """How a release is to be."""

    output: Path
    """The folder for the app, the DMG and the record; it is made."""
    entry: str | None = None
    """What Python runs, where the rehearsal cannot tell."""
    dmg_name: str | None = None
    """The DMG's file name; None: name and version of the app."""
    volume_name: str | None = None
    dmg_settings: Path | None = None
    dmg_format: str | None = None
    defines: Mapping[str, str] = field(default_factory=dict)
    sign: SignOptions = field(default_factory=SignOptions)
    credentials: Credentials = field(default_factory=Credentials)
    backend: BackendName = "auto"
    ignore: tuple[str, ...] = ()
    """Rules of `check` that do not count here, by code or its beginning."""
    skip_notarize: bool = False
