"""Objects as values, and back: what Foundation and CoreFoundation share."""

import math

from ..budget import over
from ..ending import GuestFault
from ..guest.errors import GuestDataError
from ..machine.frame import Frame
from ..machine.objects import LONGEST_STRING, Array, GuestObject, Number, Text, Url


def limited(size: int) -> None:
    """End the rehearsal before a string of `size` characters is made that is too long."""
    if size > LONGEST_STRING:
        over("memory", "a string grows without an end")


def plain(value: GuestObject) -> str:
    """An object's text."""
    if isinstance(value, Text):
        return value.text
    if isinstance(value, Url):
        return value.path
    raise GuestFault(0, f"given {value} for a string")


def whole(value: float) -> int:
    """A number cut to an integer. Raises GuestDataError for infinity and for what is no number."""
    if isinstance(value, float) and not math.isfinite(value):
        raise GuestDataError(f"{value} as an integer")
    return int(value)


def give(frame: Frame, value: GuestObject | None) -> int:
    """Give an object."""
    frame.says("nil" if value is None else str(value))
    return frame.machine.objects.add(value)


def give_text(frame: Frame, found: str | None, *, mutable: bool = False) -> int:
    """Give a string."""
    if found is None:
        return give(frame, None)
    return give(frame, Text("NSMutableString" if mutable else "NSString", found))


def equal(left: GuestObject | None, right: GuestObject | None) -> bool:
    """isEqual:"""
    if isinstance(left, Text) and isinstance(right, Text):
        return left.text == right.text
    if isinstance(left, Number) and isinstance(right, Number):
        return left.value == right.value
    if isinstance(left, Url) and isinstance(right, Url):
        return left.path == right.path
    if isinstance(left, Array) and isinstance(right, Array):
        pairs = zip(left.items, right.items, strict=False)
        return len(left.items) == len(right.items) and all(equal(a, b) for a, b in pairs)
    return left is right
