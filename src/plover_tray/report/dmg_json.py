"""JSON of an image that was made, or of the picture of its window; see `schemas/dmg-1.json`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..image import DmgReport

SCHEMA = 1


def document(report: "DmgReport") -> dict[str, Any]:
    """The image as plain data."""
    return {
        "schema": SCHEMA,
        "output": str(report.output),
        "size": report.size,
        "volume_name": report.volume_name,
        "volume_size": report.volume_size,
        "format": report.image_format,
        "backend": report.backend,
        "notes": list(report.notes),
    }


def preview_document(picture: Path, volume_name: str) -> dict[str, Any]:
    """What `dmg --preview` drew, as plain data."""
    return {"schema": SCHEMA, "preview": str(picture), "volume_name": volume_name}
