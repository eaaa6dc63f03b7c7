"""The two processors: which registers carry arguments, and how a call returns.

Sources: Apple's "Writing ARM64 code for Apple platforms" (variadic arguments go on the stack in
slots of eight bytes), the System V AMD64 psABI (va_list, 3.5.7), unicorn's register numbers.
"""

from dataclasses import dataclass

import unicorn
from unicorn import arm64_const as a64
from unicorn import x86_const as x86


@dataclass(frozen=True, slots=True)
class Abi:
    """One architecture's calling convention, with unicorn's numbers."""

    arch: str
    engine: tuple[int, int]
    arguments: tuple[int, ...]
    doubles: tuple[int, ...]
    result: int
    stack: int
    counter: int
    link: int | None
    """The register that holds the return address; None where it is pushed on the stack."""
    ret: bytes
    """A return instruction, which fills the trap page."""
    variadics_on_stack: bool
    indirect: int
    """The register that says where a large result goes."""


ARM64 = Abi(
    arch="arm64",
    engine=(unicorn.UC_ARCH_ARM64, unicorn.UC_MODE_ARM),
    arguments=tuple(getattr(a64, f"UC_ARM64_REG_X{n}") for n in range(8)),
    doubles=tuple(getattr(a64, f"UC_ARM64_REG_D{n}") for n in range(8)),
    result=a64.UC_ARM64_REG_X0,
    stack=a64.UC_ARM64_REG_SP,
    counter=a64.UC_ARM64_REG_PC,
    link=a64.UC_ARM64_REG_X30,
    ret=bytes.fromhex("c0035fd6"),
    variadics_on_stack=True,
    indirect=a64.UC_ARM64_REG_X8,
)

X86_64 = Abi(
    arch="x86_64",
    engine=(unicorn.UC_ARCH_X86, unicorn.UC_MODE_64),
    arguments=(
        x86.UC_X86_REG_RDI,
        x86.UC_X86_REG_RSI,
        x86.UC_X86_REG_RDX,
        x86.UC_X86_REG_RCX,
        x86.UC_X86_REG_R8,
        x86.UC_X86_REG_R9,
    ),
    doubles=tuple(getattr(x86, f"UC_X86_REG_XMM{n}") for n in range(8)),
    result=x86.UC_X86_REG_RAX,
    stack=x86.UC_X86_REG_RSP,
    counter=x86.UC_X86_REG_RIP,
    link=None,
    ret=b"\xc3",
    variadics_on_stack=False,
    indirect=x86.UC_X86_REG_RDI,
)

ABIS = {"arm64": ARM64, "arm64e": ARM64, "arm64v8": ARM64, "x86_64": X86_64, "x86_64h": X86_64}
"""By the architecture's name in macho/. The processor that unicorn emulates leaves pointer
authentication off, so arm64e's instructions for it do nothing (seen here)."""
