"""Time: it is always the same moment, and waiting takes none."""
# ruff: noqa: D103 - a model's name says which function it answers for

import struct

from ...guest.system_paths import MOMENT
from ...machine.frame import Frame
from ...machine.models import models
from .state import LibcState


@models("sleep", "usleep", "nanosleep")
def sleep(frame: Frame) -> int:
    """Takes no time here."""
    frame.raw(0)
    return 0


@models("time")
def time(frame: Frame) -> int:
    if place := frame.pointer(0):
        frame.memory.put_u64(place, MOMENT)
    return MOMENT


@models("gettimeofday", "clock_gettime")
def gettimeofday(frame: Frame) -> int:
    place = frame.pointer(0) if frame.name == "gettimeofday" else frame.pointer(1)
    if place:
        frame.memory.write(place, struct.pack("<qq", MOMENT, 0))
    return 0


@models("mach_absolute_time", "clock", "mach_continuous_time", "clock_gettime_nsec_np")
def clock(frame: Frame) -> int:
    state = frame.machine.state_of(LibcState)
    state.clock += 1000
    return state.clock


@models("mach_timebase_info")
def timebase(frame: Frame) -> int:
    frame.memory.write(frame.pointer(0), struct.pack("<2I", 1, 1))
    return 0


@models("localtime", "gmtime", "localtime_r", "gmtime_r")
def localtime(frame: Frame) -> int:
    """A struct tm of 9 October 2025, whatever is asked."""
    fields = struct.pack("<9i4xqq", 0, 0, 8, 9, 9, 125, 4, 281, 0, 0, 0)
    if frame.name.endswith("_r"):
        frame.memory.write(frame.pointer(1), fields)
        return frame.raw(1)
    return frame.memory.keep(fields)


@models("strftime")
def strftime(frame: Frame) -> int:
    place, size = frame.pointer(0), frame.size(1)
    text = b"2025-10-09 08:00:00"[: max(0, size - 1)]
    frame.text(2)
    frame.memory.write(place, text + b"\0")
    return len(text)
