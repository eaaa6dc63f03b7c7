"""Time: it is always the same moment, and waiting takes none."""
# ruff: noqa: D103 - a model's name says which function it answers for

import struct
from datetime import UTC, datetime

from ...guest.text import to_bytes
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
        frame.memory.put_u64(place, frame.mac.moment)
    return frame.mac.moment


@models("gettimeofday", "clock_gettime")
def gettimeofday(frame: Frame) -> int:
    place = frame.pointer(0) if frame.name == "gettimeofday" else frame.pointer(1)
    if place:
        frame.memory.write(place, struct.pack("<qq", frame.mac.moment, 0))
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
    """A struct tm of the pretended moment in UTC, whatever is asked."""
    now = datetime.fromtimestamp(frame.mac.moment, UTC).timetuple()
    fields = struct.pack(
        "<9i4xqq",
        *(now.tm_sec, now.tm_min, now.tm_hour, now.tm_mday, now.tm_mon - 1, now.tm_year - 1900),
        *((now.tm_wday + 1) % 7, now.tm_yday - 1, 0, 0, 0),
    )
    if frame.name.endswith("_r"):
        frame.memory.write(frame.pointer(1), fields)
        return frame.raw(1)
    return frame.memory.keep(fields)


@models("strftime")
def strftime(frame: Frame) -> int:
    place, size = frame.pointer(0), frame.size(1)
    text = to_bytes(frame.mac.moment_as(frame.text(2).decode("utf-8", "replace")))
    if len(text) >= size:
        return 0
    frame.memory.write(place, text + b"\0")
    return len(text)
