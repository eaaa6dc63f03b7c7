"""What a program does to the world besides starting Python: noted, never done."""

from dataclasses import dataclass
from typing import Literal

EffectKind = Literal["files", "limit", "mask", "output", "loop", "signal", "program"]

MAX_EFFECTS = 200
"""A program that does more is not a launcher; the rest is left out."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that is done to files, the process or other programs."""

    kind: EffectKind
    what: str
    """As a person would say it: a command, a call, a file."""
