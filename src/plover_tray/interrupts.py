"""Ctrl-C and SIGTERM: held back where an exception must not come, and taken only once.

It must not come into C++ code, nor while what an interrupted run has begun is removed.
"""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

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


class _Begun:
    things = 0


@contextlib.contextmanager
def to_be_removed() -> Iterator[None]:
    """For blocks at whose end something is removed that must not stay."""
    _Begun.things += 1
    try:
        yield
    finally:
        _Begun.things -= 1


def interrupt_once(tidying: Callable[[], object]) -> None:
    """Let the first SIGINT or SIGTERM end the program, and none after it stop the tidying up.

    The first raises KeyboardInterrupt or SystemExit; where there is something to be removed,
    `tidying` is called before, from within the handler. Those that follow do nothing until all is
    removed. A signal that is ignored, as in a job that a shell runs in the background, stays so.
    """
    came: list[int] = []

    def handle(number: int, _: FrameType | None) -> None:
        if came and _Begun.things:
            return
        came.append(number)
        if _Begun.things:
            tidying()
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + number)

    for number in _HELD:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handle)
