"""Writes what the process and its tray icons are to the file that PLOVER_TRAY_PROBE names.

In: nothing but the running app; the app's own calls are not touched. Out: one JSON object, put
in place whole each time it changes:

{"schema": 1, "stage": "python" | "qt", "settled": bool, "looks": int, "pid",
 "executable", "bundle": {"path", "executable", "identifier", "identifier_from"},
 "is_bundle_executable": bool | null, "sys_executable", "python", "platform",
 "qt": null | {"binding", "binding_version", "version", "platform_name", "application"},
 "activation_policy": "regular" | "accessory" | "prohibited" | null, "frontmost": null,
 "tray_available": bool | null, "supports_messages": bool | null,
 "screens": [{"name", "geometry", "available", "scale", "primary"}],
 "icons": [{"visible", "geometry", "icon": {"null", "template", "sizes"}, "tooltip",
            "menu": null | [{"text", "enabled", "visible", "separator", "checked", "menu"}]}],
 "error": null | text}

Geometries are [x, y, width, height] in Qt's device independent pixels. "stage" is "python" until a
QApplication is there. "settled" is true once SETTLED_LOOKS looks in a row, LOOK_EVERY apart, have
seen the same; a later change makes it false again, and the report is written anew.

A thread waits for the QApplication; from then on a timer of an object of our own that lives in
the application's thread does the looking. Icons are found among the objects that Python knows.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .boot import sibling
    from .start import state

SCHEMA = 1
VARIABLE = "PLOVER_TRAY_PROBE"
WAIT = 0.05
"""Seconds between two looks for a QApplication."""
LOOK_EVERY = 0.5
SETTLED_LOOKS = 3
DEEPEST_MENU = 8
POLICIES = ("regular", "accessory", "prohibited")
BINDINGS = ("PySide6", "PyQt6", "PySide2", "PyQt5")


def begin() -> None:
    """Starts the waiting thread; what it needs is imported before the app's own imports begin."""
    import _thread

    for name in ("json", "ctypes") if sys.platform == "darwin" else ("json",):
        sibling("private_stdlib").load(name)
    sibling("bundle").info()
    sibling("probe_qt")

    path = os.environ[VARIABLE]
    state["threads"].add(_thread.start_new_thread(wait, (path,)))


def wait(path: str) -> None:
    """Writes the first report, then hands over to Qt's own thread."""
    import time

    try:
        write(path, {**about_process(), "stage": "python", "settled": False, "looks": 0})
        while True:
            for binding in BINDINGS:
                core, widgets = ready(binding + ".QtCore"), ready(binding + ".QtWidgets")
                if core and widgets and widgets.QApplication.instance() is not None:
                    sibling("probe_qt").watch(binding, core, widgets, path)
                    return
            time.sleep(WAIT)
    except Exception as error:
        write(path, {**about_process(), "stage": "python", "settled": False, "error": repr(error)})


def ready(name: str) -> "Any":
    """A module that has been imported to its end, or None."""
    module = sys.modules.get(name)
    spec = getattr(module, "__spec__", None)
    return None if getattr(spec, "_initializing", False) else module


def write(path: str, report: "dict[str, Any]") -> None:
    """Puts a report in place whole."""
    beside = f"{path}.{os.getpid()}"
    try:
        with open(beside, "w", encoding="utf-8") as file:
            file.write(sibling("private_stdlib").load("json").dumps(report, indent=1) + "\n")
        os.replace(beside, path)
    except OSError:
        pass


def about_process() -> "dict[str, Any]":
    """What does not change while the process lives."""
    bundle = sibling("bundle")
    image = executable()
    main = bundle.launcher()
    identifier, source = bundle.info().get("CFBundleIdentifier"), "Info.plist"
    if sys.platform == "darwin":
        identifier, source = sibling("objc").identifier(), "NSBundle"
    return {
        "schema": SCHEMA,
        "pid": os.getpid(),
        "executable": image,
        "bundle": {
            "path": bundle.path(),
            "executable": main,
            "identifier": identifier,
            "identifier_from": source,
        },
        "is_bundle_executable": same_file(image, main),
        "sys_executable": sys.executable,
        "python": "{}.{}.{}".format(*sys.version_info[:3]),
        "platform": sys.platform,
        "qt": None,
        "activation_policy": None,
        "tray_available": None,
        "supports_messages": None,
        "screens": [],
        "icons": [],
        "error": None,
    }


def same_file(image: "str | None", main: "str | None") -> "bool | None":
    """Whether the process runs the bundle's own executable; None outside a bundle."""
    if main is None or image is None:
        return None
    return os.path.realpath(image) == os.path.realpath(main)


def executable() -> "str | None":
    """The file that this process is an image of, as the system says."""
    if sys.platform != "darwin":
        try:
            return os.readlink("/proc/self/exe")
        except OSError:
            return None
    ctypes = sibling("private_stdlib").load("ctypes")
    if ctypes is None:
        return None
    library: Any = ctypes.CDLL(None)
    buffer = ctypes.create_string_buffer(4096)
    if library.proc_pidpath(os.getpid(), buffer, len(buffer)) > 0:
        return os.fsdecode(buffer.value)
    size = ctypes.c_uint32(len(buffer))
    if library._NSGetExecutablePath(buffer, ctypes.byref(size)) == 0:
        return os.fsdecode(buffer.value)
    return None
