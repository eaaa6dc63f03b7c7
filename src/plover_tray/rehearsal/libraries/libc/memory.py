"""malloc and friends, memcpy and friends, and their checked (`__*_chk`) variants."""
# ruff: noqa: D103 - a model's name says which function it answers for

from ...ending import Ended, GuestFault
from ...machine.frame import Frame
from ...machine.models import models
from ...result import Outcome


def checked(frame: Frame, size: int, room: int) -> None:
    """End as a `__*_chk` function does when `size` bytes do not fit into `room`."""
    if size > room:
        raise Ended(
            Outcome.FAULT,
            f"{frame.name} writes {size:,} bytes where {room:,} have room; a Mac would end it too.",
            call=frame.name,
        )


@models("malloc", "valloc", "_Znwm", "_Znam")
def malloc(frame: Frame) -> int:
    return frame.memory.allocate(frame.size(0))


@models("calloc")
def calloc(frame: Frame) -> int:
    return frame.memory.allocate(frame.size(0) * frame.size(1))


@models("realloc", "reallocf")
def realloc(frame: Frame) -> int:
    old, size = frame.pointer(0), frame.size(1)
    return resize(frame, old, size)


def resize(frame: Frame, old: int, size: int) -> int:
    """Realloc's work: a new piece with the old one's bytes."""
    memory = frame.memory
    new = memory.allocate(size)
    if old:
        had = memory.size_of(old)
        if had is None:
            raise GuestFault(old, "resizing what was not allocated")
        memory.write(new, memory.read(old, min(had, size)))
        memory.release(old)
    return new


@models("free", "cfree", "_ZdlPv", "_ZdaPv", "_ZdlPvm")
def free(frame: Frame) -> None:
    if address := frame.pointer(0):
        frame.memory.release(address)


@models("malloc_size", "malloc_good_size")
def malloc_size(frame: Frame) -> int:
    return frame.memory.size_of(frame.pointer(0)) or 0


@models("posix_memalign")
def posix_memalign(frame: Frame) -> int:
    place, alignment, size = frame.pointer(0), frame.size(1), frame.size(2)
    if alignment > 4096:
        return 22
    address = frame.memory.allocate(size + alignment)
    start = -(-address // max(alignment, 16)) * max(alignment, 16)
    if start != address:
        frame.memory.heap.sizes[start] = size
    frame.memory.put_u64(place, start)
    return 0


@models("memcpy", "memmove", "__memcpy_chk", "__memmove_chk")
def memcpy(frame: Frame) -> int:
    target, source, size = frame.pointer(0), frame.pointer(1), frame.size(2)
    if frame.name.endswith("_chk"):
        checked(frame, size, frame.raw(3))
    frame.memory.write(target, frame.memory.read(source, size))
    return target


@models("memccpy")
def memccpy(frame: Frame) -> int:
    target, source, stop, size = frame.pointer(0), frame.pointer(1), frame.raw(2), frame.size(3)
    data = frame.memory.read(source, size)
    end = data.find(bytes([stop & 0xFF]))
    frame.memory.write(target, data if end < 0 else data[: end + 1])
    return 0 if end < 0 else target + end + 1


@models("bcopy")
def bcopy(frame: Frame) -> None:
    source, target, size = frame.pointer(0), frame.pointer(1), frame.size(2)
    frame.memory.write(target, frame.memory.read(source, size))


@models("memset", "__memset_chk")
def memset(frame: Frame) -> int:
    target, byte, size = frame.pointer(0), frame.raw(1) & 0xFF, frame.size(2)
    if frame.name.endswith("_chk"):
        checked(frame, size, frame.raw(3))
    fill(frame, target, byte, size)
    return target


@models("bzero", "__bzero", "explicit_bzero")
def bzero(frame: Frame) -> None:
    fill(frame, frame.pointer(0), 0, frame.size(1))


@models("memset_s")
def memset_s(frame: Frame) -> int:
    fill(frame, frame.pointer(0), frame.raw(2) & 0xFF, min(frame.size(1), frame.size(3)))
    return 0


def fill(frame: Frame, target: int, byte: int, size: int) -> None:
    """Set `size` bytes to one value."""
    if size > frame.machine.spending.budget.memory:
        raise GuestFault(target, f"writing {size:,} bytes")
    frame.memory.write(target, bytes([byte]) * size)


@models("memset_pattern4", "memset_pattern8", "memset_pattern16")
def memset_pattern(frame: Frame) -> None:
    target, pattern, size = frame.pointer(0), frame.pointer(1), frame.size(2)
    if size > frame.machine.spending.budget.memory:
        raise GuestFault(target, f"writing {size:,} bytes")
    width = int(frame.name.removeprefix("memset_pattern"))
    data = frame.memory.read(pattern, width) * (size // width + 1)
    frame.memory.write(target, data[:size])


@models("memcmp", "bcmp", "timingsafe_bcmp")
def memcmp(frame: Frame) -> int:
    size = frame.size(2)
    left = frame.memory.read(frame.pointer(0), size)
    right = frame.memory.read(frame.pointer(1), size)
    return (left > right) - (left < right)


@models("memchr")
def memchr(frame: Frame) -> int:
    start, byte, size = frame.pointer(0), frame.raw(1) & 0xFF, frame.size(2)
    at = frame.memory.read(start, size).find(bytes([byte]))
    return 0 if at < 0 else start + at


@models("memrchr")
def memrchr(frame: Frame) -> int:
    start, byte, size = frame.pointer(0), frame.raw(1) & 0xFF, frame.size(2)
    at = frame.memory.read(start, size).rfind(bytes([byte]))
    return 0 if at < 0 else start + at


@models("memmem")
def memmem(frame: Frame) -> int:
    start = frame.pointer(0)
    hay = frame.memory.read(start, frame.size(1))
    at = hay.find(frame.memory.read(frame.pointer(2), frame.size(3)))
    return 0 if at < 0 else start + at
