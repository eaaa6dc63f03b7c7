"""The backend `rcodesign` (crate apple-codesign): a certificate's signature, on any system.

It signs single Mach-O files only; which, in which order, with which CodeResources is ours. Seen
here with version 0.29.0: left to itself it refuses bundles whose Python.framework has no Info.plist
and signs `bin/` as a bundle, because there is one.
"""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ...errors import SigningError
from ...macho.file import show_version
from ...signature.blobs import parse_superblob
from ...signature.constants import Flag, Magic
from ...signature.entitlements import make_xml_blob
from ...signature.requirement_text import show_requirement
from ...signature.requirements import Kind
from ...signature.slices import FileFacts, read_file_facts
from ...tools.program import SECRET, Program, find_program
from ..credentials import Credentials
from ..file_signer import FileJob, SignedFile
from ..files import TEMPORARY
from ..macho_seal import SignatureContent
from ..tool_errors import retried, run_signer

INSTALL = "Install it: `cargo install apple-codesign`, or a release of apple-platform-rs."
APPLE_TIMESTAMPS = "http://timestamp.apple.com/ts01"
"""What codesign --timestamp asks, and rcodesign's own default."""


class RcodesignSigner:
    """Signs Mach-O files with `rcodesign`."""

    name = "rcodesign"

    def __init__(
        self,
        credentials: Credentials,
        *,
        tool: Program | None = None,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """Sign for `credentials`; without any, ad-hoc. Raises ToolError without rcodesign."""
        self._credentials, self._wait = credentials, wait
        self.adhoc = credentials.p12 is None
        if self.adhoc and credentials.identity:
            raise SigningError(
                "An identity is in a keychain, which rcodesign does not read.",
                mend="Give certificate and key as a .p12 file with --p12, or sign on a Mac.",
            )
        self._tool = tool or find_program("rcodesign", INSTALL)

    def sign(self, job: FileJob) -> SignedFile:
        """See FileSigner."""
        with tempfile.TemporaryDirectory(prefix="plover-tray-") as folder:
            descriptor, name = tempfile.mkstemp(prefix=TEMPORARY, dir=job.path.parent)
            os.close(descriptor)
            output = Path(name)
            try:
                arguments = self._arguments(Path(folder), job.content)
                arguments += [str(job.path), str(output)]
                secret = self._credentials.p12_password if not self.adhoc else None
                retried(lambda: run_signer(self._tool, arguments, secret=secret), wait=self._wait)
                signed = _signed(read_file_facts(output, job.algorithms), job.path)
                output.chmod(job.mode)
                job.path.unlink()
                output.rename(job.path)
            finally:
                output.unlink(missing_ok=True)
        return signed

    def _arguments(self, folder: Path, content: SignatureContent) -> list[str]:
        arguments = ["--config-file", os.devnull, "sign", "--binary-identifier", content.identifier]
        if content.flags & Flag.RUNTIME:
            arguments += ["--code-signature-flags", "runtime"]
            if content.hardened_runtime_version:
                arguments += ["--runtime-version", show_version(content.hardened_runtime_version)]
        for option, data in (
            ("--info-plist-file", content.info_plist),
            ("--code-resources-file", content.code_resources),
            ("--code-requirements-file", _designated(content)),
            ("--entitlements-xml-file", _entitlements(content)),
        ):
            if data is not None:
                file = folder / option.strip("-")
                file.write_bytes(data)
                arguments += [option, str(file)]
        if self._credentials.p12 is not None:
            arguments += ["--p12-file", str(self._credentials.p12)]
            if self._credentials.p12_password is not None:
                arguments += ["--p12-password-file", SECRET]
            url = APPLE_TIMESTAMPS if self._credentials.timestamp else "none"
            arguments += ["--timestamp-url", url]
        return arguments


def _designated(content: SignatureContent) -> bytes | None:
    """The designated requirement alone, as `csreq` would compile it."""
    if content.requirements is None:
        return None
    blob = parse_superblob(content.requirements, magic=Magic.REQUIREMENTS).find(Kind.DESIGNATED)
    return blob.raw if blob else None


def _entitlements(content: SignatureContent) -> bytes | None:
    if content.entitlements is None:
        return None
    return make_xml_blob(content.entitlements)[8:]


def _signed(facts: FileFacts, path: Path) -> SignedFile:
    signatures = [(s.arch, s.signature) for s in facts.slices if s.signature]
    errors = [fault.message for s in facts.slices for fault in s.faults]
    if not signatures or errors:
        reason = errors[0] if errors else facts.error or "it has no signature"
        raise SigningError(
            f"The signature that rcodesign made of {path.name} does not verify: {reason}."
        )
    designated = signatures[0][1].designated
    return SignedFile(
        facts.digests,
        {arch: signature.best.cdhash for arch, signature in signatures},
        show_requirement(designated) if designated else "",
    )
