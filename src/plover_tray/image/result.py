"""What making an image tells: steps on the way, and the result."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Step = Literal["volume", "pack", "dmgbuild"]


@dataclass(frozen=True, slots=True)
class DmgProgress:
    """How far one step is."""

    step: Step
    done: int
    """Bytes (or, for dmgbuild, operations)."""
    total: int
    """0 where it is not known."""
    detail: str = ""


Progress = Callable[[DmgProgress], object]


@dataclass(frozen=True, slots=True)
class DmgReport:
    """A finished image."""

    output: Path
    size: int
    """Bytes of the image."""
    volume_name: str
    volume_size: int
    """Bytes of the volume in it; 0 where dmgbuild made it and did not say."""
    files: int
    """Names on the volume; 0 where dmgbuild made it."""
    image_format: str
    backend: Literal["builtin", "dmgbuild"]
    threads: int
    notes: tuple[str, ...]
    """What a person should know, a line each."""


NOT_MOUNTED = (
    "Made off a Mac: no Mac has mounted this image yet. `hdiutil verify` and `hdiutil attach` on"
    " one show that it works."
)
