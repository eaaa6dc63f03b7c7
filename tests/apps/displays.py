"""X displays for tests: Xvfb, and in it a real system tray (Debian's `trayer`).

Comes in: nothing. Goes out: a display's name for as long as the context lasts. Nothing is timed:
Xvfb chooses a free display itself and says so through a pipe; a tray announces itself with the
MANAGER message that the freedesktop.org system tray specification asks for.
"""

import ctypes
import ctypes.util
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

STARTS_WITHIN = 60.0
"""Seconds after which a display or a tray counts as broken: far beyond what is ever needed."""

STRUCTURE_NOTIFY_MASK = 1 << 17
"""From X.h: among others, the messages sent to all who watch a window."""


class DisplayError(RuntimeError):
    """No display or no tray can be had; the message says why."""


@contextmanager
def virtual_display(*, size: str = "1024x768x24") -> Iterator[str]:
    """Run Xvfb; yield its display's name (`:7`)."""
    program = shutil.which("Xvfb")
    if program is None:
        raise DisplayError("Xvfb is missing (Debian's package xvfb)")
    read_end, write_end = os.pipe()
    command = [program, "-displayfd", str(write_end), "-screen", "0", size, "-nolisten", "tcp"]
    server = subprocess.Popen(
        [*command, "-noreset"], pass_fds=(write_end,), stderr=subprocess.DEVNULL
    )
    try:
        os.close(write_end)
        ready, _, _ = select.select([read_end], [], [], STARTS_WITHIN)
        number = os.read(read_end, 32).decode().strip() if ready else ""
        if not number:
            raise DisplayError("Xvfb did not start")
        yield f":{number}"
    finally:
        os.close(read_end)
        end(server)


@contextmanager
def tray_in(display: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `trayer` in `display`; yield its process once the tray takes icons."""
    program = shutil.which("trayer")
    if program is None:
        raise DisplayError("trayer is missing (Debian's package trayer)")
    with _TrayAnnouncement(display) as announcement:
        tray = subprocess.Popen(
            [program, "--edge", "top", "--align", "right", "--width", "20", "--height", "24"],
            env={**os.environ, "DISPLAY": display},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            announcement.wait()
            yield tray
        finally:
            end(tray)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process that we started and wait for its end."""
    process.terminate()
    try:
        process.wait(STARTS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class _TrayAnnouncement:
    """Waits until somebody owns the selection _NET_SYSTEM_TRAY_S0."""

    def __init__(self, display: str) -> None:
        name = ctypes.util.find_library("X11")
        if name is None:
            raise DisplayError("libX11 is missing")
        self._x = ctypes.CDLL(name)
        self._x.XOpenDisplay.restype = ctypes.c_void_p
        self._x.XOpenDisplay.argtypes = [ctypes.c_char_p]
        self._x.XDefaultRootWindow.restype = ctypes.c_ulong
        self._x.XInternAtom.restype = ctypes.c_ulong
        self._x.XGetSelectionOwner.restype = ctypes.c_ulong
        self._display = ctypes.c_void_p(self._x.XOpenDisplay(display.encode()))
        if not self._display:
            raise DisplayError(f"cannot open display {display}")
        self._tray = ctypes.c_ulong(self._x.XInternAtom(self._display, b"_NET_SYSTEM_TRAY_S0", 0))
        root = ctypes.c_ulong(self._x.XDefaultRootWindow(self._display))
        self._x.XSelectInput(self._display, root, ctypes.c_long(STRUCTURE_NOTIFY_MASK))
        self._x.XSync(self._display, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._x.XCloseDisplay(self._display)

    def wait(self) -> None:
        """Return once there is a tray; raises DisplayError when none comes."""
        connection = self._x.XConnectionNumber(self._display)
        event = (ctypes.c_long * 24)()  # XEvent is a union padded to 24 longs (Xlib.h)
        give_up = time.monotonic() + STARTS_WITHIN
        while not self._x.XGetSelectionOwner(self._display, self._tray):
            while self._x.XPending(self._display):
                self._x.XNextEvent(self._display, event)
            left = give_up - time.monotonic()
            if left <= 0 or not select.select([connection], [], [], left)[0]:
                raise DisplayError("trayer did not become the system tray")
