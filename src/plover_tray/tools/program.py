"""Other programs: the only module that starts one.

`find_program` finds it, `Program.run` runs it to its end within a time limit and keeps its output,
`Program.start` lets it run beside this one. What cannot be found or started, or is late, raises
ToolError. Tests replace `locate`, or put a stand-in on PATH.
"""

import os
import selectors
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals
from subprocess import SubprocessError
from typing import IO, Any, NoReturn

from ..errors import ToolError, show_path
from .secret import SECRET_VARIABLES, Secret

__all__ = ["SECRET", "Child", "Program", "Ran", "SubprocessError", "become", "find_program"]

SECRET = "{secret}"  # noqa: S105 - where it goes
"""An argument that stands for a path from which the program can read the secret once."""
MAX_OUTPUT = 8 << 20
"""Bytes kept of each stream; Apple's log of a large app can be megabytes."""
MAX_COMPLAINT = 300
"""Characters of a program's own words in a message."""
_MAX_LINE = 1 << 20
_CHUNK = 1 << 16
_POLL = 0.1
"""Seconds between two looks at whether the program still runs."""

Variables = Mapping[str, str | None]
"""Environment variables that a program gets more, or, where None, does not get."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a program did."""

    name: str
    code: int
    """Its exit code; negative: the signal that ended it."""
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        """All that it said."""
        return f"{self.stdout}\n{self.stderr}".strip()

    @property
    def complaint(self) -> str:
        """The last line that speaks of an error, else the last line, safe for a terminal."""
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        said = [line for line in lines if "rror" in line] or lines or [""]
        return show_path(said[-1])[:MAX_COMPLAINT]

    def failure(self, known: Mapping[str, str]) -> ToolError:
        """The error for an exit code other than 0; `known` has next steps for what it may say."""
        said = self.complaint
        message = f"{self.name} failed with {self.code}{f': {said}' if said else '.'}"
        mend = next((mend for words, mend in known.items() if words in self.text), "")
        return ToolError(message, mend=mend, output=self.text)


@dataclass(frozen=True, slots=True)
class Program:
    """A program to call."""

    name: str
    path: Path

    def run(
        self,
        arguments: Sequence[str],
        *,
        timeout: float,
        if_late: str = "",
        environment: Variables | None = None,
        stdin: bytes = b"",
        secret: Secret | None = None,
        on_line: Callable[[str], object] = lambda _: None,
        on_poll: Callable[[], object] = lambda: None,
    ) -> Ran:
        """Run it to its end, for at most `timeout` seconds; what these calls raise ends it too.

        `on_line` is told each line as it comes, `on_poll` is called ten times a second and at the
        end. Raises ToolError where it cannot be started, and with `if_late` as the next step where
        it is late; the error has what the program said until then.
        """
        hidden = secret.hidden_in if secret is not None else str
        with ExitStack() as stack:
            given = stack.enter_context(_file_with(stdin))
            handed: tuple[int, ...] = ()
            if secret is not None:
                handed = (stack.enter_context(_pipe_with(secret)),)
                arguments = [f"/dev/fd/{handed[0]}" if a == SECRET else a for a in arguments]
            process = stack.enter_context(
                self._launch(
                    arguments,
                    stdin=given,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env=_variables(environment),
                    pass_fds=handed,
                )
            )
            pipes = [pipe for pipe in (process.stdout, process.stderr) if pipe]
            streams = [_Stream(pipe, lambda line: on_line(hidden(line))) for pipe in pipes]
            try:
                code = _follow(process, streams, time.monotonic() + timeout, on_poll)
            finally:
                if process.poll() is None:
                    process.kill()
        ran = Ran(self.name, process.returncode, *(hidden(stream.text) for stream in streams))
        if code is None:
            raise ToolError(
                f"{self.name} did not finish within {timeout:.0f} seconds.",
                mend=if_late,
                output=ran.text,
            )
        return ran

    def start(
        self,
        arguments: Sequence[str] = (),
        *,
        environment: Variables | None = None,
        output: IO[bytes] | None = None,
        handed: Sequence[int] = (),
    ) -> "Child":
        """Start it, with what it says in `output`, and with the descriptors `handed` open.

        Raises ToolError, from the OSError, where it cannot be started.
        """
        return Child(
            self._launch(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=output or subprocess.DEVNULL,
                stderr=subprocess.STDOUT,
                env=_variables(environment),
                pass_fds=handed,
                start_new_session=True,
            )
        )

    def _launch(self, arguments: Sequence[str], **how: Any) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen([str(self.path), *arguments], **how)
        except (OSError, ValueError) as error:  # ValueError: a NUL in an argument
            reason = getattr(error, "strerror", None) or error
            raise ToolError(f"{self.name} could not be started: {reason}.") from error


class Child:
    """A program that runs beside this one, with all that it starts, until it is ended."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        """For `Program.start`: `process` leads a process group."""
        self._process = process
        self.pid = process.pid

    def ended(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        return self._process.poll()

    def end(self, within: float) -> None:
        """Ask the group to end, and kill it where the program has not within so many seconds."""
        self._signal(SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(within)
        self._signal(SIGKILL)
        self._process.wait()

    def _signal(self, number: Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


def find_program(name: str, mend: str, *, purpose: str = "") -> Program:
    """The program `name`, which is on PATH or an absolute path.

    Raises ToolError where it is missing, with `mend` as the next step and what it is for (`packs
    the app`).
    """
    found = locate(name)
    if found is None:
        what = f"{name}, which {purpose}," if purpose else name
        raise ToolError(f"{show_path(what)} is not on PATH.", mend=mend)
    return Program(Path(name).name, found)


def locate(name: str) -> Path | None:
    """Where the program `name` is, absolute; None where there is none that may be run."""
    found = shutil.which(name)
    return Path(found).absolute() if found else None


def become(path: str, arguments: Sequence[str]) -> NoReturn:
    """Be the program at `path` from here on, in this process. Raises OSError."""
    os.execv(path, [path, *arguments])  # noqa: S606 - no shell is wanted


class _Stream:
    """What a program says on one pipe: told by lines, and its beginning kept."""

    def __init__(self, pipe: IO[bytes], on_line: Callable[[str], object]) -> None:
        self.pipe, self._on_line = pipe, on_line
        self._kept, self._line = bytearray(), bytearray()

    def read(self) -> bool:
        """Read what is there, or wait for it; False at the end."""
        data = os.read(self.pipe.fileno(), _CHUNK)
        self._kept += data[: MAX_OUTPUT - len(self._kept)]
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._tell(line)
        self._line += rest[: _MAX_LINE - len(self._line)]
        if not data and self._line:
            self._tell(b"")
        return bool(data)

    @property
    def text(self) -> str:
        return self._kept.decode("utf-8", "replace")

    def _tell(self, end: bytes) -> None:
        line = bytes(self._line + end)[:_MAX_LINE]
        self._line.clear()
        self._on_line(line.decode("utf-8", "replace").rstrip("\r"))


def _follow(
    process: subprocess.Popen[bytes],
    streams: Sequence[_Stream],
    deadline: float,
    on_poll: Callable[[], object],
) -> int | None:
    """Read all streams until the process has ended, and return its exit code; None if it is late.

    Once it has ended, only what is in the pipes already counts: a process that it left behind may
    hold them open.
    """
    with selectors.DefaultSelector() as selector:
        for stream in streams:
            selector.register(stream.pipe, selectors.EVENT_READ, stream)
        while True:
            code = process.poll()
            left = deadline - time.monotonic()
            wait = 0.0 if code is not None else max(0.0, min(left, _POLL))
            if selector.get_map():
                ready = selector.select(wait)
            else:
                ready = []
                with suppress(subprocess.TimeoutExpired):
                    process.wait(wait)
            for key, _ in ready:
                if not key.data.read():
                    selector.unregister(key.fileobj)
            on_poll()
            if (code is not None and not ready) or left <= 0:
                return code


def _variables(more: Variables | None) -> dict[str, str]:
    """The process' own environment without secrets, with `more`."""
    merged = {k: v for k, v in os.environ.items() if k not in SECRET_VARIABLES} | dict(more or {})
    return {name: value for name, value in merged.items() if value is not None}


@contextmanager
def _file_with(data: bytes) -> Iterator[IO[bytes] | int]:
    """A file that holds `data`, to be read from its beginning."""
    if not data:
        yield subprocess.DEVNULL
        return
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        yield file


@contextmanager
def _pipe_with(secret: Secret) -> Iterator[int]:
    """The reading end of a pipe that holds `secret` and ends after it."""
    reader, writer = os.pipe()
    try:
        with os.fdopen(writer, "wb") as file:
            file.write(secret.reveal().encode())
        yield reader
    finally:
        os.close(reader)
