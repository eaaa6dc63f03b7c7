"""A process that stands in for a child until it is known whether its parent stays.

os.posix_spawn of the app's own program, followed by the parent's end, is a restart: the child
would be the app, but in a process that is not the bundle's executable. Followed by anything else
it is an ordinary child. The stand-in waits for the parent's end: if it comes, the app is started
as an app; if it does not come in time, the stand-in becomes the child that was asked for, under
the process id that the parent was given.

Used in two places: by spawn(), in the app, and as a script, in the stand-in, with argv =
[this file, a descriptor that ends with the parent, a record's path, how many words start the app,
those words, the child's words].
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .boot import sibling
    from .commandline import Command
    from .start import state

PARENT_TIMEOUT = 10.0
"""Seconds in which a parent that restarts itself is expected to end."""


def spawn(
    original: "Callable[..., int]",
    path: str,
    words: "list[str]",
    command: "Command",
    environ: "dict[str, str]",
    folder: "str | None",
) -> "int | None":
    """The process id of a stand-in, or None if there can be none."""
    relaunch = sibling("relaunch")
    record = relaunch.written(command, environ, folder)
    if record is None:
        return None
    launch = relaunch.launch_command(command, environ, record)
    reading, holding = os.pipe()
    state.setdefault("held_pipes", []).append(holding)
    inherited = os.dup(reading)
    script = state["folder"] + "/deferred_spawn.py"
    executable = state["sys"]["executable"]
    argv = [executable, "-I", "-S", script, str(inherited), record, str(len(launch)), *launch]
    try:
        return original(
            executable,
            [*argv, os.fsdecode(path), *words],
            environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, reading, inherited)],
        )
    except OSError:
        os.unlink(record)
        return None
    finally:
        os.close(reading)
        os.close(inherited)


def stand_in(argv: "list[str]") -> None:
    """Waits, and becomes one program or the other; a signal that ends it takes the record along."""
    import select
    import signal

    file, record, count = int(argv[1]), argv[2], int(argv[3])
    launch, child = argv[4 : 4 + count], argv[4 + count :]

    def end(number: int, _: object) -> None:
        os.unlink(record)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, end)
    ended, _, _ = select.select([file], [], [], PARENT_TIMEOUT)
    if ended:
        os.dup2(file, 0)
        os.execv(launch[0], launch)
    os.close(file)
    os.unlink(record)
    os.execv(child[0], child[1:])


if __name__ == "__main__":
    stand_in(sys.argv)
