"""Arguments and results of Foundation's methods, as Python values."""

from typing import TypeVar

from ...ending import GuestFault
from ...guest.text import show
from ...machine.frame import Frame
from ...machine.objects import Array, Dictionary, GuestObject, Url
from ..values import give, plain

NOT_FOUND = (1 << 63) - 1
"""NSNotFound."""

Kind = TypeVar("Kind", bound=GuestObject)


def receiver(frame: Frame, kind: type[Kind]) -> Kind:
    """The object a message was sent to. Raises GuestFault for one of another class."""
    value = frame.receiver
    if not isinstance(value, kind):
        raise GuestFault(0, f"sent to {value}")
    return value


def text(frame: Frame, index: int) -> str:
    """A string argument. Raises GuestFault for nil, which Foundation answers with an exception."""
    found = text_or_none(frame, index)
    if found is None:
        raise GuestFault(0, "given nil for a string")
    return found


def text_or_none(frame: Frame, index: int) -> str | None:
    """A string argument, None for nil."""
    value = frame.object(index)
    if value is None:
        return None
    return plain(value)


def give_bytes(frame: Frame, data: bytes) -> int:
    """Give a C string that lives as long as the process."""
    frame.says(show(data))
    return frame.memory.keep_text(data)


def give_url(frame: Frame, path: str | None, *, folder: bool = False) -> int:
    """Give a file URL."""
    return give(frame, None if path is None else Url(path=path, is_folder=folder))


def texts_of(value: GuestObject | None) -> list[str]:
    """The strings in an array."""
    if value is None:
        return []
    if not isinstance(value, Array):
        raise GuestFault(0, f"given {value} for an array")
    return [plain(item) for item in value.items]


def dictionary_of(value: GuestObject | None) -> dict[str, str]:
    """The strings in a dictionary."""
    if not isinstance(value, Dictionary):
        raise GuestFault(0, f"given {value} for a dictionary")
    return {name: plain(item) for name, item in value.items.items()}
