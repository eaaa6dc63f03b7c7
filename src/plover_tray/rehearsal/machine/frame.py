"""One call as its model sees it: arguments by C type, and notes for the trace.

Comes in: a machine that has just stopped in a trap. Whatever a model reads through a frame is noted
as the call's argument, so that the trace shows what the answer was made from.
"""

import struct

from ..budget import over
from ..guest.pretended_mac import PretendedMac
from ..guest.process import Process
from ..guest.text import shorten, show, to_text
from ..result import Call
from .emulator import Emulator
from .memory import Memory
from .objects import GuestObject


class Frame:
    """The arguments of one call."""

    def __init__(self, machine: Emulator, name: str, first: int = 0, symbol: str = "") -> None:
        """`first` is the register that holds argument 0: 2 for a method's arguments."""
        self.machine = machine
        self.name = name
        self.first = first
        self.symbol = symbol
        """As the linker wrote it, such as `_stat$INODE64`."""
        self.receiver: GuestObject | None = None
        """Of a method."""
        self.silent = False
        """Left out of the trace."""
        self._notes: dict[int, str] = {}
        self._result: str | None = None

    @property
    def memory(self) -> Memory:
        """The guest's memory."""
        return self.machine.memory

    @property
    def process(self) -> Process:
        """The guest's process."""
        return self.machine.process

    @property
    def mac(self) -> PretendedMac:
        """The Mac that is pretended."""
        return self.machine.files.mac

    # ---- arguments -----------------------------------------------------------------------------

    def raw(self, index: int) -> int:
        """An argument's 64 bits, not noted."""
        index += self.first
        abi = self.machine.abi
        if index < len(abi.arguments):
            return self.machine.get(abi.arguments[index])
        return self.memory.u64(self._stack_arguments() + 8 * (index - len(abi.arguments)))

    def pointer(self, index: int) -> int:
        """An address."""
        value = self.raw(index)
        self._notes.setdefault(index, f"{value:#x}" if value else "NULL")
        return value

    def size(self, index: int) -> int:
        """A size_t."""
        value = self.raw(index)
        self._notes[index] = str(value)
        return value

    def long(self, index: int) -> int:
        """A signed 64-bit number."""
        value = signed(self.raw(index), 64)
        self._notes[index] = str(value)
        return value

    def integer(self, index: int) -> int:
        """An int."""
        value = signed(self.raw(index) & 0xFFFFFFFF, 32)
        self._notes[index] = str(value)
        return value

    def double(self, index: int) -> float:
        """A double, counted among the floating-point arguments."""
        bits = self.machine.get(self.machine.abi.doubles[index]) & (1 << 64) - 1
        (value,) = struct.unpack("<d", bits.to_bytes(8, "little"))
        return float(value)

    def text(self, index: int) -> bytes:
        """A C string. Raises GuestFault for NULL."""
        data = self.memory.text(self.raw(index))
        self._notes[index] = show(data)
        return data

    def text_or_none(self, index: int) -> bytes | None:
        """A C string, or None for NULL."""
        if self.raw(index):
            return self.text(index)
        self._notes[index] = "NULL"
        return None

    def path(self, index: int) -> str:
        """A C string that names a file."""
        return to_text(self.text(index))

    def wide(self, index: int) -> str:
        """A wchar_t string."""
        text = self.memory.wide_text(self.raw(index))
        self._notes[index] = f"L{show(text)}"
        return text

    def texts(self, index: int) -> list[bytes]:
        """The strings of a `char **` that ends in NULL."""
        found = self.memory.texts(self.raw(index))
        self._notes[index] = shorten(f"[{', '.join(map(show, found))}]")
        return found

    def object(self, index: int) -> GuestObject | None:
        """An Objective-C or CoreFoundation object, None for nil."""
        value = self.machine.objects.at(self.raw(index))
        self._notes[index] = "nil" if value is None else shorten(str(value))
        return value

    def variadic(self, fixed: int) -> "Variadics":
        """The arguments behind the first `fixed` ones of a variadic function."""
        fixed += self.first
        abi = self.machine.abi
        if abi.variadics_on_stack:
            in_registers = max(0, fixed - len(abi.arguments))
            return Variadics(self, [], [], self._stack_arguments() + 8 * in_registers)
        words = [self.machine.get(register) for register in abi.arguments[fixed:]]
        doubles = [self.machine.get(register) & (1 << 64) - 1 for register in abi.doubles]
        beyond = max(0, fixed - len(abi.arguments))
        return Variadics(self, words, doubles, self._stack_arguments() + 8 * beyond)

    def va_list(self, index: int) -> "Variadics":
        """The arguments in a va_list."""
        address = self.raw(index)
        self._notes[index] = "..."
        if self.machine.abi.variadics_on_stack:
            return Variadics(self, [], [], address)
        general, floating = struct.unpack("<2I", self.memory.read(address, 8))
        overflow, saved = self.memory.u64(address + 8), self.memory.u64(address + 16)
        words = [self.memory.u64(saved + at) for at in range(general, 48, 8)]
        doubles = [self.memory.u64(saved + at) for at in range(floating, 176, 16)]
        return Variadics(self, words, doubles, overflow)

    def set_second(self, value: int) -> None:
        """Set the second register of a result of two words: x1, or Intel's rdx."""
        abi = self.machine.abi
        self.machine.set(abi.arguments[1 if abi.link is not None else 2], value)

    def _stack_arguments(self) -> int:
        return self.machine.stack + (8 if self.machine.abi.link is None else 0)

    # ---- the trace -----------------------------------------------------------------------------

    def note(self, index: int, text: str) -> None:
        """Say in the trace what argument `index` is."""
        self._notes[index] = shorten(text)

    def gives(self, text: bytes | str) -> None:
        """Say in the trace which text the call gives."""
        self._result = show(text)

    def says(self, text: str) -> None:
        """Say in the trace what the result is, in words."""
        self._result = shorten(text)

    def noted(self, result: int | str | None) -> Call:
        """The call for the trace."""
        last = max(self._notes, default=-1)
        arguments = tuple(self._notes.get(index, "_") for index in range(last + 1))
        if self._result is not None:
            shown = self._result
        elif result is None:
            shown = ""
        elif isinstance(result, str):
            shown = result
        else:
            value = signed(result & (1 << 64) - 1, 64)
            if value & ~0xFFFFFFFF == 0 and value & 0x80000000:
                value = signed(value, 32)
            shown = str(value) if abs(value) < 1 << 31 else f"{result:#x}"
        return Call(self.name, arguments, shown)


class Variadics:
    """The variable arguments of a call, one after the other."""

    def __init__(self, frame: Frame, words: list[int], doubles: list[int], stack: int) -> None:
        self._frame = frame
        self._words = words
        self._doubles = doubles
        self._stack = stack
        self._note = max(frame._notes, default=-1) + 1

    def word(self) -> int:
        """The next integer or pointer, as 64 bits."""
        return self._words.pop(0) if self._words else self._from_stack()

    def double(self) -> float:
        """The next double."""
        bits = self._doubles.pop(0) if self._doubles else self._from_stack()
        (value,) = struct.unpack("<d", bits.to_bytes(8, "little"))
        self.note(repr(value))
        return float(value)

    def note(self, text: str) -> None:
        """Show an argument in the trace."""
        if self._note < 64:
            self._frame.note(self._note, text)
            self._note += 1

    def text(self) -> bytes | None:
        """The next `char *`, None for NULL."""
        address = self.word()
        data = self._frame.memory.text(address) if address else None
        self.note("NULL" if data is None else show(data))
        return data

    def texts(self) -> list[bytes]:
        """All `char *` up to NULL."""
        found: list[bytes] = []
        while (text := self.text()) is not None:
            found.append(text)
            if len(found) > 100_000:
                over("nesting", "its list of arguments has no end")
        return found

    def _from_stack(self) -> int:
        value = self._frame.memory.u64(self._stack)
        self._stack += 8
        return value


def signed(value: int, bits: int) -> int:
    """Two's complement."""
    return value - (1 << bits) if value & 1 << (bits - 1) else value
