"""Property lists, read with suspicion: in go bytes, out comes a dictionary, or a `BundleError`.

plistlib does the parsing. What it leaves to the caller is bounded here, before it builds anything:
size, the old text format, tokens that make expat read a file again and again, objects of the binary
format that overlap (few bytes that stand for gigabytes), and the many classes of its errors.
"""

import plistlib
import struct
from typing import Any, Literal
from xml.parsers import expat

from ..errors import BundleError

MAX_PLIST = 8 << 20
"""Bytes. CodeResources of a bundle with 6,000 files is some 2 MB."""
MAX_DEPTH = 64
MAX_VALUES = 500_000
"""A binary plist can name one array many times: a value counts each time that it is reached."""
MAX_TAG = 64 << 10
"""Characters of one tag or comment. plistlib hands a file to expat in pieces of 2 KB, and expat
before 2.6 begins an unfinished tag anew with each: a comment of 8 MB took it 12 seconds (seen
here)."""
ENCODINGS = {"utf-8", "utf8", "utf-16", "iso-8859-1", "us-ascii"}
"""Those that expat reads itself, and a common misspelling; it asks Python's codecs for others."""
INTEGERS = range(-(1 << 63), 1 << 64)
"""What CoreFoundation can hold; Python would go on to millions of digits."""

PlistFormat = Literal["xml", "binary"]


def parse_plist(data: bytes, name: str) -> tuple[dict[str, Any], PlistFormat]:
    """Parse an XML or binary property list whose root is a dictionary.

    `name` is used in messages. Raises BundleError for anything else.
    """
    if len(data) > MAX_PLIST:
        raise BundleError(
            f"{name} is larger than {MAX_PLIST >> 20} MB, which no plist is.",
            mend="Replace it by the property list that belongs there.",
        )
    binary = data.startswith(b"bplist")
    try:
        if binary:
            _check_objects(data)
        else:
            _check_tags(data)
        root = plistlib.loads(data, fmt=plistlib.FMT_BINARY if binary else plistlib.FMT_XML)
        _measure(root)
    except (
        plistlib.InvalidFileException,
        expat.ExpatError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        ArithmeticError,
        RecursionError,
        MemoryError,
        struct.error,
    ) as error:
        raise BundleError(
            f"{name} is not a property list that can be read ({_reason(error)}).",
            mend=f"`plutil -lint` on a Mac, or `plistlib`, says where; write {name} anew as XML.",
        ) from None
    if not isinstance(root, dict):
        raise BundleError(
            f"{name} is a property list, but its root is not a dictionary.",
            mend=f"Write {name} anew: keys and values in a <dict>.",
        )
    return root, "binary" if binary else "xml"


def _reason(error: Exception) -> str:
    """One short line, also where the error quotes what it could not read."""
    text = str(error) if isinstance(error, expat.ExpatError | ValueError) else ""
    line = "".join(c if c.isprintable() else " " for c in text[:160])
    return line.strip() or "a value is damaged"


def _check_tags(data: bytes) -> None:
    """Raise ValueError for a tag or comment longer than any plist has, or an odd encoding."""

    def declared(_version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in ENCODINGS:
            raise ValueError(f"the encoding {encoding} is not one of a plist")

    def measure(piece: str) -> None:
        if len(piece) > MAX_TAG and piece.startswith("<"):
            raise ValueError("a tag or comment is too long")

    parser = expat.ParserCreate()
    parser.XmlDeclHandler = declared
    parser.DefaultHandler = measure
    parser.Parse(data, True)


def _check_objects(data: bytes) -> None:
    """Raise ValueError where the objects of a binary plist are together larger than the file.

    In a sound one they lie side by side. Layout: CoreFoundation's CFBinaryPList.c.
    """
    width, reference, count, _, start = struct.unpack(">6xBBQQQ", data[-32:])
    if count > MAX_VALUES:
        raise ValueError("more values than any plist has")
    table = data[start : start + count * width]
    left = len(data)
    for index in range(0, len(table), width or 1):
        at = int.from_bytes(table[index : index + width], "big")
        left -= _object_size(data[at : at + 10], reference)
        if left < 0:
            raise ValueError("its objects overlap")


def _object_size(head: bytes, reference: int) -> int:
    """Bytes of the content of the object that begins with `head`."""
    kind, size = (head[0] >> 4, head[0] & 0xF) if head else (0, 0)
    if kind == 1:
        return 1 << size
    if size == 0xF and len(head) > 1:
        size = int.from_bytes(head[2 : 2 + (1 << (head[1] & 3))], "big")
    per_item = {4: 1, 5: 1, 6: 2, 0xA: reference, 0xC: reference, 0xD: 2 * reference}
    return per_item.get(kind, 0) * size


def _measure(root: object) -> None:
    """Raise ValueError for a tree too deep or too large when written out, or with odd values."""
    reached = 1
    waiting: list[tuple[object, int]] = [(root, 0)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, int) and value not in INTEGERS:
            raise ValueError("a number is too large")
        if not isinstance(value, dict | list):
            continue
        if isinstance(value, dict) and not all(isinstance(key, str) for key in value):
            raise ValueError("a key is not a string")
        reached += len(value)
        if depth == MAX_DEPTH and value:
            raise ValueError("nested too deeply")
        if reached > MAX_VALUES:
            raise ValueError("more values than any plist has")
        items = value.values() if isinstance(value, dict) else value
        waiting += ((item, depth + 1) for item in items)
