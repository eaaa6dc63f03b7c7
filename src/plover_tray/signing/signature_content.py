"""What the signature of each file is to say: settings and file in, `SignatureContent` out.

The same for all backends: identifiers and entitlements are our choice, not the tool's.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..bundle.python_names import is_python
from ..errors import SigningError
from ..macho.file import MachOFile
from ..signature.blobs import SignatureFormatError
from ..signature.constants import Flag
from ..signature.entitlements import default_entitlements
from ..signature.layout import CodeRoot
from ..signature.requirement_parser import parse_requirement_text
from ..signature.requirements import make_requirement_set
from .existing_signature import read_existing_signature
from .identifiers import canonical_identifier, default_identifier
from .macho_seal import SignatureContent
from .options import Entitlements, SignOptions

KEPT_ENTITLEMENTS = "com.apple.security."
"""Prefix of entitlements that an ad-hoc signature may keep: others need a certificate, and the
system kills a process that claims them without one."""


def is_program(path: str, main: CodeRoot) -> bool:
    """Whether the executable at `path` is the app itself or an interpreter for its children."""
    folder = path.rpartition("/")[0]
    beside = main.executable is not None and folder == main.executable.rpartition("/")[0]
    return beside or is_python(path)


class SignatureContents:
    """The choices for all files of one bundle."""

    def __init__(self, options: SignOptions, main: CodeRoot, *, adhoc: bool) -> None:
        """Raises SigningError for a designated requirement that is not understood."""
        self._options, self._main, self._adhoc = options, main, adhoc
        self._requirement = _requirement_set(options.requirement)
        self._flags = (Flag.ADHOC if adhoc else Flag(0)) | (
            Flag.RUNTIME if options.hardened else Flag(0)
        )

    def of_file(self, path: str, data: bytes, macho: MachOFile) -> SignatureContent:
        """For a Mach-O file on its own, at `path` in the bundle."""
        existing = read_existing_signature(data, macho)
        told = self._options.identifiers.get(path)
        usual = default_identifier(path, macho) if self._adhoc else canonical_identifier(path)
        return SignatureContent(
            identifier=told or existing.identifier or usual,
            flags=self._flags,
            entitlements=self._entitlements(path, macho, existing.entitlements),
            hardened_runtime_version=self._options.runtime_version,
        )

    def of_root(self, root: CodeRoot, data: bytes, macho: MachOFile) -> SignatureContent:
        """For a bundle's main executable, its Info.plist and CodeResources left out."""
        path = root.executable or ""
        entitled = self._entitlements(
            path, macho, read_existing_signature(data, macho).entitlements
        )
        return SignatureContent(
            identifier=self.identifier(root),
            flags=self._flags,
            requirements=self._requirement if root is self._main else None,
            entitlements=entitled,
            hardened_runtime_version=self._options.runtime_version,
        )

    def identifier(self, root: CodeRoot) -> str:
        """The signing identifier of a bundle: as told, its CFBundleIdentifier, or its program."""
        if root is self._main and self._options.identifier:
            return self._options.identifier
        told = self._options.identifiers.get(root.path)
        return told or root.identifier or Path(root.executable or "").name

    def _entitlements(
        self, path: str, macho: MachOFile, existing: Mapping[str, Any]
    ) -> Entitlements | None:
        if macho.filetype != "execute":
            return None
        if is_program(path, self._main):
            if self._options.entitlements is not None:
                return self._options.entitlements or None
            if self._options.hardened:
                return default_entitlements()
        kept = {
            key: value
            for key, value in existing.items()
            if not self._adhoc or key.startswith(KEPT_ENTITLEMENTS)
        }
        return kept or None


def _requirement_set(text: str | None) -> bytes | None:
    if not text:
        return None
    try:
        return make_requirement_set(parse_requirement_text(text))
    except SignatureFormatError as error:
        raise SigningError(error.message, mend=error.mend) from None
