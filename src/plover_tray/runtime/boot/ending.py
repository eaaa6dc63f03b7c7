"""Runs a program inside the exec call that asked for it, and ends the process with it."""

import atexit
import os
import sys


def run_to_the_end(command):
    atexit._clear()
    status = 0
    try:
        run, arguments = prepare(command.kind, command.target, command.arguments, command.flags)
        run(*arguments)
    except SystemExit as error:
        status = error.code
        if status is None:
            status = 0
        elif not isinstance(status, int):
            print(status, file=sys.stderr)
            status = 1
    except BaseException as error:
        strip(error)
        sys.excepthook(type(error), error, error.__traceback__)
        status = 1
    threading = sys.modules.get("threading")
    if threading is not None:
        threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(status & 0xFF)
