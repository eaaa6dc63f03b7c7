"""What happens to an exception that nobody caught."""

import sys


def hide_frames():
    """Makes sys.excepthook, once, leave out the boot module's frames.

    Up to Python 3.10 the interpreter keeps the traceback apart from the exception, so that
    taking frames off the exception does not change what it prints.
    """
    hook = sys.excepthook

    def excepthook(kind, value, trace):
        sys.excepthook = hook
        strip(value)
        sys.last_traceback = value.__traceback__
        hook(kind, value, value.__traceback__)

    sys.excepthook = excepthook
