"""A display with a tray where there is none: in goes nothing, out the name of an Xvfb display.

For tests and for build machines. Nothing is timed: Xvfb chooses a free display and says so through
a pipe; the tray (Debian's `trayer`) announces itself by the selection it takes.
"""

import contextlib
import os
import select
import shutil
import subprocess
from collections.abc import Iterator

from ..errors import ToolError
from .x11 import wait_for_tray

STARTS_WITHIN = 60.0
"""Seconds after which a display or a tray counts as broken."""


@contextlib.contextmanager
def virtual_display(size: str = "1024x768x24") -> Iterator[str]:
    """Run Xvfb; yield the display's name, such as `:7`. Raises ToolError where it is missing."""
    program = _find("Xvfb", "xvfb")
    read_end, write_end = os.pipe()
    command = [program, "-displayfd", str(write_end), "-screen", "0", size, "-nolisten", "tcp"]
    server = subprocess.Popen(
        [*command, "-noreset"],
        pass_fds=(write_end,),
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        os.close(write_end)
        ready, _, _ = select.select([read_end], [], [], STARTS_WITHIN)
        number = os.read(read_end, 32).decode().strip() if ready else ""
        if not number:
            raise ToolError("Xvfb did not start.")
        yield f":{number}"
    finally:
        os.close(read_end)
        _end(server)


@contextlib.contextmanager
def tray_in(display: str) -> Iterator[None]:
    """Run a system tray in `display`, at the right end of the upper edge. Raises ToolError."""
    program = _find("trayer", "trayer")
    options = ["--edge", "top", "--align", "right", "--width", "20", "--height", "24"]
    tray = subprocess.Popen(
        [program, *options],
        env={**os.environ, "DISPLAY": display},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        if not wait_for_tray(display, STARTS_WITHIN):
            raise ToolError("trayer did not become the system tray.")
        yield
    finally:
        _end(tray)


def _find(program: str, package: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise ToolError(f"{program} is missing.", mend=f"Install it: apt-get install {package}.")
    return found


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STARTS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
