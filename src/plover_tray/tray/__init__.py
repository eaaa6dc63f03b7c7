"""The tray, proved: starts an app for real and says whether its icon has a place people can see.

`TrayIcons` is what the pytest fixture `tray_icons` gives, for a test's type hints; it and
`CaughtIcon` are imported when they are asked for, since they need pytest-qt.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .qt_icons import CaughtIcon, Message, TrayIcons

__all__ = ["CaughtIcon", "Message", "TrayIcons"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.qt_icons"), name)
