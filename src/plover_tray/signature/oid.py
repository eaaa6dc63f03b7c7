"""Object identifiers, `1.2.840.113635.100.6.1.9`, and their DER content (ITU-T X.690, 8.19)."""

from .blobs import SignatureFormatError

MAX_SIZE = 64
"""Bytes of content that are looked at."""


def decode_oid(data: bytes) -> str:
    """Dotted numbers of an object identifier's DER content."""
    numbers, value = [], 0
    for byte in data[:MAX_SIZE]:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(value)
            value = 0
    if not numbers:
        return ""
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, [first, numbers[0] - 40 * first, *numbers[1:]]))


def encode_oid(text: str) -> bytes:
    """An object identifier's DER content of dotted numbers."""
    try:
        first, second, *rest = map(int, text.split("."))
    except ValueError:
        raise SignatureFormatError(f"{text!r} is no object identifier.") from None
    out = b""
    for number in [first * 40 + second, *rest]:
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.append(number & 0x7F | 0x80)
        out += bytes(reversed(digits))
    return out
