"""The limits of a rehearsal: in goes what is spent, out comes an end that names the limit.

The code under rehearsal may be broken or hostile; whatever it does, it ends within these.
"""

import time
from dataclasses import dataclass

from .ending import Ended
from .result import Outcome

CHUNK = 1_000_000
"""Instructions between two looks at the clock; some 10 ms (seen here)."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What one slice may spend. The defaults are far above what any launcher needs."""

    instructions: int = 200_000_000
    """Counted in whole chunks of a million."""
    seconds: float = 10.0
    memory: int = 256 << 20
    """Bytes of the image, the heap and objects together."""
    stack: int = 8 << 20
    """Bytes; the main thread's stack on macOS (`ulimit -s`)."""
    calls: int = 20_000
    """Calls of modelled functions, which is also the longest trace."""
    output: int = 1 << 20
    """Bytes printed or written to files, which are kept in memory."""
    nesting: int = 40
    """Calls back into the guest (callbacks, forks) inside one another."""


class Spending:
    """What has been spent of a budget."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self._deadline = time.monotonic() + budget.seconds
        self._instructions = 0
        self._memory = 0
        self._calls = 0
        self._output = 0

    def a_chunk(self) -> None:
        """Count one chunk of instructions that met no call."""
        self._instructions += CHUNK
        if self._instructions >= self.budget.instructions:
            over("instructions", f"it ran {self._instructions:,} instructions without an end")
        self.time()

    def time(self) -> None:
        """Look at the clock."""
        if time.monotonic() > self._deadline:
            over("seconds", f"it ran for {self.budget.seconds:g} seconds without an end")

    def a_call(self) -> None:
        """Count one modelled call."""
        self._calls += 1
        if self._calls > self.budget.calls:
            over("calls", f"it made {self.budget.calls:,} calls without an end")
        self.time()

    def memory(self, size: int) -> None:
        """Count `size` more bytes of guest memory; a negative number gives back."""
        if self._memory + size > self.budget.memory:
            over("memory", f"it uses more than {self.budget.memory >> 20} MiB of memory")
        self._memory += size

    def output(self, size: int) -> None:
        """Count `size` bytes that were printed or written."""
        self._output += size
        if self._output > self.budget.output:
            over("output", f"it writes more than {self.budget.output >> 10} KiB")


def over(which: str, what: str) -> None:
    """End the rehearsal because the bound `which` was reached. Always raises Ended."""
    raise Ended(
        Outcome.BUDGET, f"The rehearsal's bound of {which} was reached: {what}.", call=which
    )
