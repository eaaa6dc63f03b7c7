"""Property lists, read with suspicion: in go bytes, out comes a dictionary, or a `BundleError`.

plistlib does the parsing. What it leaves to the caller is bounded here: size, the old text format,
and the errors of hostile input (entity bombs, cycles, absurd counts), each of another class.
"""

import plistlib
import struct
from typing import Any, Literal
from xml.parsers.expat import ExpatError

from .errors import BundleError

MAX_PLIST = 8 << 20
"""Bytes. CodeResources of a bundle with 6,000 files is some 2 MB."""
MAX_DEPTH = 64
MAX_VALUES = 500_000
"""A binary plist can name one array many times: a value counts each time that it is reached."""

PlistFormat = Literal["xml", "binary"]


def parse_plist(data: bytes, name: str) -> tuple[dict[str, Any], PlistFormat]:
    """Parse an XML or binary property list whose root is a dictionary.

    `name` is used in messages. Raises BundleError for anything else.
    """
    if len(data) > MAX_PLIST:
        raise BundleError(f"{name} is larger than {MAX_PLIST >> 20} MB, which no plist is.")
    binary = data.startswith(b"bplist")
    try:
        root = plistlib.loads(data, fmt=plistlib.FMT_BINARY if binary else plistlib.FMT_XML)
        _measure(root)
    except (
        plistlib.InvalidFileException,
        ExpatError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        ArithmeticError,
        RecursionError,
        MemoryError,
        struct.error,
    ) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BundleError(
            f"{name} is not a property list that can be read ({reason}).",
            mend=f"`plutil -lint` on a Mac, or `plistlib`, says where; write {name} anew as XML.",
        ) from None
    if not isinstance(root, dict):
        raise BundleError(f"{name} is a property list, but its root is not a dictionary.")
    return root, "binary" if binary else "xml"


def _measure(root: object) -> None:
    """Raise ValueError for a tree too deep or too large when written out."""
    reached = 0
    waiting: list[tuple[object, int]] = [(root, 0)]
    while waiting:
        value, depth = waiting.pop()
        reached += 1
        if depth > MAX_DEPTH:
            raise ValueError("nested too deeply")
        if reached > MAX_VALUES:
            raise ValueError("more values than any plist has")
        if isinstance(value, dict):
            if not all(isinstance(key, str) for key in value):
                raise ValueError("a key is not a string")
            waiting += ((item, depth + 1) for item in value.values())
        elif isinstance(value, list):
            waiting += ((item, depth + 1) for item in value)
