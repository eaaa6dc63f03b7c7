"""The guest's memory: mapped regions, a heap, and reading and writing what C keeps there.

Comes in: a unicorn engine and the budget. Goes out: bytes, or `GuestFault` where nothing is mapped.
"""

import struct
from collections import defaultdict
from dataclasses import dataclass, field

import unicorn

from ..budget import Spending, over
from ..ending import GuestFault
from .engine import Engine, EngineError

PAGE = 0x1000

IMAGES_END = 0x6_0000_0000
"""Images lie below; a main executable is linked for 0x1_0000_0000."""
TRAPS = 0x6_0000_0000
TRAPS_SIZE = 0x10_0000
NATIVE = 0x6_1000_0000
"""Functions that run as guest code."""
STACK_TOP = 0x7_0000_0000
STATIC = 0x7_1000_0000
"""Data of the system's libraries: errno, environ, objects."""
HEAP = 0x8_0000_0000

READ, WRITE, EXECUTE = unicorn.UC_PROT_READ, unicorn.UC_PROT_WRITE, unicorn.UC_PROT_EXEC
READ_WRITE = READ | WRITE

GROW = 1 << 20
LONGEST_TEXT = 4 << 20


def page_ceiling(size: int) -> int:
    """`size` rounded up to whole pages."""
    return -(-size // PAGE) * PAGE


@dataclass(slots=True)
class Arena:
    """A region that grows from its start and hands out pieces."""

    start: int
    used: int = 0
    mapped: int = 0
    sizes: dict[int, int] = field(default_factory=dict)
    free: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))


class Memory:
    """Guest memory of one machine."""

    def __init__(self, engine: Engine, spending: Spending) -> None:
        self._engine = engine
        self._spending = spending
        self.heap = Arena(HEAP)
        self.static = Arena(STATIC)
        self.writable: list[tuple[int, int]] = []
        """Start and size of the regions that the guest may change, but for the arenas."""

    def map(self, address: int, size: int, protection: int) -> None:
        """Map whole pages. Raises GuestFault where that cannot be."""
        self._spending.memory(size)
        try:
            self._engine.mem_map(address, size, protection)
        except EngineError:
            raise GuestFault(address, "mapping") from None
        if protection & WRITE:
            self.writable.append((address, size))

    def read(self, address: int, size: int) -> bytes:
        """Bytes at `address`. Raises GuestFault."""
        if size > self._spending.budget.memory:
            raise GuestFault(address, f"reading {size:,} bytes")
        if size <= 0:
            return b""
        try:
            return bytes(self._engine.mem_read(address, size))
        except (EngineError, ValueError, OverflowError):
            raise GuestFault(address, "reading") from None

    def write(self, address: int, data: bytes) -> None:
        """Put `data` at `address`, whatever the page's protection. Raises GuestFault."""
        if not data:
            return
        try:
            self._engine.mem_write(address, data)
        except (EngineError, ValueError, OverflowError):
            raise GuestFault(address, "writing") from None

    def u64(self, address: int) -> int:
        """The 8-byte number at `address`."""
        return int.from_bytes(self.read(address, 8), "little")

    def u32(self, address: int) -> int:
        """The 4-byte number at `address`."""
        return int.from_bytes(self.read(address, 4), "little")

    def put_u64(self, address: int, value: int) -> None:
        """Write an 8-byte number, cut to its size."""
        self.write(address, (value & (1 << 64) - 1).to_bytes(8, "little"))

    def put_u32(self, address: int, value: int) -> None:
        """Write a 4-byte number, cut to its size."""
        self.write(address, (value & (1 << 32) - 1).to_bytes(4, "little"))

    def text(self, address: int, limit: int = LONGEST_TEXT) -> bytes:
        """The bytes up to (without) the first zero, or `limit` of them where none comes before."""
        pieces = []
        length, step = 0, 64
        while length < limit:
            size = min(step, PAGE - (address + length) % PAGE, limit - length)
            piece = self.read(address + length, size)
            end = piece.find(b"\0")
            if end >= 0:
                pieces.append(piece[:end])
                return b"".join(pieces)
            pieces.append(piece)
            length += size
            step = PAGE
        if limit == LONGEST_TEXT:
            raise GuestFault(address, "reading a text without an end")
        return b"".join(pieces)

    def wide_text(self, address: int) -> str:
        """A `wchar_t *`: four bytes a character, up to zero."""
        characters: list[str] = []
        while (code := self.u32(address + 4 * len(characters))) != 0:
            if code > 0x10FFFF or len(characters) > LONGEST_TEXT // 16:
                raise GuestFault(address, "reading wide text")
            characters.append(chr(code))
        return "".join(characters)

    def texts(self, address: int, limit: int = 100_000) -> list[bytes]:
        """The strings of a NULL-terminated `char **`."""
        found: list[bytes] = []
        while (pointer := self.u64(address + 8 * len(found))) != 0:
            if len(found) >= limit:
                raise GuestFault(address, "reading a list without an end")
            found.append(self.text(pointer))
        return found

    def allocate(self, size: int) -> int:
        """Allocate on the heap, as malloc: 16-byte aligned, zero bytes are allowed."""
        return self._take(self.heap, size)

    def allocate_text(self, text: bytes) -> int:
        """Put `text` and a zero on the heap."""
        address = self.allocate(len(text) + 1)
        self.write(address, text + b"\0")
        return address

    def release(self, address: int) -> None:
        """Free a piece of the heap. Raises GuestFault for what was never allocated."""
        size = self.heap.sizes.pop(address, None)
        if size is None:
            raise GuestFault(address, "freeing what was not allocated")
        self.heap.free[size].append(address)

    def size_of(self, address: int) -> int | None:
        """Bytes of an allocated piece of the heap, None for anything else."""
        return self.heap.sizes.get(address)

    def keep(self, data: bytes) -> int:
        """Put `data` where it stays: the system libraries' own data."""
        address = self._take(self.static, len(data))
        self.write(address, data)
        return address

    def keep_text(self, text: bytes) -> int:
        """Put `text` and a zero where they stay."""
        return self.keep(text + b"\0")

    def keep_list(self, pointers: list[int]) -> int:
        """Put a NULL-terminated list of pointers where it stays."""
        return self.keep(struct.pack(f"<{len(pointers) + 1}Q", *pointers, 0))

    def _take(self, arena: Arena, size: int) -> int:
        if size > self._spending.budget.memory:
            over("memory", f"it asks for {size:,} bytes at once")
        size = max(16, -(-size // 16) * 16)
        if waiting := arena.free.get(size):
            address = waiting.pop()
            self.write(address, bytes(size))
        else:
            while arena.used + size > arena.mapped:
                more = max(GROW, page_ceiling(arena.used + size - arena.mapped))
                self._spending.memory(more)
                self._engine.mem_map(arena.start + arena.mapped, more, READ_WRITE)
                arena.mapped += more
            address = arena.start + arena.used
            arena.used += size
        arena.sizes[address] = size
        return address
