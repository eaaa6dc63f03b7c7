"""A bundle with the boot module in it, and a program for it to run under the launcher.

Comes in: the program's text. Goes out: the bundle, and ways to start it and hear from it. A program
that was started anew is no child of the test: it reports through a pipe with a name.
"""

import json
import os
import select
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.linux_bundle import BOOT
from launcher.matrix import Bundle, Case, lay_bundle

WITHIN = 60.0
"""Seconds after which what does not come is taken to never come."""

PRELUDE = '''\
import json, os, sys, time
exe = sys.executable
launcher = os.readlink("/proc/self/exe")
def tell(**more):
    """One line for the test."""
    with open(os.open(os.environ["TELL"], os.O_WRONLY | os.O_NONBLOCK), "w") as pipe:
        pipe.write(json.dumps({
            "pid": os.getpid(), "image": os.readlink("/proc/self/exe"), "argv": sys.argv,
            "orig_argv": getattr(sys, "orig_argv", None), "cwd": os.getcwd(),
            "environ": dict(os.environ), "flags": [sys.flags.optimize, sys.flags.no_user_site],
            "main": [__name__, getattr(sys.modules["__main__"], "__file__", None)],
            "warnoptions": sys.warnoptions, **more}) + "\\n")
'''


@dataclass
class App:
    """A bundle whose program is `Contents/Resources/app/main.py`."""

    bundle: Bundle
    folder: Path
    pipe: Path
    reader: int

    @property
    def launcher(self) -> str:
        return str(self.bundle.app)

    @property
    def interpreter(self) -> str:
        return str(self.bundle.interpreter)

    @property
    def code(self) -> Path:
        return self.bundle.contents / "Resources/app"

    @property
    def boot(self) -> Path:
        return self.bundle.contents / "Resources/plover-tray"

    @property
    def logs(self) -> Path:
        return Path(self.environment["XDG_STATE_HOME"], "Demo")

    @property
    def environment(self) -> dict[str, str]:
        return {**self.bundle.environment, "TELL": str(self.pipe), "TMPDIR": str(self.folder)}

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Start the launcher; it has no terminal."""
        options = {"env": self.environment, "cwd": self.folder, **options}
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        return subprocess.Popen(
            [self.launcher, *arguments],
            stdin=options.pop("stdin", subprocess.DEVNULL),
            text=True,
            start_new_session=True,
            **options,
        )

    def run(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run the launcher to its end."""
        process = self.start(*arguments, **options)
        out, err = heard(process)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def told(self) -> dict[str, Any]:
        """The next line that a program tells."""
        text = b""
        while not text.endswith(b"\n"):
            ready, _, _ = select.select([self.reader], [], [], WITHIN)
            assert ready, "nothing was told"
            text += os.read(self.reader, 1)
        found: dict[str, Any] = json.loads(text)
        return found


MakeApp = Callable[..., App]
"""The fixture that makes an App of a Case and a program's text."""


def heard(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What a process wrote until its end, without GNUstep's complaints about the display."""
    out, err = process.communicate(timeout=WITHIN)
    lines = (err or "").splitlines(keepends=True)
    return out or "", "".join(line for line in lines if "Failed to determine offsets" not in line)


def ended(process: subprocess.Popen[str]) -> int:
    """The status with which a process ends."""
    heard(process)
    return process.returncode


@contextmanager
def app_bundle(
    folder: Path,
    case: Case,
    code: str,
    *,
    display: str = "",
    settings: Mapping[str, Any] | None = None,
    files: Mapping[str, str] | None = None,
) -> Iterator[App]:
    """Make the bundle in `folder`; the pipe is closed at the end."""
    entry = dict(settings or {})
    if not {"Module", "Function", "Code"} & {*entry}:
        entry["Script"] = "Resources/app/main.py"
    without = [] if "Module" in entry else ["Module"]
    bundle = lay_bundle(folder, case, settings=entry, without=without)
    shutil.copytree(
        BOOT,
        bundle.contents / "Resources/plover-tray",
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    if display:
        bundle.environment["DISPLAY"] = display
    pipe = folder / "tell"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDWR)
    app = App(bundle, folder, pipe, reader)
    app.code.mkdir()
    for name, text in {"main.py": code, **(files or {})}.items():
        (app.code / name).write_text(PRELUDE + text)
    try:
        yield app
    finally:
        os.close(reader)
        end_all_of(bundle.path)


def end_all_of(bundle: Path) -> None:
    """Kill what still runs out of a bundle: apps that were started anew have no parent here."""
    for process in Path("/proc").iterdir():
        try:
            if Path(os.readlink(process / "exe")).is_relative_to(bundle):
                os.kill(int(process.name), signal.SIGKILL)
        except (OSError, ValueError):
            continue
