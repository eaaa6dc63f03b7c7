"""What notarization tells while it works; whoever listens draws it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

EventKind = Literal[
    "packing", "sending", "sent", "resumed", "status", "retry", "stapling", "stapled", "note"
]


@dataclass(frozen=True, slots=True)
class NotarizationEvent:
    """One thing that happened."""

    kind: EventKind
    text: str
    """A line for people."""


Progress = Callable[[NotarizationEvent], object]
