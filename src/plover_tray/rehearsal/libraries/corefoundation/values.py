"""Arguments and results of CoreFoundation's functions, as Python values."""

from ...ending import GuestFault, unknown
from ...guest.text import to_bytes, to_text
from ...machine.frame import Frame
from ...machine.objects import Text, Url

UTF8, ASCII, MAC_ROMAN, LATIN1 = 0x08000100, 0x0600, 0, 0x0201
UTF16, UTF16_LE, UTF32_LE = 0x0100, 0x14000100, 0x1C000100
"""CFStringEncoding's numbers."""

_CODECS = {
    UTF8: "utf-8",
    ASCII: "ascii",
    MAC_ROMAN: "mac-roman",
    LATIN1: "latin-1",
    UTF16: "utf-16-le",
    UTF16_LE: "utf-16-le",
    UTF32_LE: "utf-32-le",
}


def string(frame: Frame, index: int) -> str:
    """A CFString's text. Raises GuestFault for NULL or another class."""
    value = frame.object(index)
    if not isinstance(value, Text):
        raise GuestFault(0, f"given {value} for a string")
    return value.text


def url(frame: Frame, index: int) -> Url:
    """A CFURL. Raises GuestFault for NULL or another class."""
    value = frame.object(index)
    if not isinstance(value, Url):
        raise GuestFault(0, f"given {value} for a URL")
    return value


def decode(frame: Frame, data: bytes, encoding: int) -> str | None:
    """Bytes in a CFStringEncoding as text; None where they are not in it."""
    if encoding == UTF8:
        return to_text(data)
    codec = _CODECS.get(encoding)
    if codec is None:
        raise unknown(frame.name, f"the encoding {encoding:#x} has no model")
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        return None


def encode(frame: Frame, text: str, encoding: int) -> bytes | None:
    """Text in a CFStringEncoding; None where it cannot be."""
    if encoding == UTF8:
        return to_bytes(text)
    codec = _CODECS.get(encoding)
    if codec is None:
        raise unknown(frame.name, f"the encoding {encoding:#x} has no model")
    try:
        return text.encode(codec)
    except UnicodeEncodeError:
        return None


def into_buffer(frame: Frame, place: int, room: int, data: bytes) -> int:
    """Put a C string into a buffer of `room` bytes: 1, or 0 where it does not fit."""
    if len(data) + 1 > room:
        return 0
    frame.memory.write(place, data + b"\0")
    frame.says(f"1, {to_text(data)!r}")
    return 1
