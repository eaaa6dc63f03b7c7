"""An image that was made, or a picture of its window, for people, on stderr."""

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import show_path
from .console import remark

if TYPE_CHECKING:
    from ..image import DmgReport


def show(report: "DmgReport") -> None:
    """Say what was made, and what to know about it."""
    for note in report.notes:
        remark(f"  {show_path(note)}")
    remark(f"Made: {show_path(report.output)}, {report.size / 1e6:.1f} MB, {report.image_format}.")


def show_preview(picture: Path) -> None:
    """Say where the picture is."""
    remark(f"Drawn: {show_path(picture)}")
