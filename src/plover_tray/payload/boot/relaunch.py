"""Starts the app anew instead of replacing its process, and takes up in the new process.

In: a command line, environment and folder that exec was called with. Out: this process ended, and
after it the app started again by Launch Services (off a Mac the launcher itself), its boot module
carrying out that command line with that environment in that folder.

The new process learns of it from a file that only this user can read, named by the variable
PLOVER_TRAY_RESTART; the boot module removes both before the program starts. A file, because the
environment may hold secrets and everybody can read a command line. `open --env` is there since
macOS 11 (microsoft/vscode#131213 uses it from there on; the launcher needs 11 itself); should it
refuse, the app is opened with its arguments only.

A shell waits for this process's end before it starts the next one, by reading from a pipe that
only this process holds: of two processes with one bundle identifier the second gets no place in
the menu bar (dhkts1/teamclaude-rs#59).
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    from .boot import sibling
    from .commandline import Command
    from .start import state

marshal: "Any" = sys.modules["marshal"]
"""The record's format: it is written and read by the same Python, and by nobody else."""

VARIABLE = "PLOVER_TRAY_RESTART"
OPEN = "/usr/bin/open"
ENV = "/usr/bin/env"
SHELL = "/bin/sh"

EXIT_TIMEOUT = 10.0
"""Seconds that exit handlers have."""

WAIT_AND_OPEN = """read _; exec </dev/null
"$@" && exit
rm -f "$0"; open=$1; bundle=$4
while [ $# -gt 0 ] && [ "$1" != --args ]; do shift; done
exec "$open" -n -a "$bundle" "$@"
"""

WAIT_AND_RUN = """read _; exec </dev/null
exec "$@"
"""

FIELDS = {
    "kind": str,
    "target": str,
    "arguments": list,
    "words": list,
    "environ": dict,
    "folder": str,
}
"""What a record holds."""

VARIABLES_FOR_FLAGS = {
    "dev_mode": "PYTHONDEVMODE",
    "inspect": "PYTHONINSPECT",
    "optimize": "PYTHONOPTIMIZE",
    "utf8_mode": "PYTHONUTF8",
    "verbose": "PYTHONVERBOSE",
    "warn_default_encoding": "PYTHONWARNDEFAULTENCODING",
}
VARIABLES_FOR_X = {"importtime": "PYTHONPROFILEIMPORTTIME", "perf": "PYTHONPERFSUPPORT"}
"""How the new process's interpreter is told of options that the launcher does not give it."""


def start_anew(command: "Command", environ: "dict[str, str]", folder: "str | None") -> None:
    """Ends this process and starts the app again; returns if that cannot be done."""
    if state.get("leaving"):
        leave()  # an exit handler has called exec
    original: Callable[..., int] = vars(os.posix_spawn)["__wrapped__"]
    record = written(command, environ, folder)
    if record is None:
        return
    words = launch_command(command, environ, record)
    reading, holding = os.pipe()
    try:
        original(SHELL, words, environ, file_actions=[(os.POSIX_SPAWN_DUP2, reading, 0)])
    except OSError:
        os.unlink(record)
        os.close(reading)
        os.close(holding)
        return
    leave()


def load(name: str) -> "Any":
    """A module of the standard library."""
    return sibling("private_stdlib").load(name)


def leave() -> "NoReturn":
    """Runs the atexit handlers, flushes the standard streams, ends the process.

    Not where one of them is running already, and no longer than EXIT_TIMEOUT; children that
    multiprocessing would wait for live on, as after exec.
    """
    import _thread
    import atexit

    waits: Any = getattr(sys.modules.get("multiprocessing.util"), "_exit_function", None)
    if waits is not None:
        atexit.unregister(waits)
    if not state.get("leaving") and not sibling("reexec").has_ended():
        state["leaving"] = True
        _thread.start_new_thread(end_in_time, ())
        try:
            atexit._run_exitfuncs()
        except BaseException:
            pass  # it has been printed
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            pass
    os._exit(0)


def end_in_time() -> None:
    """Ends the process whose exit handlers do not come to an end."""
    load("time").sleep(EXIT_TIMEOUT)
    os._exit(0)


def launch_command(command: "Command", environ: "dict[str, str]", record: str) -> "list[str]":
    """A shell's argv that starts the app once the shell's stdin ends."""
    bundle = sibling("bundle")
    extra = {VARIABLE: record, **start_variables(command, environ)}
    settings = [f"{name}={value}" for name, value in extra.items()]
    if sys.platform != "darwin":
        return [SHELL, "-c", WAIT_AND_RUN, record, ENV, *settings, bundle.launcher()]
    options = [word for setting in settings for word in ("--env", setting)]
    arguments = ["--args", *command.arguments] if command.arguments else []
    words = [OPEN, "-n", "-a", bundle.path(), *options, *arguments]
    return [SHELL, "-c", WAIT_AND_OPEN, record, *words]


def start_variables(command: "Command", environ: "dict[str, str]") -> "dict[str, str]":
    """PYTHON* variables that the new interpreter must see at its start."""
    settings = sibling("settings").Settings(command, environ)
    found = {
        name: value
        for name, value in environ.items()
        if name.startswith("PYTHON") and not settings.ignore_environment
    }
    for flag, variable in VARIABLES_FOR_FLAGS.items():
        value = int(settings.flags.get(flag, 0))
        if value:
            found[variable] = str(value)
    found.update((VARIABLES_FOR_X[name], "1") for name in command.x if name in VARIABLES_FOR_X)
    return found


def written(command: "Command", environ: "dict[str, str]", folder: "str | None") -> "str | None":
    """The path of a new file with all that the new process must know, or None."""
    said = {
        "kind": command.kind,
        "target": command.target,
        "arguments": command.arguments,
        "words": command.words,
        "environ": environ,
    }
    name = "plover-tray-restart-" + os.urandom(8).hex()
    for place in (os.environ.get("TMPDIR") or "/tmp", "/tmp", os.path.expanduser("~")):
        path = os.path.join(place, name)
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        except OSError:
            continue
        try:
            with open(file, "wb") as record:
                record.write(marshal.dumps({**said, "folder": folder or os.getcwd()}))
        except OSError:
            os.unlink(path)
            continue
        return path
    return None


def read(path: str) -> "dict[str, Any] | None":
    """A record, which is removed; None if it is not there, or not from this user."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(file, "rb") as record:
            status = os.fstat(file)
            if status.st_uid != os.getuid() or status.st_mode & 0o077:
                return None
            os.unlink(path)
            found = marshal.loads(record.read())
    except (OSError, ValueError, EOFError, TypeError):
        return None
    if not isinstance(found, dict) or {*found} != {*FIELDS}:
        return None
    return found if all(isinstance(found[name], FIELDS[name]) for name in FIELDS) else None


def resume(program: "tuple[Any, ...]") -> "tuple[Any, ...]":
    """The program of the record that the environment names; `program` itself if there is none."""
    path = os.environ.pop(VARIABLE)
    state["environ"].pop(VARIABLE, None)
    found = read(path)
    if found is None:
        return program
    commands = sibling("commandline")
    kind, target, arguments = found["kind"], found["target"], found["arguments"]
    command = commands.parse(found["words"]) or commands.Command(found["words"])
    command.kind, command.target, command.arguments = kind, target, arguments
    settings = sibling("settings").Settings(command, found["environ"])
    try:
        sibling("reset_interpreter").reset(settings, found["folder"])
    except OSError:
        sibling("reset_interpreter").reset(settings)
    return kind, target, arguments, found["words"]
