"""Signing a DMG: in go the image and a certificate's credentials, out comes the signed image.

A copy is signed and then takes the name. There is no ad-hoc signature of an image: Gatekeeper looks
for a Developer ID there, or for nothing.
"""

import os
import shutil
import sys
from pathlib import Path

from ..errors import SigningError, show_path, writing
from ..signing.backends.rcodesign import APPLE_TIMESTAMPS, INSTALL
from ..signing.credentials import Credentials
from ..signing.tool_errors import run_signer
from ..tools.program import SECRET, Program, find_program
from ..writing.scratch_folder import scratch_folder

CODESIGN = "It is a part of macOS; elsewhere use rcodesign with a .p12 file."


def sign_image(image: Path, credentials: Credentials, *, tool: Program | None = None) -> str:
    """Sign the DMG `image`, and return the tool's name. Raises SigningError, ToolError."""
    by_codesign = bool(credentials.identity) and sys.platform == "darwin"
    if tool is not None:
        by_codesign = tool.name == "codesign"
    if not by_codesign and credentials.p12 is None:
        raise SigningError(
            f"{show_path(image.name)} cannot be signed: rcodesign needs a .p12 file.",
            mend="Give --p12, or use a Mac with --identity.",
        )
    if tool is None:
        name, mend = ("codesign", CODESIGN) if by_codesign else ("rcodesign", INSTALL)
        tool = find_program(name, mend)
    with scratch_folder(image) as folder, writing(image):
        signed = folder / image.name
        if by_codesign:
            shutil.copy2(image, signed)
            run_signer(tool, [*_codesign(credentials), str(signed)])
        else:
            run_signer(
                tool,
                [*_rcodesign(credentials), str(image), str(signed)],
                secret=credentials.p12_password,
            )
        with signed.open("rb") as file:
            os.fsync(file.fileno())
        signed.chmod(image.stat().st_mode & 0o777)
        signed.replace(image)
    return tool.name


def _codesign(credentials: Credentials) -> list[str]:
    keychain = ["--keychain", str(credentials.keychain)] if credentials.keychain else []
    timestamp = "--timestamp" if credentials.timestamp else "--timestamp=none"
    return ["--force", "--sign", credentials.identity or "", timestamp, *keychain]


def _rcodesign(credentials: Credentials) -> list[str]:
    url = APPLE_TIMESTAMPS if credentials.timestamp else "none"
    password = ["--p12-password-file", SECRET] if credentials.p12_password else []
    return [
        *("--config-file", os.devnull, "sign", "--p12-file", str(credentials.p12)),
        *password,
        *("--timestamp-url", url),
    ]
