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

    from .boot import sibling
    from .start import state

LONGEST_CAUSE = 300


def report(error: BaseException) -> None:
    """Tells about an exception that nobody has caught."""
    given_up = isinstance(error, SystemExit) and type(error.__context__).__name__ == "_Error"
    if isinstance(error, (KeyboardInterrupt, SystemExit)) and not given_up:
        return  # runpy exits with an _Error behind it where there is no such module
    try:
        name = sibling("bundle").name()
        if name is not None:
            tell(name, error)
    except Exception:
        pass  # a failing report must not hide what it reports


def tell(name: str, error: BaseException) -> None:
    """Log, stderr, dialog."""
    import time

    traceback: Any = sibling("private_stdlib").load("traceback")
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
    traceback: Any = sibling("private_stdlib").load("traceback")
    return "".join(traceback.format_exception(type(error), error, error.__traceback__))


def show(error: BaseException) -> None:
    """Shows an exception without the boot module's frames, and ends the program.

    Up to Python 3.10 the interpreter keeps the traceback apart from the exception, so that
    taking frames off the exception does not change what it would print itself.
    """
    status, interrupted = sibling("run_to_exit").shown(error)
    if not interrupted:
        raise SystemExit(status) from None
    sys.excepthook = lambda *_: None
