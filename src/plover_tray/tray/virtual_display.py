"""A display with a tray where there is none: in goes nothing, out the name of an Xvfb display.

For tests, and for servers that build. Nothing is timed: Xvfb chooses a free display and says so
through a pipe; the tray (Debian's `trayer`) announces itself by the selection it takes.
"""

import contextlib
import os
import select
from collections.abc import Iterator

from ..errors import ToolError
from ..tools.program import find_program
from .x11 import wait_for_tray

STARTS_WITHIN = 60.0
"""Seconds after which a display or a tray counts as broken."""


@contextlib.contextmanager
def virtual_display(size: str = "1024x768x24") -> Iterator[str]:
    """Run Xvfb; yield the display's name, such as `:7`. Raises ToolError where it is missing."""
    program = find_program("Xvfb", "Install it: apt-get install xvfb.")
    read_end, write_end = os.pipe()
    options = ["-displayfd", str(write_end), "-screen", "0", size, "-nolisten", "tcp", "-noreset"]
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, read_end)
        try:
            server = program.start(options, handed=(write_end,))
        finally:
            os.close(write_end)
        stack.callback(server.end, STARTS_WITHIN)
        ready, _, _ = select.select([read_end], [], [], STARTS_WITHIN)
        number = os.read(read_end, 32).decode().strip() if ready else ""
        if not number:
            raise ToolError("Xvfb did not start.")
        yield f":{number}"


@contextlib.contextmanager
def tray_in(display: str) -> Iterator[None]:
    """Run a system tray in `display`, at the right end of the upper edge. Raises ToolError."""
    program = find_program("trayer", "Install it: apt-get install trayer.")
    options = ["--edge", "top", "--align", "right", "--width", "20", "--height", "24"]
    tray = program.start(options, environment={"DISPLAY": display})
    try:
        if not wait_for_tray(display, STARTS_WITHIN):
            raise ToolError("trayer did not become the system tray.")
        yield
    finally:
        tray.end(STARTS_WITHIN)
