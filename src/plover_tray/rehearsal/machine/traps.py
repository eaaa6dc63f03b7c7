"""The trap page: an address of its own for each symbol that a model or nobody answers.

The processor stops where it gets to such an address; which symbol stands there is known here.
"""

from ..budget import over
from .memory import TRAPS, TRAPS_SIZE

TRAP_SIZE = 16
"""Bytes between two traps."""


class TrapTable:
    """Addresses in the trap page by symbol, and back."""

    def __init__(self) -> None:
        self._symbols: list[str] = []

    def add(self, symbol: str) -> int:
        """The address of a new trap. Raises Ended where the page is full."""
        address = TRAPS + TRAP_SIZE * len(self._symbols)
        if address >= TRAPS + TRAPS_SIZE:
            over("memory", "it imports more functions than any launcher")
        self._symbols.append(symbol)
        return address

    def name_at(self, address: int) -> str | None:
        """The symbol that was bound to `address`, if it is a trap."""
        index, rest = divmod(address - TRAPS, TRAP_SIZE)
        return self._symbols[index] if not rest and 0 <= index < len(self._symbols) else None

    def symbol_around(self, address: int) -> str | None:
        """The symbol whose trap an address lies in, be it its start or not; None outside the page.

        A trap of nothing is "?".
        """
        if not TRAPS <= address < TRAPS + TRAPS_SIZE:
            return None
        return self.name_at(address & -TRAP_SIZE) or "?"
