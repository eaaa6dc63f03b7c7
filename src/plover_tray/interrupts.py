"""Interrupts at the wrong moment: C++ code that must not meet an exception of Python's."""

import contextlib
import signal
import threading
from collections.abc import Iterator

_HELD = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def held_back() -> Iterator[None]:
    """Let the handlers of SIGINT and SIGTERM wait until the block is over.

    For short blocks around LIEF and unicorn: a KeyboardInterrupt while they are imported aborts the
    process, and one while LIEF iterates ends the iteration early as if all were well (seen with
    LIEF 1.0 and Python 3.11). Handlers run in the main thread only; elsewhere there is nothing to
    wait for.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {
        number: handler
        for number in _HELD
        if callable(handler := signal.getsignal(number))  # the rest calls nothing of Python's
    }
    for number in before:
        signal.signal(number, lambda received, _: came.append(received))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for received in came:
            signal.raise_signal(received)
