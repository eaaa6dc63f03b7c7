"""Runs a program inside the exec call that asked for it, and ends the process with it.

In: the Settings of the program. Never returns: nothing that follows the exec call is run, no
finally block, no except clause, no atexit handler of the program that called it. What the new
program does at its end happens as in Modules/main.c and Python/pylifecycle.c: its exception is
shown, its threads are waited for, its atexit handlers run, its modules are taken down.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from .boot import sibling
    from .settings import Settings
    from .start import prepare, state, strip

FAILED = 1
FLUSH_FAILED = 120
CDECL_WITH_PYTHON_LOCKED = 1 | 4
"""ctypes' flags for a C function that calls into Python (FUNCFLAG_CDECL, FUNCFLAG_PYTHONAPI)."""


def run_to_exit(settings: "Settings", folder: "str | None") -> "NoReturn":
    """Runs the program and ends the process."""
    import _contextvars

    state["nesting"] = state.get("nesting", 0) + 1
    old = sibling("reset_interpreter").reset(settings, folder)
    _contextvars.Context().run(run, settings.command, old)
    raise SystemError  # run() does not return


def run(command: "Any", old: "list[Any]") -> "NoReturn":
    """Runs the program; `old` lives as long as this call, and that is as long as the process."""
    failure: BaseException | None = None
    try:
        call = prepare(command.kind, command.target, command.arguments, command.words[:])
        call.pop()(*call.pop())
    except BaseException as error:
        failure = error
    status, interrupted = 0, False
    if failure is not None:
        strip(failure)
        sibling("failure").report(failure)
        status, interrupted = shown(failure)
        del failure
    end(status, interrupted)
    del old


def shown(error: BaseException) -> "tuple[int, bool]":
    """(exit status, whether it was interrupted) of an exception, after showing it."""
    if isinstance(error, SystemExit):
        return exit_status(error.code), False
    trace = error.__traceback__
    sys.last_type, sys.last_value, sys.last_traceback = type(error), error, trace
    if sys.version_info >= (3, 12):
        sys.last_exc = error
    hook = getattr(sys, "excepthook", None)
    sys.audit("sys.excepthook", hook, type(error), error, trace)
    if hook is None:
        sys.stderr.write("sys.excepthook is missing\n")
    try:
        (hook or sys.__excepthook__)(type(error), error, trace)
    except SystemExit as another:
        return exit_status(another.code), False
    except BaseException as another:
        strip(another)
        if another.__context__ is error:  # it was being handled only by us
            another.__context__ = None
        sys.stderr.write("Error in sys.excepthook:\n")
        sys.__excepthook__(type(another), another, another.__traceback__)
        sys.stderr.write("\nOriginal exception was:\n")
        sys.__excepthook__(type(error), error, trace)
    return FAILED, isinstance(error, KeyboardInterrupt)


def exit_status(code: "Any") -> int:
    """The exit status of SystemExit's code; what is no number is printed."""
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF if -(2**63) <= code < 2**63 else 0xFF
    if sys.stderr is not None:
        sys.stderr.write(f"{code}\n")
    return FAILED


def end(status: int, interrupted: bool) -> "NoReturn":
    """Ends the process as Py_RunMain does, though the calls of the old program still stand."""
    if not interrupted:
        finish = c_function("Py_Exit")
        if finish is not None:
            finish(status)
    threading: Any = sys.modules.get("threading")
    if threading is not None:
        threading._shutdown()
    import atexit

    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            status = FLUSH_FAILED if stream is not None else status
    if interrupted:
        _signal: Any = sys.modules["_signal"]
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
        os.kill(os.getpid(), _signal.SIGINT)
    os._exit(status & 0xFF)


def clear_exception() -> bool:
    """Clears the exception whose handler called exec, if it can; True if none is current now.

    One of a generator that is suspended below stays.
    """
    set_exception = c_function("PyErr_SetExcInfo")
    if set_exception is not None:
        set_exception(None, None, None)
    return sys.exc_info()[1] is None


def c_function(name: str) -> "Any":
    """A function of this process's libpython, or None where ctypes is not in the bundle."""
    native: Any = sibling("private_stdlib").load("_ctypes")
    if native is None:
        return None
    kind = type(
        "Function",
        (native.CFuncPtr,),
        {"_flags_": CDECL_WITH_PYTHON_LOCKED, "_restype_": None},
    )
    return kind(native.dlsym(native.dlopen(None, os.RTLD_NOW), name))
