"""The machine: one slice mapped into an emulated processor, whose calls outward end in models.

Comes in: an `Image`, the guest's files and environment, a budget. `run` never returns: it raises
`Ended`. Every import is bound to an address of its own in the trap page; when the processor gets
there it stops, the model of that name answers, and it goes on behind the call. No system call
leaves this module: a direct one ends the rehearsal.
"""

import copy
from collections.abc import Sequence
from typing import TypeVar

import unicorn
from unicorn import x86_const

from ...errors import MachOError
from ..budget import CHUNK, Budget, Spending, over
from ..ending import Ended, GuestFault, own_error, unknown
from ..guest.errors import GuestDataError
from ..guest.filesystem import GuestFiles
from ..guest.process import Process
from ..guest.states import States
from ..result import Call, Outcome
from . import memory as layout
from .abi import ABIS, Abi
from .engine import Engine, EngineError, new_engine
from .frame import Frame
from .image import Image
from .memory import EXECUTE, READ, READ_WRITE, Memory
from .models import LOAD_HOOKS, QUIET, data_symbol, model_of, plain_name
from .native import native_code
from .objects import ObjectTable
from .types import Jump, Model

State = TypeVar("State")

TRAP_SIZE = 16
NATIVE_SIZE = 64
"""Bytes between two functions that run as guest code; the longest has 44 (native.py)."""
RED_ZONE = 128
BACK = "return to the caller"
"""The trap behind every call of a function of the guest."""
NOWHERE = 0x5_FFFF_F000
"""Unmapped: the address unicorn is told to run to."""

_WORDS = {
    unicorn.UC_MEM_READ_UNMAPPED: "reads",
    unicorn.UC_MEM_WRITE_UNMAPPED: "writes",
    unicorn.UC_MEM_FETCH_UNMAPPED: "jumps to",
    unicorn.UC_MEM_READ_PROT: "reads",
    unicorn.UC_MEM_WRITE_PROT: "writes to read-only memory",
    unicorn.UC_MEM_FETCH_PROT: "jumps to data",
}


class Machine:
    """An emulated processor with one main executable in it."""

    def __init__(self, image: Image, files: GuestFiles, process: Process, budget: Budget) -> None:
        abi = ABIS.get(image.slice_.arch)
        if abi is None:
            raise MachOError(f"There is no emulator for {image.slice_.arch}.")
        self.abi: Abi = abi
        self.image = image
        self.images: list[Image] = []
        self.files = files
        self.process = process
        self.trace: list[Call] = []
        self.spending = Spending(budget)
        self.engine = new_engine(*abi.engine)
        self.memory = Memory(self.engine, self.spending)
        self.objects = ObjectTable(self.memory)
        self._states = States()
        self._native_functions = 0
        self._traps: list[str] = []
        self._addresses: dict[str, int] = {}
        self._trap: int | None = None
        self._stopped: str | None = None
        self._fault: tuple[int, int] | None = None
        self._nesting = 0
        self._calls = 0
        self._prepare(budget)

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

    def state_of(self, kind: type[State]) -> State:
        """What a library keeps in this machine; a fork does not copy it."""
        return self._states.of(kind)

    # ---- symbols -------------------------------------------------------------------------------

    def address_of(self, symbol: str) -> int:
        """The address that dyld would bind `symbol` (with its leading underscore) to."""
        known = self._addresses.get(symbol)
        if known is None:
            known = data_symbol(self, symbol) or self._native(plain_name(symbol))
            if known is None:
                known = layout.TRAPS + TRAP_SIZE * len(self._traps)
                if known >= layout.TRAPS + layout.TRAPS_SIZE:
                    over("memory", "it imports more functions than any launcher")
                self._traps.append(symbol)
            self._addresses[symbol] = known
        return known

    def _native(self, name: str) -> int | None:
        """The address of a function that runs as guest code, put there when it is first bound."""
        code = native_code(self.abi.arch, name)
        if code is None:
            return None
        address = layout.NATIVE + NATIVE_SIZE * self._native_functions
        self._native_functions += 1
        self.engine.mem_write(address, code)
        return address

    def trap_name(self, address: int) -> str | None:
        """The symbol that was bound to `address`, if it is a trap."""
        index, rest = divmod(address - layout.TRAPS, TRAP_SIZE)
        return self._traps[index] if not rest and 0 <= index < len(self._traps) else None

    def load(self, image: Image) -> None:
        """Map an image and bind its imports."""
        image.map(self.memory)
        self.images.append(image)
        for binding in image.bindings:
            address = self.address_of(binding.symbol)
            self.memory.put_u64(binding.address + image.slide, address + binding.addend)
        for hook in LOAD_HOOKS:
            hook(self)

    # ---- running -------------------------------------------------------------------------------

    def run(self, arguments: Sequence[int]) -> None:
        """Run initializers and main as dyld does. Always raises Ended.

        `arguments` are main's: argc, argv, envp, apple.
        """
        try:
            self.load(self.image)
            entry, is_main = self.image.entry
            for initializer in self.image.initializers(self.memory):
                self.call(initializer, *arguments)
            if not is_main:
                self._enter_start(entry, arguments)
            self.exit(self.call(entry, *arguments) & 0xFFFFFFFF)
        except GuestFault as fault:
            raise Ended(Outcome.FAULT, f"It fails: {fault}.") from None

    def exit(self, status: int) -> None:
        """Run what atexit was given, the last first, and leave. Always raises Ended."""
        functions = self.process.exit_functions
        while functions:
            function, argument = functions.pop()
            if argument is None:
                self.call(function)
            else:
                self.call(function, argument)
        self.leave(status)

    def leave(self, status: int) -> None:
        """End as _exit(status) does. Always raises Ended."""
        self.process.exit_status = status & 0xFF
        raise Ended(Outcome.EXIT, f"It exits with status {status & 0xFF}.", call="exit")

    def call(self, function: int, *arguments: int) -> int:
        """Call a function of the guest and give what it returns (the integer register)."""
        self._nesting += 1
        self._calls += 1
        if self._nesting > self.spending.budget.nesting:
            over("nesting", "its callbacks call one another without an end")
        context = self.engine.context_save()
        try:
            stack = (self.stack - RED_ZONE) & ~15
            on_stack = arguments[len(self.abi.arguments) :]
            stack -= -(-len(on_stack) * 8 // 16) * 16
            for index, value in enumerate(on_stack):
                self.memory.put_u64(stack + 8 * index, value)
            for register, value in zip(self.abi.arguments, arguments, strict=False):
                self.set(register, value)
            back = self.address_of(BACK)
            if self.abi.link is None:
                stack -= 8
                self.memory.put_u64(stack, back)
            else:
                self.set(self.abi.link, back)
            self.set(self.abi.stack, stack)
            self._run(function, back)
            return self.get(self.abi.result)
        finally:
            self.engine.context_restore(context)
            self._nesting -= 1
            self._calls -= 1

    def fork(self, process_id: int) -> Ended:
        """Return 0 from fork and run the child to its end; then be the parent again.

        What the child did to the process is left in `child`.
        """
        context = self.engine.context_save()
        used = [(arena.start, arena.used) for arena in (self.memory.heap, self.memory.static)]
        regions = [
            (start, size)
            if start != self._stack_low
            else (self.stack, layout.STACK_TOP - self.stack)
            for start, size in self.memory.writable
        ]
        contents = [(start, self.memory.read(start, size)) for start, size in regions + used]
        kept = copy.deepcopy((self.memory.heap, self.process))
        objects = self.objects.snapshot()
        self._nesting += 1
        if self._nesting > self.spending.budget.nesting:
            over("nesting", "its children fork without an end")
        try:
            self.process.process_id = process_id
            address = self._return_address()
            if self.abi.link is None:
                self.set(self.abi.stack, self.stack + 8)
            self.set(self.abi.result, 0)
            self._run(address, self.address_of(BACK))
            if self._calls > 1:
                raise unknown("fork", "a callback returns in its child")
            self.exit(self.get(self.abi.result) & 0xFFFFFFFF)
            raise AssertionError("a child ends by an end")  # pragma: no cover
        except Ended as end:
            return end
        finally:
            self._nesting -= 1
            mapped = self.memory.heap.mapped
            self.memory.heap, process = kept
            self.memory.heap.mapped = mapped
            self.child, self.process = self.process, process
            self.objects.restore(objects)
            for start, data in contents:
                self.memory.write(start, data)
            self.engine.context_restore(context)

    def _run(self, address: int, end: int) -> None:
        """Run from `address` until the trap `end` is reached."""
        while True:
            self._trap = self._stopped = self._fault = None
            try:
                self.engine.emu_start(address, NOWHERE, count=CHUNK)
            except EngineError as error:
                self._fail(error)
            if self._stopped is not None:
                raise Ended(Outcome.UNKNOWN_CALL, self._stopped, call="system call")
            if self._trap is None:
                self.spending.a_chunk()
                address = self.get(self.abi.counter)
            elif self._trap == end:
                return
            else:
                address = self._answer(self._trap)

    def _answer(self, trap: int) -> int:
        """Let the model of a trap answer; the address to go on at."""
        symbol = self.trap_name(trap)
        if symbol is None:
            raise Ended(Outcome.FAULT, f"It jumps to {trap:#x}, where nothing is.")
        name = plain_name(symbol)
        self.spending.a_call()
        model = model_of(name)
        if model is None:
            self.trace.append(Call(name, (), "?"))
            raise unknown(name)
        frame = Frame(self, name, symbol=symbol)
        frame.silent = name in QUIET
        return self.answer(model, frame)

    def answer(self, model: Model, frame: Frame) -> int:
        """Run a model and note the call; the address to go on at."""
        try:
            result = model(frame)
        except GuestFault as fault:
            self.trace.append(frame.noted("fault"))
            raise Ended(Outcome.FAULT, f"{frame.name} is {fault}.", call=frame.name) from None
        except Ended as end:
            self.trace.append(frame.noted("?" if end.outcome == Outcome.UNKNOWN_CALL else ""))
            raise
        except RecursionError:
            over("nesting", "what it builds stands too deep in one another")
        except GuestDataError as odd:
            self.trace.append(frame.noted("?"))
            raise unknown(frame.name, "its model does not understand how") from odd
        except MachOError:
            raise
        except Exception as error:
            self.trace.append(frame.noted("?"))
            raise own_error(f"the model of {frame.name}", frame.name, error) from error
        if isinstance(result, Jump):
            return result.address
        back = self._return_address()
        if self.abi.link is None:
            self.set(self.abi.stack, self.stack + 8)
        if result is not None:
            self.set(self.abi.result, result)
        if not frame.silent:
            self.trace.append(frame.noted(result))
        return back

    def _return_address(self) -> int:
        if self.abi.link is not None:
            return self.get(self.abi.link)
        return self.memory.u64(self.stack)

    def _fail(self, error: EngineError) -> None:
        """Say why the processor stopped. Always raises Ended."""
        if self._stopped is not None:
            raise Ended(Outcome.UNKNOWN_CALL, self._stopped, call="system call")
        counter = self.get(self.abi.counter)
        if self._fault is not None:
            access, address = self._fault
            if layout.TRAPS <= address < layout.TRAPS + layout.TRAPS_SIZE:
                symbol = self.trap_name(address & -TRAP_SIZE) or "?"
                raise unknown(plain_name(symbol), "it is data that has no model")
            if self._stack_low - (1 << 28) <= address < self._stack_low:
                size = self.spending.budget.stack >> 20
                over("stack", f"it recurses until its stack of {size} MiB is full")
            word = _WORDS.get(access, "touches")
            raise Ended(
                Outcome.FAULT, f"It {word} {address:#x} (at {counter:#x}); a Mac would end it too."
            )
        raise Ended(Outcome.FAULT, f"It stops at {counter:#x}: {error}.")

    # ---- setting up ----------------------------------------------------------------------------

    def _prepare(self, budget: Budget) -> None:
        self.engine.mem_map(layout.TRAPS, layout.TRAPS_SIZE, EXECUTE)
        code = self.abi.ret * (layout.TRAPS_SIZE // len(self.abi.ret))
        self.engine.mem_write(layout.TRAPS, code)
        self.engine.mem_map(layout.NATIVE, layout.PAGE, READ | EXECUTE)
        size = layout.page_ceiling(budget.stack)
        self._stack_low = layout.STACK_TOP - size
        self.engine.mem_map(self._stack_low, size, READ_WRITE)
        self.memory.writable.append((self._stack_low, size))
        self.set(self.abi.stack, layout.STACK_TOP - 0x100)
        self.child = self.process

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

    def _interrupted(self, number: int) -> str:
        """A sentence for a processor exception."""
        if self.abi.link is not None and number == 2:
            return "It makes a system call directly (svc); what follows is not known."
        if number in (0x80, 0x81, 0x82):
            return "It makes a system call directly (int); what follows is not known."
        raise Ended(
            Outcome.FAULT,
            f"It stops at {self.get(self.abi.counter):#x} with a trap, as abort or a failed check "
            "does.",
        )

    def _enter_start(self, entry: int, arguments: Sequence[int]) -> None:
        """Enter an old executable's `start`, which finds argc and argv on the stack."""
        argc, argv, envp, apple = arguments
        words = [argc]
        for start in (argv, envp, apple):
            place = start
            while value := self.memory.u64(place):
                words.append(value)
                place += 8
            words.append(0)
        stack = (self.stack - 8 * len(words)) & ~15
        for index, word in enumerate(words):
            self.memory.put_u64(stack + 8 * index, word)
        self.set(self.abi.stack, stack)
        self._run(entry, NOWHERE)
