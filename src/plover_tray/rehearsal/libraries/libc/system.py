"""exit and abort, signals, locales, and what the system says of itself."""
# ruff: noqa: D103 - a model's name says which function it answers for

import struct

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
from .state import LibcProcess

GUARD = 0x595E_9FBD_94FD_A766
"""Any value does; the real one changes with each start."""


HARMLESS_SIGNALS = frozenset({0, 18, 19, 20, 23, 28})
"""0 only asks whether the process is there; SIGTSTP, SIGCONT, SIGCHLD, SIGIO and SIGWINCH of macOS'
sys/signal.h end no process."""

MAX_FILES = 256
"""What `ulimit -n` says to an app that is opened from Finder."""
PROCESSORS = 8
RLIM_INFINITY = (1 << 63) - 1
"""macOS' sys/resource.h."""
SYSCONF = {
    1: 1 << 20,  # _SC_ARG_MAX
    5: MAX_FILES,  # _SC_OPEN_MAX
    57: PROCESSORS,  # _SC_NPROCESSORS_CONF
    58: PROCESSORS,  # _SC_NPROCESSORS_ONLN
    71: 1024,  # _SC_GETPW_R_SIZE_MAX; a buffer that is large enough for the one user here
}
"""Answers by the question's number in macOS' unistd.h, but for the page's size."""
SC_PAGESIZE = 29
PAGE_SIZES = {"arm64": 0x4000, "x86_64": 0x1000}
"""VM_PAGE_SIZE's of XNU: 16 KiB on Apple's processors, 4 KiB on Intel's."""


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
    """A port's name; nothing here looks at it."""
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
    if number in HARMLESS_SIGNALS:
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


@models("srand", "srandom", "arc4random_stir")
def srand(_frame: Frame) -> int:
    return 0


@models("rand", "random", "arc4random", "arc4random_uniform")
def rand(frame: Frame) -> int:
    bound = frame.raw(0) & 0xFFFFFFFF if frame.name.endswith("uniform") else 1 << 31
    return frame.mac.random_number % max(1, bound)


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
    b"hw.ncpu": PROCESSORS.to_bytes(4, "little"),
    b"hw.logicalcpu": PROCESSORS.to_bytes(4, "little"),
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
    if frame.name == "getdtablesize":
        return MAX_FILES
    number = frame.integer(0) if frame.name == "sysconf" else SC_PAGESIZE
    if number == SC_PAGESIZE:
        return PAGE_SIZES[frame.machine.abi.arch]
    if number not in SYSCONF:
        raise unknown(frame.name, f"its question {number} has no model")
    return SYSCONF[number]


@models("getrlimit")
def getrlimit(frame: Frame) -> int:
    frame.integer(0)
    frame.memory.write(frame.pointer(1), struct.pack("<QQ", MAX_FILES, RLIM_INFINITY))
    return 0


@models("__darwin_check_fd_set_overflow")
def check_fd_set(_frame: Frame) -> int:
    return 1


@models("objc_terminate", "__clang_call_terminate")
def terminate(frame: Frame) -> Jump | None:
    raise Ended(Outcome.EXIT, f"It ends itself with {frame.name}.", call=frame.name)
