"""Offsets of PyConfig's fields, by version.

A launcher built with Python's headers knows the fields by offset only.

Comes in: a version and an offset into PyConfig. Goes out: the field's name. The table was
made with a C compiler from each version's `cpython/initconfig.h` (3.8.18 to 3.14.3, on Linux
x86_64). macOS has the same layout, LP64 with a wchar_t of four bytes; cx_Freeze's launcher for
3.13, built on a Mac, sets just these offsets (seen here).
"""

import re
from collections.abc import Mapping

_VERSION = re.compile(r"(?:Versions/|libpython|python)(3\.\d{1,2})")

_NAMES = (
    "argv",
    "orig_argv",
    "xoptions",
    "warnoptions",
    "program_name",
    "pythonpath_env",
    "home",
    "platlibdir",
    "module_search_paths",
    "stdlib_dir",
    "executable",
    "base_executable",
    "prefix",
    "base_prefix",
    "exec_prefix",
    "base_exec_prefix",
    "run_command",
    "run_module",
    "run_filename",
)

_OFFSETS = {
    "3.8": "96 - 120 136 112 232 240 - 256 - 272 280 288 296 304 312 328 336 344",
    "3.9": "96 - 120 136 112 232 240 320 256 - 272 280 288 296 304 312 336 344 352",
    "3.10": "104 88 120 136 240 248 256 264 280 - 296 304 312 320 328 336 352 360 368",
    "3.11": "120 104 136 152 264 272 280 288 304 320 328 336 344 352 360 368 384 392 400",
    "3.12": "128 112 144 160 272 280 288 296 312 328 336 344 352 360 368 376 392 400 408",
    "3.13": "128 112 144 160 280 288 296 304 320 336 344 352 360 368 376 384 400 408 416",
    "3.14": "128 112 144 160 288 296 304 312 328 344 352 360 368 376 384 392 408 416 424",
}
"""In the order of `_NAMES`; `-` where a version has no such field."""

_SIZES = {"3.8": 360, "3.9": 392, "3.10": 392, "3.11": 424, "3.12": 432, "3.13": 448, "3.14": 456}
"""Bytes of a PyConfig."""

FIELDS: Mapping[str, Mapping[int, str]] = {
    version: {
        int(offset): name
        for offset, name in zip(offsets.split(), _NAMES, strict=True)
        if offset != "-"
    }
    for version, offsets in _OFFSETS.items()
}


def version_of(library: str | None) -> str | None:
    """`3.13` of a libpython's path, where it says so."""
    found = _VERSION.findall(library or "")
    return found[-1] if found else None


def field_at(version: str | None, offset: int) -> str | None:
    """The name of the field at `offset`, None where it is not known."""
    return FIELDS.get(version or "", {}).get(offset)


def argument_field(version: str | None) -> int | None:
    """The offset of `argv`."""
    fields = FIELDS.get(version or "", {})
    return next((offset for offset, name in fields.items() if name == "argv"), None)


def size_of(version: str | None) -> int:
    """Bytes of a PyConfig; of the smallest where the version is not known."""
    return _SIZES.get(version or "", min(_SIZES.values()))
