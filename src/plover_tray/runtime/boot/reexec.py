"""os.exec* of this app's own interpreter, carried out in this process.

In: the calls of os.execv, os.execve, os.posix_spawn, as the program made them.
Out: for the app's own interpreter, the new program run to its end and the process ended with
its status, nothing of the old program run any more; for any other program, the original call.
"""

import os
import sys


def ours(path):
    try:
        return os.path.realpath(os.fsdecode(path)) == os.path.realpath(sys.executable)
    except (TypeError, ValueError):
        return False


def execv(original, path, argv):
    replace(path, argv, os.environ)
    return original(path, argv)


def execve(original, path, argv, env):
    replace(path, argv, env)
    return original(path, argv, env)


def posix_spawn(original, *arguments, **options):
    return original(*arguments, **options)


posix_spawnp = posix_spawn


def replace(path, argv, environ):
    """Runs what the interpreter would be asked to run; returns only if that is not for us."""
    if os.getpid() != state["pid"] or not ours(path):
        return
    command = sibling("commandline").parse([os.fsdecode(word) for word in argv])
    if command is None:
        return
    sibling("fresh").renew(command, dict(environ))
    sibling("ending").run_to_the_end(command)
