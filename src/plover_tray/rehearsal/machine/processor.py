"""The emulated processor: registers, a stack, and running up to the next trap.

Comes in: an architecture and a budget. Goes out: the trap that was reached, or `Ended` with what
stopped it: a direct system call, a fault, a bound. No system call leaves this module.
"""

import unicorn
from unicorn import x86_const

from ..budget import CHUNK, Budget, Spending, over
from ..ending import Ended, unknown
from ..result import Outcome
from . import memory as layout
from .abi import Abi
from .engine import Engine, EngineError, new_engine
from .memory import EXECUTE, READ, READ_WRITE, Memory
from .models import plain_name
from .traps import TrapTable

NOWHERE = 0x5_FFFF_F000
"""Unmapped: the address unicorn is told to run to."""

_SWI = 2
"""svc, as unicorn numbers it: EXCP_SWI of QEMU's target/arm/cpu.h."""
_SYSTEM_CALL_INTERRUPTS = (0x80, 0x81, 0x82)
"""XNU's UNIX_INT, MACH_INT and MACHDEP_INT."""
_BELOW_STACK = 1 << 28
"""A fault this close below the stack is its overflow."""

_WORDS = {
    unicorn.UC_MEM_READ_UNMAPPED: "reads",
    unicorn.UC_MEM_WRITE_UNMAPPED: "writes",
    unicorn.UC_MEM_FETCH_UNMAPPED: "jumps to",
    unicorn.UC_MEM_READ_PROT: "reads",
    unicorn.UC_MEM_WRITE_PROT: "writes to read-only memory",
    unicorn.UC_MEM_FETCH_PROT: "jumps to data",
}


class Processor:
    """A processor with memory, and nothing in it but a stack and the trap page."""

    def __init__(self, abi: Abi, budget: Budget) -> None:
        self.abi = abi
        self.spending = Spending(budget)
        self.engine = new_engine(*abi.engine)
        self.memory = Memory(self.engine, self.spending)
        self.traps = TrapTable()
        self.stack_size = layout.page_ceiling(budget.stack)
        self.stack_low = layout.STACK_TOP - self.stack_size
        self._trap: int | None = None
        self._stopped: str | None = None
        self._fault: tuple[int, int] | None = None
        self._map()
        self._add_hooks()

    # ---- registers -----------------------------------------------------------------------------

    def get(self, register: int) -> int:
        """A register's value."""
        return int(self.engine.reg_read(register))

    def set(self, register: int, value: int) -> None:
        """Change a register, cut to 64 bits."""
        self.engine.reg_write(register, value & (1 << 64) - 1)

    @property
    def stack(self) -> int:
        """The stack pointer."""
        return self.get(self.abi.stack)

    # ---- running -------------------------------------------------------------------------------

    def run_to_trap(self, address: int) -> int:
        """Run from `address` until a trap is reached; the trap's address."""
        while True:
            self._trap = self._stopped = self._fault = None
            try:
                self.engine.emu_start(address, NOWHERE, count=CHUNK)
            except EngineError as error:
                self._fail(error)
            if self._stopped is not None:
                raise Ended(Outcome.UNKNOWN_CALL, self._stopped, call="system call")
            if self._trap is not None:
                return self._trap
            self.spending.a_chunk()
            address = self.get(self.abi.counter)

    def _fail(self, error: EngineError) -> None:
        """Say why the processor stopped. Always raises Ended."""
        if self._stopped is not None:
            raise Ended(Outcome.UNKNOWN_CALL, self._stopped, call="system call")
        counter = self.get(self.abi.counter)
        if self._fault is not None:
            access, address = self._fault
            symbol = self.traps.symbol_around(address)
            if symbol is not None:
                raise unknown(plain_name(symbol), "it is data that has no model")
            if self.stack_low - _BELOW_STACK <= address < self.stack_low:
                size = self.spending.budget.stack >> 20
                over("stack", f"it recurses until its stack of {size} MiB is full")
            word = _WORDS.get(access, "touches")
            raise Ended(
                Outcome.FAULT, f"It {word} {address:#x} (at {counter:#x}); a Mac would end it too."
            )
        raise Ended(Outcome.FAULT, f"It stops at {counter:#x}: {error}.")

    def _interrupted(self, number: int) -> str:
        """A sentence for a processor exception."""
        if self.abi.link is not None and number == _SWI:
            return "It makes a system call directly (svc); what follows is not known."
        if number in _SYSTEM_CALL_INTERRUPTS:
            return "It makes a system call directly (int); what follows is not known."
        raise Ended(
            Outcome.FAULT,
            f"It stops at {self.get(self.abi.counter):#x} with a trap, as abort or a failed check "
            "does.",
        )

    # ---- setting up ----------------------------------------------------------------------------

    def _map(self) -> None:
        self.engine.mem_map(layout.TRAPS, layout.TRAPS_SIZE, EXECUTE)
        code = self.abi.ret * (layout.TRAPS_SIZE // len(self.abi.ret))
        self.engine.mem_write(layout.TRAPS, code)
        self.engine.mem_map(layout.NATIVE, layout.PAGE, READ | EXECUTE)
        self.engine.mem_map(self.stack_low, self.stack_size, READ_WRITE)
        self.memory.writable.append((self.stack_low, self.stack_size))
        self.set(self.abi.stack, layout.STACK_TOP - 0x100)

    def _add_hooks(self) -> None:
        def reached(engine: Engine, address: int, _size: int, _data: object) -> None:
            self._trap = address
            engine.emu_stop()

        def invalid(
            _engine: Engine, access: int, address: int, _size: int, _value: int, _data: object
        ) -> bool:
            self._fault = access, address
            return False

        def interrupt(engine: Engine, number: int, _data: object) -> None:
            self._stopped = self._interrupted(number)
            engine.emu_stop()

        def system_call(engine: Engine, _data: object) -> None:
            self._stopped = "It makes a system call directly; what follows is not known."
            engine.emu_stop()

        traps_end = layout.TRAPS + layout.TRAPS_SIZE - 1
        self.engine.hook_add(unicorn.UC_HOOK_CODE, reached, None, layout.TRAPS, traps_end)
        self.engine.hook_add(unicorn.UC_HOOK_MEM_INVALID, invalid)
        self.engine.hook_add(unicorn.UC_HOOK_INTR, interrupt)
        if self.abi.link is None:
            for instruction in (x86_const.UC_X86_INS_SYSCALL, x86_const.UC_X86_INS_SYSENTER):
                self.engine.hook_add(unicorn.UC_HOOK_INSN, system_call, None, 1, 0, instruction)
