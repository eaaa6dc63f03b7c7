"""Is this a DMG? By its name, before anything is opened."""

from pathlib import Path


def is_image(path: Path | str) -> bool:
    """Whether `path` is a DMG by its name."""
    return Path(path).suffix.lower() == ".dmg" and Path(path).is_file()
