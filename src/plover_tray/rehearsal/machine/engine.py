"""unicorn's processor, with types: what the rest of the package calls of it.

Comes in: an architecture and a mode, as unicorn numbers them. Goes out: an `Engine`.
"""

from collections.abc import Callable
from typing import Any, Protocol, cast

from unicorn import UC_ARCH_ARM64, Uc  # type: ignore[attr-defined]
from unicorn import UcError as EngineError  # type: ignore[attr-defined]
from unicorn.arm64_const import UC_CPU_ARM64_MAX

__all__ = ["Engine", "EngineError", "new_engine"]


class Engine(Protocol):
    """The part of `unicorn.Uc` that is used; every method may raise `EngineError`."""

    def mem_map(self, address: int, size: int, perms: int) -> None:
        """Map whole pages."""

    def mem_read(self, address: int, size: int) -> bytearray:
        """Bytes in memory."""

    def mem_write(self, address: int, data: bytes) -> None:
        """Change memory, whatever its protection."""

    def reg_read(self, reg_id: int) -> int:
        """A register's value."""

    def reg_write(self, reg_id: int, value: int) -> None:
        """Change a register."""

    def emu_start(self, begin: int, until: int, timeout: int = 0, count: int = 0) -> None:
        """Run; with a timeout and then a count unicorn 2.1.4 hangs (seen here): use counts."""

    def emu_stop(self) -> None:
        """Stop, from a hook."""

    def hook_add(self, htype: int, callback: Callable[..., Any], *rest: Any) -> int:
        """Call back; `rest` is user data, begin, end, and an instruction for UC_HOOK_INSN."""

    def context_save(self) -> Any:
        """All registers."""

    def context_restore(self, context: Any) -> None:
        """Put them back."""


def new_engine(architecture: int, mode: int) -> Engine:
    """A processor with nothing mapped."""
    engine = Uc(architecture, mode)  # type: ignore[no-untyped-call]
    if architecture == UC_ARCH_ARM64:
        # Apple's compilers use ARMv8.4 and later.
        engine.ctl_set_cpu_model(UC_CPU_ARM64_MAX)  # type: ignore[no-untyped-call]
    return cast("Engine", engine)
