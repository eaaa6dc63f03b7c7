"""Blocks of C, whose layout is that of clang's Block-ABI-Apple, and setjmp."""
# ruff: noqa: D103 - a model's name says which function it answers for

from ...machine.emulator import Emulator
from ...machine.frame import Frame
from ...machine.models import data, models


@data("_NSConcreteGlobalBlock", "_NSConcreteStackBlock")
def block_class(machine: Emulator) -> int:
    return machine.objects.class_address("__NSBlock")


@models("_Block_copy", "_Block_object_assign")
def block_copy(frame: Frame) -> int:
    """A block's own bytes, whose size stands in its descriptor."""
    if frame.name == "_Block_object_assign":
        frame.memory.put_u64(frame.pointer(0), frame.raw(1))
        return 0
    block = frame.pointer(0)
    size = frame.memory.u64(frame.memory.u64(block + 24) + 8)
    copy = frame.memory.allocate(size)
    frame.memory.write(copy, frame.memory.read(block, size))
    return copy


@models("_Block_release", "_Block_object_dispose")
def block_release(_frame: Frame) -> int:
    return 0


@models("setjmp", "_setjmp", "sigsetjmp")
def setjmp(frame: Frame) -> int:
    """The first return; nothing jumps back, longjmp has no model."""
    frame.pointer(0)
    return 0
