"""Whether this process shows, or has shown, a user interface: then its program cannot be replaced.

Out: a reason, or None. Qt's bindings are only asked if the program has imported them.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .boot import sibling

BINDINGS = ("PySide6", "PyQt6", "PySide2", "PyQt5")


def seen() -> "str | None":
    """Who runs or has run a user interface here.

    QCoreApplication.closingDown() stays true after the application object is gone (Qt's
    documentation of ~QCoreApplication; seen here with PySide6 6.12).
    """
    for binding in BINDINGS:
        core = sys.modules.get(binding + ".QtCore")
        application = getattr(core, "QCoreApplication", None)
        if application is None:
            continue
        if application.instance() is not None or application.closingDown():
            return binding
    root = getattr(sys.modules.get("tkinter"), "_default_root", None)
    if root is not None:
        return "tkinter"
    if sys.platform == "darwin" and has_c_code() and sibling("objc").finished_launching():
        return "AppKit"
    return None


def has_c_code() -> bool:
    """Whether the program could have reached AppKit at all: asking takes ctypes, and time."""
    modules = sibling("unload_modules")
    return any(
        name in ("_ctypes", "_tkinter")
        or (modules.is_native(module) and not modules.is_standard(name, module))
        for name, module in list(sys.modules.items())
    )
