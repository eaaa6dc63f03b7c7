"""A picture of a Mac's menu bar, by macOS' own screencapture(1). Not yet run on a Mac."""

import subprocess
from pathlib import Path

from ..errors import ToolError
from .app_report import Geometry


def save_picture(path: Path, area: Geometry | None) -> None:
    """Save `area` (points from the main screen's upper left), or the screen, as a PNG."""
    where = [] if area is None else ["-R", ",".join(map(str, area))]
    done = subprocess.run(
        ["/usr/sbin/screencapture", "-x", *where, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0 or not path.exists():
        raise ToolError(
            "screencapture did not take a picture.",
            mend="Allow the terminal under System Settings > Privacy > Screen Recording.",
            output=done.stderr,
        )
