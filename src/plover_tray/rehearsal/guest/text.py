"""Texts of the guest: bytes as Python's text and back, and as a trace shows them."""

LONGEST_NOTE = 400
"""Characters of one argument in a trace."""


def to_text(data: bytes) -> str:
    """Bytes as text: UTF-8, other bytes as surrogate escapes."""
    return data.decode("utf-8", "surrogateescape")


def to_bytes(text: str) -> bytes:
    """Text back as bytes; half a UTF-16 pair, which no file name has, as a question mark."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def shorten(text: str) -> str:
    """A note that stays within bounds."""
    return text if len(text) <= LONGEST_NOTE else f"{text[:LONGEST_NOTE]}..."


def show(data: bytes | str) -> str:
    """A text as the trace shows it, in quotes."""
    text = to_text(data) if isinstance(data, bytes) else data
    return shorten(f'"{text}"') if text.isprintable() else shorten(ascii(text))
