"""Who built a bundle, by the traces that each packager leaves."""

from collections.abc import Container, Mapping
from typing import Any

from .launcher_config import PLIST_KEY

_BUILDER_TRACES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("py2app", ("Contents/Resources/__boot__.py", "Contents/Resources/__boot__.pyc")),
    (
        "pyinstaller",
        ("Contents/Frameworks/base_library.zip", "Contents/Resources/base_library.zip"),
    ),
    ("cx_freeze", ("Contents/Resources/lib/library.zip", "Contents/MacOS/lib/library.zip")),
    ("briefcase", ("Contents/Resources/app_packages", "Contents/Resources/support/python-stdlib")),
)
"""Files that only one packager puts into a bundle; known from the packagers' sources."""


def builder_of(info: Mapping[str, Any], entries: Container[str]) -> str | None:
    """The packager of a bundle with this Info.plist and these paths; None if unknown."""
    if PLIST_KEY in info:
        return "plover-tray"
    if "PyRuntimeLocations" in info:
        return "py2app"
    for name, traces in _BUILDER_TRACES:
        if any(trace in entries for trace in traces):
            return name
    return None
