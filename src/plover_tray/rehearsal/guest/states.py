"""What each part of a rehearsal keeps for itself, by the class that describes it."""

from typing import TypeVar

State = TypeVar("State")


class States:
    """One object of each class that was asked for, made without arguments the first time."""

    def __init__(self) -> None:
        self._kept: dict[type[object], object] = {}

    def of(self, kind: type[State]) -> State:
        """The one object of a class."""
        found = self._kept.get(kind)
        if not isinstance(found, kind):
            found = self._kept[kind] = kind()
        return found
