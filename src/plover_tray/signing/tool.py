"""Running a signing tool: in go its arguments, out comes what it printed, or an error that says
what to do about it. The only place where signing starts a process.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import ToolError
from .credentials import SECRET_VARIABLES, Secret

TIMEOUT = 900.0
"""Seconds for one call: a time stamp server can be slow, a keychain's dialog waits for ever."""
MAX_OUTPUT = 1 << 20

KNOWN_FAILURES = {
    "errSecInternalComponent": (
        "The keychain is locked, or codesign may not use the key: `security unlock-keychain`, "
        "`security set-key-partition-list`."
    ),
    "no identity found": "`security find-identity -v -p codesigning` lists what there is.",
    "ambiguous (matches": "Two certificates have that name: give the fingerprint instead.",
    "timestamp service is not available": "Apple's time stamp server did not answer; try again.",
    "incorrect password": "The password does not fit the .p12 file.",
    "resource fork, Finder information": "`xattr -cr` on the bundle removes what is meant.",
}
"""What codesign and rcodesign print, and what to do then; known from their users' reports."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A program, and how long to wait for it."""

    name: str
    path: Path
    timeout: float = TIMEOUT

    def run(self, arguments: Sequence[str], *, secret: Secret | None = None) -> str:
        """Run the tool and return what it printed; raise ToolError if it fails.

        Where `{secret}` stands alone as an argument, the tool is given a path from which it can
        read the secret once.
        """
        environment = {k: v for k, v in os.environ.items() if k not in SECRET_VARIABLES}
        reading: tuple[int, ...] = ()
        if secret is not None:
            reading = (_pipe_with(secret),)
            arguments = [f"/dev/fd/{reading[0]}" if a == "{secret}" else a for a in arguments]
        try:
            done = subprocess.run(
                [str(self.path), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=environment,
                pass_fds=reading,
                timeout=self.timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise ToolError(
                f"{self.name} did not finish within {self.timeout:.0f} seconds.",
                mend="It may wait for a password dialog; unlock the keychain first.",
                output=_shown(error.stdout or b"", secret),
            ) from None
        except OSError as error:
            raise ToolError(f"{self.name} could not be started: {error.strerror}.") from error
        finally:
            for descriptor in reading:
                os.close(descriptor)
        output = _shown(done.stdout, secret)
        if done.returncode:
            raise _failure(self.name, done.returncode, output)
        return output


def find_tool(name: str, mend: str) -> Tool:
    """The program `name` on PATH. Raises ToolError with `mend` where it is missing."""
    found = shutil.which(name)
    if not found:
        raise ToolError(f"{name} is not on PATH.", mend=mend)
    return Tool(name, Path(found))


def retried(call: Callable[[], str], *, wait: Callable[[float], None]) -> str:
    """Call again, twice at most, where a time stamp server did not answer."""
    for seconds in (5.0, 20.0):
        try:
            return call()
        except ToolError as error:
            if "timestamp" not in error.output.lower():
                raise
            wait(seconds)
    return call()


def _pipe_with(secret: Secret) -> int:
    """The reading end of a pipe that holds `secret` and ends after it."""
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as file:
        file.write(secret.reveal().encode())
    return reader


def _shown(output: bytes, secret: Secret | None) -> str:
    text = output[-MAX_OUTPUT:].decode("utf-8", "replace")
    if secret is not None and secret.reveal():
        text = text.replace(secret.reveal(), "<secret>")
    return text


def _failure(name: str, code: int, output: str) -> ToolError:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    said = next((line for line in reversed(lines) if "rror" in line), lines[-1] if lines else "")
    mend = next((mend for sign, mend in KNOWN_FAILURES.items() if sign in output), "")
    message = f"{name} failed with {code}: {said[:300]}" if said else f"{name} failed with {code}."
    return ToolError(message, mend=mend, output=output)
