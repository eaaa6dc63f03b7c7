"""What a model is: a call's frame comes in, the call's result goes out."""

from collections.abc import Callable
from dataclasses import dataclass

from .frame import Frame


@dataclass(frozen=True, slots=True)
class Jump:
    """A model's answer: go on at this address of the guest, with the same arguments."""

    address: int


Model = Callable[[Frame], int | Jump | None]
