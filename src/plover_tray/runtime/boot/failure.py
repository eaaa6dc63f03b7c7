"""What the app's user is told when an exception ends the app.

In: the exception. Out: its traceback in the log; one sentence with the log's path on stderr; on a
Mac, if no window was up yet, a dialog with that sentence. The interpreter itself shows the
exception and sets the exit status, as it always does. Outside a bundle nothing is added.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .boot import sibling, state, strip

LONGEST_CAUSE = 300


def report(error: BaseException) -> None:
    """Tells about an exception that nobody has caught."""
    if sys.version_info < (3, 11):
        hide_frames()
    if isinstance(error, KeyboardInterrupt):
        return
    try:
        name = sibling("bundle").name()
        if name is not None:
            tell(name, error)
    except Exception:
        pass  # a failing report must not hide what it reports


def tell(name: str, error: BaseException) -> None:
    """Log, stderr, dialog."""
    import time

    traceback: Any = sibling("standard").load("traceback")
    started = sibling("gui").seen() is None
    if isinstance(error, SystemExit):
        cause, trace = str(error.__context__), ""
    else:
        lines = traceback.format_exception_only(type(error), error)
        cause = "".join(lines).strip().rpartition("\n")[2]
        trace = formatted(error)
    if len(cause) > LONGEST_CAUSE:
        cause = cause[:LONGEST_CAUSE] + "..."
    what = f"{name} could not be started" if started else f"{name} has ended"
    when = time.strftime("%Y-%m-%d %H:%M:%S")
    place = sibling("log").write(f"{when} {what}: {cause}\n" + ("" if "log" in state else trace))
    where = f"The log is {place}" if place else "The log could not be written"
    sentence = f"{what}: {cause}. {where}."
    if sys.stderr is not None and "log" not in state:
        sys.stderr.write(sentence + "\n")
    if started and not os.environ.get("PLOVER_TRAY_HEADLESS"):
        sibling("objc").show_alert(name, sentence)


def formatted(error: BaseException) -> str:
    """The traceback as the interpreter would print it."""
    traceback: Any = sibling("standard").load("traceback")
    return "".join(traceback.format_exception(type(error), error, error.__traceback__))


def hide_frames() -> None:
    """Makes sys.excepthook, once, leave out the boot module's frames.

    Up to Python 3.10 the interpreter keeps the traceback apart from the exception, so that
    taking frames off the exception does not change what it prints.
    """
    hook = sys.excepthook

    def excepthook(kind, value, trace):  # type: ignore[no-untyped-def]  # noqa: ARG001
        sys.excepthook = hook
        strip(value)
        sys.last_traceback = value.__traceback__
        hook(kind, value, value.__traceback__)

    sys.excepthook = excepthook
