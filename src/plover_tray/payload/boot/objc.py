"""Messages to Objective-C objects of this process, through its own runtime and ctypes.

In: class names, selectors, arguments. Out: what Cocoa answers. The same calls work with GNUstep on
Linux, where the tests run them. Without ctypes, or without a runtime in the process, each answer
is None.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .boot import sibling

REGULAR = 0
"""NSApplicationActivationPolicyRegular."""


class Runtime:
    """The Objective-C runtime that is loaded into this process."""

    def __init__(self, ctypes: "Any") -> None:
        self.ctypes = ctypes
        self.library: Any = ctypes.CDLL(None)
        pointer = ctypes.c_void_p
        for name in ("objc_getClass", "sel_registerName"):
            function = getattr(self.library, name)
            function.restype, function.argtypes = pointer, [ctypes.c_char_p]
        self.apple = hasattr(self.library, "objc_msgSend")
        if not self.apple:
            self.library.objc_msg_lookup.restype = pointer
            self.library.objc_msg_lookup.argtypes = [pointer, pointer]

    def named(self, name: str) -> "int | None":
        """The class of that name."""
        found: int | None = self.library.objc_getClass(name.encode())
        return found

    def send(
        self, receiver: "Any", selector: str, *arguments: "Any", result: "Any" = None
    ) -> "Any":
        """Sends a message, if the receiver knows it; None if not.

        `result` is a ctypes type, an object's address if not given. Numbers go as NSInteger, text
        as NSString, booleans as BOOL. An exception of Objective-C would end the process, so the
        receiver is asked first.
        """
        ctypes = self.ctypes
        if not receiver:
            return None
        sel = self.library.sel_registerName(selector.encode())
        known = self.call(receiver, "respondsToSelector:", [(ctypes.c_void_p, sel)], ctypes.c_byte)
        if not known:
            return None
        typed: list[tuple[Any, Any]] = []
        for argument in arguments:
            if isinstance(argument, bool):
                typed.append((ctypes.c_byte, int(argument)))
            elif isinstance(argument, int):
                typed.append((ctypes.c_long, argument))
            else:
                text = self.text(argument) if isinstance(argument, str) else argument
                typed.append((ctypes.c_void_p, text))
        return self.call(receiver, selector, typed, result)

    def call(
        self, receiver: "Any", selector: str, arguments: "list[tuple[Any, Any]]", result: "Any"
    ) -> "Any":
        """Calls the method behind a message; `arguments` are (ctypes type, value)."""
        ctypes = self.ctypes
        pointer = ctypes.c_void_p
        sel = self.library.sel_registerName(selector.encode())
        address = (
            ctypes.cast(self.library.objc_msgSend, pointer).value
            if self.apple
            else self.library.objc_msg_lookup(receiver, sel)
        )
        kinds = [kind for kind, _ in arguments]
        function = ctypes.CFUNCTYPE(result or pointer, pointer, pointer, *kinds)(address)
        return function(receiver, sel, *[value for _, value in arguments])

    def text(self, value: str) -> "Any":
        """An NSString."""
        ctypes = self.ctypes
        data = ctypes.c_char_p(value.encode("utf-8", "replace"))
        return self.send(
            self.named("NSString"), "stringWithUTF8String:", ctypes.cast(data, ctypes.c_void_p)
        )

    def string(self, value: "Any") -> "str | None":
        """The text of an NSString."""
        data = self.send(value, "UTF8String", result=self.ctypes.c_char_p)
        return data.decode("utf-8", "replace") if data is not None else None


def runtime() -> "Runtime | None":
    """The runtime, if there is one and if an application object exists."""
    ctypes = sibling("private_stdlib").load("ctypes")
    if ctypes is None:
        return None
    try:
        found = Runtime(ctypes)
    except AttributeError:
        return None
    return found if found.named("NSApplication") else None


def finished_launching() -> bool:
    """Whether AppKit has begun to serve this application.

    The launcher makes the NSApplication; finishLaunching comes with its first event loop, Qt's
    included, and stays true.
    """
    found = runtime()
    if found is None:
        return False
    current = found.send(found.named("NSRunningApplication"), "currentApplication")
    if current:
        return bool(found.send(current, "isFinishedLaunching", result=found.ctypes.c_byte))
    return bool(application(found, "isRunning", found.ctypes.c_byte))


def application(found: Runtime, selector: str, result: "Any" = None) -> "Any":
    """Asks the application object."""
    shared = found.send(found.named("NSApplication"), "sharedApplication")
    return found.send(shared, selector, result=result)


def has_session(found: Runtime) -> bool:
    """Whether there is a screen to show a dialog on."""
    if sys.platform != "darwin":
        return bool(os.environ.get("DISPLAY"))
    copy = getattr(found.library, "CGSessionCopyCurrentDictionary", None)
    if copy is None:
        return False
    copy.restype = found.ctypes.c_void_p
    return bool(copy())


def show_alert(title: str, message: str) -> bool:
    """Shows a dialog and waits until it is closed; False if there is nowhere to show it."""
    found = runtime()
    if found is None or not has_session(found):
        return False
    pool = new(found, "NSAutoreleasePool")
    shared = found.send(found.named("NSApplication"), "sharedApplication")
    found.send(shared, "setActivationPolicy:", REGULAR, result=found.ctypes.c_byte)
    found.send(shared, "activateIgnoringOtherApps:", True)
    alert = new(found, "NSAlert")
    found.send(alert, "setMessageText:", title)
    found.send(alert, "setInformativeText:", message)
    found.send(alert, "runModal", result=found.ctypes.c_long)
    found.send(pool, "drain")
    return bool(alert)


def new(found: Runtime, name: str) -> "Any":
    """A new object of a class."""
    return found.send(found.send(found.named(name), "alloc"), "init")


def identifier() -> "str | None":
    """The identifier that NSBundle gives for the main bundle."""
    found = runtime()
    if found is None:
        return None
    pool = new(found, "NSAutoreleasePool")
    main = found.send(found.named("NSBundle"), "mainBundle")
    text = found.string(found.send(main, "bundleIdentifier"))
    found.send(pool, "drain")
    return text


def activation_policy() -> "int | None":
    """NSApplicationActivationPolicy: 0 regular, 1 accessory, 2 prohibited."""
    found = runtime()
    return None if found is None else application(found, "activationPolicy", found.ctypes.c_long)
