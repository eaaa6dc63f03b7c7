"""exit and abort, signals, time, threads, locales, and what the system says of itself."""
# ruff: noqa: D103 - a model's name says which function it answers for

import struct
from datetime import UTC, datetime

from ...ending import Ended, unknown
from ...guest.system_paths import PARENT_ID
from ...guest.text import to_bytes
from ...machine.emulator import Emulator
from ...machine.frame import Frame
from ...machine.models import data, models
from ...machine.types import Jump
from ...result import Outcome
from .characters import rune_type
from .process_state import fail
from .state import LibcProcess, LibcState

GUARD = 0x595E_9FBD_94FD_A766
"""Any value does; the real one changes with each start."""


@data("__stack_chk_guard")
def stack_guard(machine: Emulator) -> int:
    return machine.memory.keep(GUARD.to_bytes(8, "little"))


@data("_DefaultRuneLocale", "_CurrentRuneLocale")
def rune_locale(machine: Emulator) -> int:
    """MacOS' _RuneLocale: the types of 256 characters stand 60 bytes in, then the case maps."""
    head = b"RuneMagA" + bytes(32) + bytes(20)
    types = struct.pack("<256I", *(rune_type(code) for code in range(256)))
    lower = [ord(chr(c).lower()) if c < 128 else c for c in range(256)]
    upper = [ord(chr(c).upper()) if c < 128 else c for c in range(256)]
    return machine.memory.keep(head + types + struct.pack("<512i", *lower, *upper) + bytes(64))


@data("mach_task_self_")
def task_self(machine: Emulator) -> int:
    return machine.memory.keep((0x103).to_bytes(8, "little"))


@data("__progname")
def progname(machine: Emulator) -> int:
    name = machine.process.executable.rpartition("/")[2]
    return machine.memory.keep(machine.memory.keep_text(to_bytes(name)).to_bytes(8, "little"))


@models("getprogname")
def getprogname(frame: Frame) -> int:
    return frame.memory.keep_text(to_bytes(frame.process.executable.rpartition("/")[2]))


@models("__stack_chk_fail")
def stack_chk_fail(_frame: Frame) -> None:
    raise Ended(
        Outcome.FAULT, "It overruns a buffer on its stack; a Mac would end it too.", call="abort"
    )


@models("__chkstk_darwin", "___chkstk_darwin")
def chkstk(frame: Frame) -> None:
    """Touches the stack's pages before a large frame; changes no register."""
    frame.silent = True


@models("exit")
def exit_(frame: Frame) -> None:
    frame.machine.exit(frame.integer(0))


@models("_exit", "_Exit", "quick_exit")
def exit_now(frame: Frame) -> None:
    frame.machine.leave(frame.integer(0))


@models("atexit")
def atexit(frame: Frame) -> int:
    frame.process.exit_functions.append((frame.pointer(0), None))
    return 0


@models("__cxa_atexit")
def cxa_atexit(frame: Frame) -> int:
    frame.process.exit_functions.append((frame.pointer(0), frame.pointer(1)))
    return 0


@models("abort", "__abort", "__assert_rtn", "_os_crash")
def abort(frame: Frame) -> None:
    why = ""
    if frame.name == "__assert_rtn":
        why = f' (assertion "{frame.path(3)}")'
    raise Ended(Outcome.EXIT, f"It ends itself with {frame.name}{why}.", call=frame.name)


# ---- signals and processes -----------------------------------------------------------------------


@models(
    "signal", "sigaction", "sigemptyset", "sigfillset", "sigaddset", "sigdelset", "sigprocmask",
    "pthread_sigmask", "siginterrupt", "sigaltstack", "sigignore", "setpriority", "setrlimit",
    "setpgid", "setsid", "setpgrp", "tcsetpgrp", "alarm", "sched_yield", "nice", "ptrace",
    "proc_setpcontrol", "setlogin", "mlock", "madvise", "mprotect", "personality",
)  # fmt: skip
def signal(frame: Frame) -> int:
    """Nothing ever sends a signal here, so that handlers are never run."""
    frame.integer(0)
    return 0


@models("kill", "raise", "killpg", "pthread_kill")
def kill(frame: Frame) -> int:
    number = frame.integer(0) if frame.name == "raise" else frame.integer(1)
    own = frame.mac.process_id
    target = own if frame.name == "raise" else frame.integer(0)
    if number in (0, 18, 19, 20, 23, 28):
        return 0
    if target in (0, own):
        raise Ended(Outcome.EXIT, f"It ends itself with signal {number}.", call=frame.name)
    return 0


@models("getpid")
def getpid(frame: Frame) -> int:
    return frame.process.process_id


@models("getppid")
def getppid(_frame: Frame) -> int:
    return PARENT_ID


@models("getpgrp", "getpgid", "getsid")
def getpgrp(frame: Frame) -> int:
    return frame.mac.process_id


# ---- time ----------------------------------------------------------------------------------------


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


@models("srand", "srandom", "arc4random_stir")
def srand(_frame: Frame) -> int:
    return 0


@models("rand", "random", "arc4random", "arc4random_uniform")
def rand(frame: Frame) -> int:
    bound = frame.raw(0) & 0xFFFFFFFF if frame.name.endswith("uniform") else 1 << 31
    return frame.mac.random_number % max(1, bound)


# ---- blocks, jumps -------------------------------------------------------------------------------


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


# ---- locales and the system ----------------------------------------------------------------------


@models("setlocale")
def setlocale(frame: Frame) -> int:
    frame.integer(0)
    name = frame.text_or_none(1)
    state = frame.process.state_of(LibcProcess)
    if name is not None:
        state.locale = name or b"C"
    return frame.memory.keep_text(state.locale)


@models("nl_langinfo")
def nl_langinfo(frame: Frame) -> int:
    frame.integer(0)
    return frame.memory.keep_text(b"UTF-8")


@models("__mb_cur_max", "___mb_cur_max")
def mb_cur_max(_frame: Frame) -> int:
    return 4


@models("uname")
def uname(frame: Frame) -> int:
    """MacOS' struct utsname: five texts of 256 bytes."""
    machine = "arm64" if frame.machine.abi.link is not None else "x86_64"
    texts = (
        "Darwin",
        frame.mac.host_name,
        frame.mac.darwin_release,
        f"Darwin Kernel Version {frame.mac.darwin_release}",
        machine,
    )
    place = frame.pointer(0)
    frame.memory.write(place, b"".join(to_bytes(text).ljust(256, b"\0") for text in texts))
    return 0


@models("gethostname")
def gethostname(frame: Frame) -> int:
    frame.memory.write(frame.pointer(0), (frame.mac.host_name.encode() + b"\0")[: frame.size(1)])
    return 0


_SYSCTLS = {
    b"hw.ncpu": (8).to_bytes(4, "little"),
    b"hw.logicalcpu": (8).to_bytes(4, "little"),
}


@models("sysctlbyname")
def sysctlbyname(frame: Frame) -> int:
    name, place, length = frame.text(0), frame.pointer(1), frame.pointer(2)
    arm64 = frame.machine.abi.link is not None
    known = {
        **_SYSCTLS,
        b"kern.osproductversion": frame.mac.version_text.encode() + b"\0",
        b"kern.osrelease": frame.mac.darwin_release.encode() + b"\0",
        b"kern.osversion": frame.mac.system_build.encode() + b"\0",
        b"hw.machine": b"arm64\0" if arm64 else b"x86_64\0",
    }
    if arm64:
        known[b"hw.optional.arm64"] = (1).to_bytes(4, "little")
    value = known.get(name)
    if value is None:
        raise unknown(frame.name, f"its question {name.decode('utf-8', 'replace')} has no model")
    if place and length:
        if frame.memory.u64(length) < len(value):
            return fail(frame, "ENOMEM")
        frame.memory.write(place, value)
    if length:
        frame.memory.put_u64(length, len(value))
    return 0


@models("sysconf", "getpagesize", "getdtablesize")
def sysconf(frame: Frame) -> int:
    number = frame.integer(0) if frame.name == "sysconf" else 29
    if frame.name == "getdtablesize":
        return 256
    values = {1: 1 << 20, 5: 256, 29: 0x4000, 57: 8, 58: 8, 71: 1024}
    if number not in values:
        raise unknown(frame.name, f"its question {number} has no model")
    return values[number]


@models("getrlimit")
def getrlimit(frame: Frame) -> int:
    frame.integer(0)
    frame.memory.write(frame.pointer(1), struct.pack("<QQ", 256, (1 << 63) - 1))
    return 0


@models("__darwin_check_fd_set_overflow")
def check_fd_set(_frame: Frame) -> int:
    return 1


@models("objc_terminate", "__clang_call_terminate")
def terminate(frame: Frame) -> Jump | None:
    raise Ended(Outcome.EXIT, f"It ends itself with {frame.name}.", call=frame.name)
