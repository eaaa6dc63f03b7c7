"""Starting an app as its user would, and watching what its process becomes.

In goes a bundle, out comes a `RunningApp` that knows the file its process is an image of, now. On
a Mac apps are started by LaunchServices only: one started from a terminal can be attributed to the
terminal's own menu bar entry (known from steipete/CodexBar#1945). On Linux the main executable is
started as a process of its own; what it does not stop itself is ended with it.
"""

import contextlib
import errno
import os
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from ..bundle.app_bundle import AppBundle
from ..errors import BundleError, ToolError
from ..tools.program import Program, find_program

ENDS_WITHIN = 10.0
"""Seconds that an app has to end after SIGTERM."""
LAST_WORDS = 4096
"""Bytes of an app's output that are kept for the message."""
OPEN, PS = "/usr/bin/open", "/bin/ps"
_OPEN_TIMEOUT = 120.0
"""Seconds; macOS looks through an app before it starts it for the first time."""
_PS_TIMEOUT = 30.0
_PART_OF_MACOS = "It is a part of macOS."


@dataclass(frozen=True, slots=True)
class ProcessImage:
    """A process and the file it is an image of."""

    pid: int
    executable: str


class RunningApp(Protocol):
    """An app that was started to be looked at."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def images(self) -> tuple[ProcessImage, ...]:
        """The app's process first, then its descendants; empty once it has ended."""
        ...

    def ended(self) -> str | None:
        """How the app ended, in words; None while it runs."""
        ...


def start_app(
    bundle: AppBundle, arguments: Sequence[str], environment: Mapping[str, str]
) -> RunningApp:
    """Start the app with more `environment`. Raises BundleError or ToolError if it cannot."""
    if bundle.executable is None:
        raise BundleError(
            "The bundle has no main executable.", mend="`plover-tray check` says why."
        )
    if sys.platform == "darwin":
        return _MacApp(bundle, arguments, environment)
    return _LinuxApp(bundle.path / bundle.executable, arguments, environment)


class _LinuxApp:
    """The main executable as a process group of its own."""

    def __init__(
        self, executable: Path, arguments: Sequence[str], environment: Mapping[str, str]
    ) -> None:
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the app has ended
        program = Program(executable.name, executable)
        try:
            self._child = program.start(arguments, environment=environment, output=self._output)
        except ToolError as error:
            self._output.close()
            if getattr(error.__cause__, "errno", None) == errno.ENOEXEC:
                error.mend = "Probe a Mac's app on a Mac; here `plover-tray rehearse` follows it."
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.end(ENDS_WITHIN)
        self._output.close()

    def images(self) -> tuple[ProcessImage, ...]:
        if self._child.ended() is not None:
            return ()
        found = []
        for pid in [self._child.pid, *_descendants(self._child.pid)]:
            with contextlib.suppress(OSError):
                found.append(ProcessImage(pid, str(Path(f"/proc/{pid}/exe").readlink())))
        return tuple(found)

    def ended(self) -> str | None:
        status = self._child.ended()
        if status is None:
            return None
        how = f"exit status {status}" if status >= 0 else signal.Signals(-status).name
        self._output.seek(0, os.SEEK_END)
        self._output.seek(max(0, self._output.tell() - LAST_WORDS))
        lines = self._output.read().decode(errors="replace").strip().splitlines()
        return f"{how}, with the last words: {lines[-1]}" if lines else how


def _descendants(pid: int) -> list[int]:
    """The processes below `pid`, nearest first, by Linux' list of each thread's children."""
    found, waiting = [], [pid]
    while waiting:
        here = waiting.pop(0)
        for children in Path(f"/proc/{here}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                below = [int(word) for word in children.read_text().split()]
                found += below
                waiting += below
    return found


class _MacApp:
    """An app started through LaunchServices, its processes found by the path of their image.

    Written after the manual pages of open(1) and ps(1); not yet run on a Mac.
    """

    def __init__(
        self, bundle: AppBundle, arguments: Sequence[str], environment: Mapping[str, str]
    ) -> None:
        self._bundle = bundle
        self._before = {pid for pid, _, _ in _processes()}
        words = ["-n", "-a", str(bundle.path)]
        for name, value in environment.items():
            words += ["--env", f"{name}={value}"]
        words += ["--args", *arguments]
        ran = find_program(OPEN, _PART_OF_MACOS).run(words, timeout=_OPEN_TIMEOUT)
        if ran.code:
            raise ToolError(
                f"LaunchServices did not start {bundle.name}.",
                mend="Open it in the Finder; -v shows what `open` said.",
                output=ran.text,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for image in self.images():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(image.pid, signal.SIGTERM)

    def images(self) -> tuple[ProcessImage, ...]:
        root = str(self._bundle.path) + "/"
        new = [row for row in _processes() if row[0] not in self._before]
        ours = [(pid, parent, path) for pid, parent, path in new if path.startswith(root)]
        pids = {pid for pid, _, _ in ours}
        ours.sort(key=lambda row: row[1] in pids)
        return tuple(ProcessImage(pid, path) for pid, _, path in ours)

    def ended(self) -> str | None:
        return None


def _processes() -> list[tuple[int, int, str]]:
    """Process, parent and path of the image, of all processes (macOS' ps prints whole paths)."""
    ps = find_program(PS, _PART_OF_MACOS)
    ran = ps.run(["-axo", "pid=,ppid=,comm="], timeout=_PS_TIMEOUT)
    rows = [line.split(None, 2) for line in ran.stdout.splitlines()]
    return [(int(row[0]), int(row[1]), row[2]) for row in rows if len(row) == 3]
