"""What exec takes away from a process, or sets back, and what modules that stay have kept.

Signal handlers, files that are not inheritable, atexit handlers, settings of the interpreter and
of C modules: nothing of the earlier program is called for any of it. Buffered output of its own
files is lost, as with exec; that of sys.stdout and sys.stderr was flushed before.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

    from .boot import sibling
    from .start import state

SWITCH_INTERVAL = 0.005
RECURSION_LIMIT = 1000
COLLECTOR_THRESHOLDS = (
    (2000, 10, 0 if sys.version_info >= (3, 14) else 10)
    if sys.version_info >= (3, 13)
    else (700, 10, 10)
)
"""gc.get_threshold() of a new interpreter (seen on 3.9, 3.11, 3.12, 3.13.0 and 3.14.3)."""

STANDARD_FILES = 3

USUAL_DEPTH = 50
"""Calls that do not matter beside the recursion limit."""

MONITORING_TOOLS = 6
"""sys.monitoring's tool ids (PEP 669)."""

WARNING = 30
"""logging.WARNING, the root logger's level at the start."""


def reset() -> None:
    """All of it, in an order in which nothing can be called back in between."""
    import atexit
    import gc

    state.setdefault("tools", []).append((sys.gettrace(), sys.getprofile()))  # none is finalized
    sys.settrace(None)
    sys.setprofile(None)
    stop_tools()
    reset_signals(sys.modules["_signal"])
    atexit._clear()
    sys.setswitchinterval(SWITCH_INTERVAL)
    standing = len(standing_calls())  # they must not count for the next program
    sys.setrecursionlimit(RECURSION_LIMIT + (standing if standing > USUAL_DEPTH else 0))
    sys.set_asyncgen_hooks(None, None)
    sys.set_coroutine_origin_tracking_depth(0)
    gc.callbacks.clear()
    close_files(gc)
    gc.set_debug(0)
    gc.set_threshold(*COLLECTOR_THRESHOLDS)
    gc.enable()
    gc.freeze()


def standing_calls() -> "list[FrameType]":
    """The frames of all calls that have not returned, the caller's first."""
    frames = [sys._getframe(1)]
    while frames[-1].f_back is not None:
        frames.append(frames[-1].f_back)
    return frames


def stop_tools() -> None:
    """Profilers, debuggers and the like that work below Python."""
    monitoring: Any = getattr(sys, "monitoring", None)
    for tool in range(MONITORING_TOOLS if monitoring is not None else 0):
        if monitoring.get_tool(tool) is not None:
            monitoring.set_events(tool, 0)
            monitoring.free_tool_id(tool)
    tracing: Any = sys.modules.get("_tracemalloc")
    if tracing is not None:
        tracing.stop()


def reset_signals(signals: "Any") -> None:
    """Handlers as exec and a starting interpreter leave them: ignored ones stay ignored."""
    signals.set_wakeup_fd(-1)
    faulthandler: Any = sys.modules.get("faulthandler")
    if faulthandler is not None:
        faulthandler.disable()
        faulthandler.cancel_dump_traceback_later()
        for number in range(1, signals.NSIG):
            try:
                faulthandler.unregister(number)
            except (RuntimeError, ValueError):
                pass  # disable() is for these
    ignored = (signals.SIGPIPE, getattr(signals, "SIGXFSZ", 0))
    for number in range(1, signals.NSIG):
        try:
            handler = signals.getsignal(number)
        except ValueError:
            continue
        if handler is None or handler == signals.SIG_IGN:
            continue
        new: Any = signals.SIG_IGN if number in ignored else signals.SIG_DFL
        if number == signals.SIGINT:
            new = signals.default_int_handler
        if new != handler:
            signals.signal(number, new)


def close_files(collector: "Any") -> None:
    """Closes what exec closes: Python's own file and socket objects, and raw descriptors of files.

    Pipes and sockets that no Python object owns may belong to C libraries, which go on running
    (the window server's connection, for one); other kinds certainly do.
    """
    import stat

    if not opened_since():
        return
    close_objects(collector)
    kinds = {stat.S_IFREG}
    if not sibling("gui").has_c_code():  # all that was opened is the program's own
        kinds |= {stat.S_IFIFO, stat.S_IFSOCK}
    for file, mode in opened_since():
        if stat.S_IFMT(mode) in kinds:
            os.close(file)


def opened_since() -> "list[tuple[int, int]]":
    """Descriptors that exec would close and that were not there at the start, with their modes."""
    found = []
    for name in os.listdir("/dev/fd"):
        file = int(name)
        if file < STANDARD_FILES or name in state["files"]:
            continue
        try:
            if not os.get_inheritable(file):
                found.append((file, os.fstat(file).st_mode))
        except OSError:
            pass  # that of listdir itself
    return found


def close_objects(collector: "Any") -> None:
    """Closes Python's own objects that hold a descriptor; their buffers are lost."""
    import _io
    import select

    closers: list[tuple[Any, Any]] = [(_io.FileIO, _io.FileIO.close)]
    native = sys.modules.get("_socket")
    if native is not None:
        socket = vars(native)["socket"]
        closers.append((socket, socket.close))
    for name in ("epoll", "kqueue", "devpoll"):
        kind = getattr(select, name, None)
        if kind is not None:
            closers.append((kind, kind.close))
    known: dict[type, Any] = {}
    for item in collector.get_objects():
        own = type(item)
        if own not in known:
            known[own] = next((closer for closer in closers if issubclass(own, closer[0])), None)
        if known[own] is not None:
            kind, close = known[own]
            try:
                file = kind.fileno(item)
                if file >= STANDARD_FILES and not os.get_inheritable(file):
                    close(item)
            except (OSError, ValueError):
                pass


def reset_modules() -> None:
    """The state of the modules that stay, as importing them would set it."""
    reset_event_loop(sys.modules.get("_asyncio"))
    for name, call, arguments in (
        ("_socket", "setdefaulttimeout", (None,)),
        ("_thread", "stack_size", (0,)),
        ("linecache", "clearcache", ()),
        ("random", "seed", ()),
    ):
        function: Any = getattr(sys.modules.get(name), call, None)
        if function is not None:
            function(*arguments)
    for name, attribute, value in (
        ("asyncio.events", "_event_loop_policy", None),
        ("mimetypes", "inited", False),
        ("tempfile", "tempdir", None),
        ("threading", "_profile_hook", None),
        ("threading", "_trace_hook", None),
        ("urllib.request", "_opener", None),
    ):
        module = sys.modules.get(name)
        if hasattr(module, attribute):
            setattr(module, attribute, value)
    reset_threading(sys.modules.get("threading"))
    certificates: Any = sys.modules.get("ssl")
    if certificates is not None:
        certificates._create_default_https_context = certificates.create_default_context
    reset_logging(sys.modules.get("logging"))
    reset_exit_handlers()


def reset_event_loop(asyncio: "Any") -> None:
    """No event loop runs, and no task in it, though its calls still stand."""
    loop = asyncio._get_running_loop() if asyncio is not None else None
    if loop is not None:
        if hasattr(asyncio, "_swap_current_task"):
            asyncio._swap_current_task(loop, None)
        asyncio._set_running_loop(None)


def reset_threading(threading: "Any") -> None:
    """What a program may have put in place of the module's own hook."""
    if hasattr(threading, "__excepthook__"):
        threading.excepthook = threading.__excepthook__


def reset_logging(logging: "Any") -> None:
    """No handlers, usual levels; the loggers themselves are held by modules that stay."""
    if logging is None:
        return
    logging._handlers.clear()
    del logging._handlerList[:]
    logging._warnings_showwarning = None
    logging.raiseExceptions = True
    logging.lastResort = logging._defaultLastResort
    logging.root.manager.disable = 0
    for logger in [logging.root, *logging.root.manager.loggerDict.values()]:
        if isinstance(logger, logging.Logger):
            logger.handlers.clear()
            logger.filters.clear()
            logger.propagate, logger.disabled = True, False
            logger.setLevel(WARNING if logger is logging.root else 0)


def reset_exit_handlers() -> None:
    """Registers again what modules that stay registered when they were imported."""
    import atexit

    finalize: Any = getattr(sys.modules.get("weakref"), "finalize", None)
    if finalize is not None:
        finalize._registry.clear()
        finalize._registered_with_atexit = False
    for name, call in (("logging", "shutdown"), ("multiprocessing.util", "_exit_function")):
        function: Any = getattr(sys.modules.get(name), call, None)
        if function is not None:
            atexit.register(function)
