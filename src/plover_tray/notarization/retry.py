"""Retrying within bounds: in goes a call, out comes its result or its last error.

Time itself is handed in, so that tests need not wait.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from .tool_errors import NetworkError

T = TypeVar("T")


class Clock(Protocol):
    """The time, in seconds from wherever, and waiting."""

    def now(self) -> float:
        """The time."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class RealClock:
    """The system's clock, which does not jump."""

    def now(self) -> float:
        """See Clock."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """See Clock."""
        time.sleep(seconds)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long to wait for what; all in seconds."""

    timeout: float = 3600.0
    """For Apple's verdict, from the end of the upload. Apple's usual is minutes, the first app of
    a new account can take a day (known from users' reports)."""
    first_poll: float = 5.0
    longest_poll: float = 60.0
    retries: Sequence[float] = (2.0, 8.0, 30.0, 60.0)
    """Waits before the second, third, ... try after a network error."""
    ticket_retries: Sequence[float] = (5.0, 10.0, 20.0, 40.0, 60.0, 60.0)
    """The same while a ticket is accepted but not yet to be had."""

    def polls(self) -> Iterator[float]:
        """Waits between two questions, each longer than the one before."""
        wait = self.first_poll
        while True:
            yield wait
            wait = min(wait * 1.5, self.longest_poll)


DEFAULT_POLICY = RetryPolicy()


def retry(
    call: Callable[[], T],
    waits: Sequence[float],
    clock: Clock,
    *,
    kind: type[NetworkError] = NetworkError,
    on_retry: Callable[[NetworkError, float], object] = lambda _, __: None,
) -> T:
    """Call until it succeeds, at most once more than there are `waits`."""
    for wait in waits:
        try:
            return call()
        except kind as error:
            on_retry(error, wait)
            clock.sleep(wait)
    return call()
