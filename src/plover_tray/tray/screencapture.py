"""A picture of a Mac's menu bar, by macOS' own screencapture(1). Not yet run on a Mac."""

from pathlib import Path

from ..errors import ToolError
from ..tools.program import find_program
from .app_report import Geometry

SCREENCAPTURE = "/usr/sbin/screencapture"
_TIMEOUT = 30.0
"""Seconds for one picture."""
_ALLOW = "Allow the terminal under System Settings > Privacy > Screen Recording."


def save_picture(path: Path, area: Geometry | None) -> None:
    """Save `area` (points from the main screen's upper left), or the screen, as a PNG.

    Raises ToolError where macOS does not take the picture.
    """
    where = [] if area is None else ["-R", ",".join(map(str, area))]
    program = find_program(SCREENCAPTURE, "It is a part of macOS.")
    ran = program.run(["-x", *where, str(path)], timeout=_TIMEOUT, if_late=_ALLOW)
    if ran.code or not path.exists():
        raise ToolError("screencapture did not take a picture.", mend=_ALLOW, output=ran.text)
