"""The machine: one slice mapped into an emulated processor, whose calls outward end in models.

Comes in: an `Image`, the guest's files and environment, a budget. `run` never returns: it raises
`Ended`. Every import is bound to an address of its own in the trap page; when the processor gets
there it stops, the model of that name answers, and it goes on behind the call.
"""

import copy
from collections.abc import Sequence
from typing import TypeVar

from ...errors import MachOError
from ..budget import Budget, over
from ..ending import Ended, GuestFault, own_error, unknown
from ..guest.errors import GuestDataError
from ..guest.filesystem import GuestFiles
from ..guest.process import Process
from ..guest.states import States
from ..result import Call, Outcome
from . import memory as layout
from .abi import ABIS
from .frame import Frame
from .image import Image
from .models import LOAD_HOOKS, QUIET, data_symbol, model_of, plain_name
from .native import native_code
from .objects import ObjectTable
from .processor import NOWHERE, Processor
from .types import Jump, Model

State = TypeVar("State")

NATIVE_SIZE = 64
"""Bytes between two functions that run as guest code; the longest has 44 (native.py)."""
RED_ZONE = 128
"""Bytes below the stack pointer that a function may use: psABI 3.2.2, and the same on arm64."""
BACK = "return to the caller"
"""The trap behind every call of a function of the guest."""


class Machine(Processor):
    """A processor with one main executable in it, whose imports end in models."""

    def __init__(self, image: Image, files: GuestFiles, process: Process, budget: Budget) -> None:
        abi = ABIS.get(image.slice_.arch)
        if abi is None:
            raise MachOError(f"There is no emulator for {image.slice_.arch}.")
        super().__init__(abi, budget)
        self.image = image
        self.files = files
        self.process = self.child = process
        self.trace: list[Call] = []
        self.objects = ObjectTable(self.memory)
        self._states = States()
        self._native_functions = 0
        self._addresses: dict[str, int] = {}
        self._nesting = 0
        self._calls = 0

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
                known = self.traps.add(symbol)
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

    def load(self, image: Image) -> None:
        """Map an image and bind its imports."""
        image.map(self.memory)
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
            if start != self.stack_low
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
        """Run from `address` until the trap `end` is reached; models answer the others."""
        while (trap := self.run_to_trap(address)) != end:
            address = self._answer(trap)

    def _answer(self, trap: int) -> int:
        """Let the model of a trap answer; the address to go on at."""
        symbol = self.traps.name_at(trap)
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
