"""The system tray of an X display: in goes a display's name, out its place and its picture.

A tray is the client that owns the selection `_NET_SYSTEM_TRAY_S0`; icons are embedded in its window
(freedesktop.org's System Tray Protocol). Linux only: here the probe and the tests run for real.
Spoken with python-xlib, which needs nothing built.
"""

import contextlib
import select
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image
from Xlib import X
from Xlib import error as x_error
from Xlib.display import Display

from ..errors import ToolError
from .app_report import Geometry

SELECTION = "_NET_SYSTEM_TRAY_S0"


@contextlib.contextmanager
def opened(name: str | None) -> Iterator[Display]:
    """A connection to the display `name`, or to $DISPLAY's. Raises ToolError if there is none."""
    try:
        display = Display(name)
    except (x_error.DisplayError, OSError, ValueError) as error:
        raise ToolError(
            f"There is no X display {name or ''}: {error}.",
            mend="Start one, or use --virtual-display.",
        ) from None
    try:
        yield display
    finally:
        display.close()


def tray_area(name: str | None = None) -> Geometry | None:
    """Where the system tray is on the display; None if there is none."""
    with opened(name) as display:
        return _tray_area(display)


def wait_for_tray(name: str, timeout: float) -> bool:
    """Wait up to `timeout` seconds until there is a tray; whether there is."""
    with opened(name) as display:
        # Whoever becomes the tray tells the root window's watchers so (MANAGER).
        display.screen().root.change_attributes(event_mask=X.StructureNotifyMask)
        display.sync()
        end = time.monotonic() + timeout
        while not display.get_selection_owner(display.intern_atom(SELECTION)):
            left = end - time.monotonic()
            if left <= 0 or not select.select([display], [], [], left)[0]:
                return False
            while display.pending_events():
                display.next_event()
        return True


def save_picture(path: Path, name: str | None = None) -> Geometry:
    """Save the tray's area (or the whole screen where there is no tray) as a PNG; say what."""
    with opened(name) as display:
        root = display.screen().root
        whole = root.get_geometry()
        area = _tray_area(display) or (0, 0, whole.width, whole.height)
        x, y = max(0, area[0]), max(0, area[1])
        width, height = min(area[2], whole.width - x), min(area[3], whole.height - y)
        raw = root.get_image(x, y, width, height, X.ZPixmap, 0xFFFFFFFF)
        image = Image.frombytes("RGB", (width, height), raw.data, "raw", "BGRX")
    image.save(path, "PNG")
    return x, y, width, height


def _tray_area(display: Display) -> Geometry | None:
    owner: Any = display.get_selection_owner(display.intern_atom(SELECTION))
    if not owner:
        return None
    # The owner is often a hidden window; what people see is a window of the same client, whose
    # resource identifiers share their upper bits.
    mask = ~display.display.info.resource_id_mask
    root = display.screen().root
    visible = [
        window.get_geometry()
        for window in root.query_tree().children
        if window.id & mask == owner.id & mask and window.get_attributes().map_state == X.IsViewable
    ]
    if not visible:
        return None
    largest = max(visible, key=lambda area: area.width * area.height)
    return largest.x, largest.y, largest.width, largest.height
