"""Running xcrun and rcodesign: in go arguments, out come exit code and output.

The only place where shipping starts a process. Lines are told as they come, so that a submission's
ID is known before its upload ends.
"""

import contextlib
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ..errors import ToolError
from ..notarization.credentials import SECRET_VARIABLES
from ..signing.credentials import SECRET_VARIABLES as SIGNING_SECRETS

UPLOAD_TIMEOUT = 7200.0
"""Seconds for one upload: half a gigabyte over a slow line."""
CALL_TIMEOUT = 300.0
"""Seconds for one question."""
MAX_OUTPUT = 8 << 20
"""Characters kept of each stream; Apple's log of a large app can be megabytes."""
_MAX_LINE = 1 << 20


@dataclass(frozen=True, slots=True)
class Ran:
    """What a program did."""

    code: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        """All that it said."""
        return f"{self.stdout}\n{self.stderr}".strip()


@dataclass(frozen=True, slots=True)
class Program:
    """A program to call."""

    name: str
    path: Path

    def run(
        self,
        arguments: Sequence[str],
        *,
        timeout: float = CALL_TIMEOUT,
        on_line: Callable[[str], object] = lambda _: None,
    ) -> Ran:
        """Run it to its end; `on_line` is told each line as it comes, from another thread.

        Raises ToolError where it cannot be started or does not end in time.
        """
        hidden = SECRET_VARIABLES | SIGNING_SECRETS
        environment = {k: v for k, v in os.environ.items() if k not in hidden}
        try:
            process = subprocess.Popen(
                [str(self.path), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
            )
        except OSError as error:
            raise ToolError(f"{self.name} could not be started: {error.strerror}.") from error
        with process:
            out, err = _Reader(process.stdout, on_line), _Reader(process.stderr, on_line)
            try:
                code = process.wait(timeout)
            except BaseException as error:
                with contextlib.suppress(OSError):
                    process.kill()
                if isinstance(error, subprocess.TimeoutExpired):
                    raise ToolError(
                        f"{self.name} did not finish within {timeout:.0f} seconds.",
                        mend="Look at the network, then run the same command again.",
                    ) from None
                raise
            return Ran(code, out.text(), err.text())


def find_program(name: str, mend: str) -> Program:
    """The program `name` on PATH. Raises ToolError with `mend` where it is missing."""
    found = shutil.which(name)
    if not found:
        raise ToolError(f"{name} is not on PATH.", mend=mend)
    return Program(name, Path(found))


class _Reader:
    """Reads a pipe to its end in a thread of its own."""

    def __init__(self, stream: IO[bytes] | None, on_line: Callable[[str], object]) -> None:
        self._stream, self._on_line = stream, on_line
        self._lines: list[str] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        kept = 0
        with contextlib.suppress(ValueError, OSError):  # closed under us after a kill
            while self._stream is not None:
                data = self._stream.readline(_MAX_LINE)
                if not data:
                    break
                line = data.decode("utf-8", "replace")
                kept += len(line)
                if kept <= MAX_OUTPUT:
                    self._lines.append(line)
                self._on_line(line.rstrip("\r\n"))

    def text(self) -> str:
        self._thread.join(10)
        return "".join(self._lines)
