"""What models and frames may ask of the machine that calls them.

`Machine` is the one implementation; what is written against this protocol does not import it.
"""

from typing import Protocol, TypeVar

from ..budget import Spending
from ..ending import Ended
from ..guest.filesystem import GuestFiles
from ..guest.process import Process
from ..result import Call
from .abi import Abi
from .image import Image
from .memory import Memory
from .objects import ObjectTable

State = TypeVar("State")


class Emulator(Protocol):
    """An emulated processor with one main executable in it."""

    abi: Abi
    image: Image
    """The main executable."""
    files: GuestFiles
    process: Process
    child: Process
    """What the last forked child left behind."""
    trace: list[Call]
    spending: Spending
    memory: Memory
    objects: ObjectTable

    @property
    def stack(self) -> int:
        """The stack pointer."""

    def get(self, register: int) -> int:
        """A register's value."""

    def set(self, register: int, value: int) -> None:
        """Change a register, cut to 64 bits."""

    def state_of(self, kind: type[State]) -> State:
        """What a library keeps in this machine; a fork does not copy it."""

    def address_of(self, symbol: str) -> int:
        """The address that dyld would bind `symbol` (with its leading underscore) to."""

    def call(self, function: int, *arguments: int) -> int:
        """Call a function of the guest and give what it returns (the integer register)."""

    def fork(self, process_id: int) -> Ended:
        """Return 0 from fork and run the child to its end, which leaves its process in `child`."""

    def exit(self, status: int) -> None:
        """Run what atexit was given, the last first, and leave. Always raises Ended."""

    def leave(self, status: int) -> None:
        """End as _exit(status) does. Always raises Ended."""
