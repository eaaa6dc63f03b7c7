"""os.exec* and os.posix_spawn as the app calls them.

In: those calls. Out: for this app's own interpreter or launcher, the new program run in this
same process (which then ends with its status), or the app started anew once a user interface has
been up, or where the new program asks for what a running interpreter cannot become; for every
other program, and in forked children, the original call.

Why: a process that has been replaced by an interpreter is no longer the bundle's executable, and
since macOS 26 its menu bar icon gets no place. os.execl*, os.execvp* reach execv or execve through
os's own names.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import CodeType
    from typing import Any

    from .boot import sibling
    from .commandline import Command
    from .start import state

DEEPEST_NESTING = 8
"""So many programs follow one another in one process; the next one starts the app anew."""

DEEPEST_STACK = 400
"""Frames of earlier programs count against the recursion limit of the new one (1000)."""


def execv(original: "Callable[..., Any]", *given: "Any", **named: "Any") -> "Any":
    """os.execv(path, argv)."""
    call = {**dict(zip(("path", "argv"), given)), **named}
    if len(call) == len(given) + len(named) == 2 and {*call} == {"path", "argv"}:
        replace(call["path"], call["argv"], os.environ)
    return original(*given, **named)


def execve(original: "Callable[..., Any]", *given: "Any", **named: "Any") -> "Any":
    """os.execve(path, argv, env)."""
    call = {**dict(zip(("path", "argv", "env"), given)), **named}
    if len(call) == len(given) + len(named) == 3 and {*call} == {"path", "argv", "env"}:
        replace(call["path"], call["argv"], call["env"])
    return original(*given, **named)


def posix_spawn(
    original: "Callable[..., int]", path: "Any", argv: "Any", env: "Any", /, **options: "Any"
) -> int:
    """os.posix_spawn: a restart if this process ends soon, a child of its own otherwise."""
    restart = not options.get("file_actions") and not from_subprocess()
    if restart and os.getpid() == state["pid"]:
        words, environ = texts(argv), variables(os.environ if env is None else env)
        if words and environ is not None:
            command, environ, folder = wanted(bundle().role(path), words, environ)
            if command is not None and is_this_program(command) and bundle().launcher():
                child = sibling("deferred_spawn").spawn(
                    original, path, words, command, environ, folder
                )
                if child is not None:
                    return int(child)
    return original(path, argv, env, **options)


def posix_spawnp(
    original: "Callable[..., int]", path: "Any", argv: "Any", env: "Any", /, **options: "Any"
) -> int:
    """os.posix_spawnp; a name without a slash is looked up by the original."""
    text = os.fsdecode(path) if isinstance(path, (str, bytes, os.PathLike)) else ""
    if "/" not in text:
        return original(path, argv, env, **options)
    return posix_spawn(original, path, argv, env, **options)


def from_subprocess() -> bool:
    """Whether subprocess has called, whose children are children on its other ways too."""
    frame = sys._getframe()
    here = (globals(), sibling("start").own.__globals__)
    while frame is not None and any(frame.f_globals is own for own in here):
        frame = frame.f_back  # type: ignore[assignment]
    return frame is not None and frame.f_globals.get("__name__") == "subprocess"


def bundle() -> "Any":
    """What is known about the bundle."""
    return sibling("bundle")


def texts(words: "Any") -> "list[str] | None":
    """The words of argv as text, or None where the original call will say what is wrong."""
    if not isinstance(words, (list, tuple)) or not words or not words[0]:
        return None
    try:
        decoded = [os.fsdecode(word) for word in words]
    except TypeError:
        return None
    return None if any("\0" in word for word in decoded) else decoded


def variables(env: "Any") -> "dict[str, str] | None":
    """An environment as text, or None if the operating system would refuse it."""
    try:
        environ = {os.fsdecode(name): os.fsdecode(env[name]) for name in env}
    except Exception:
        return None
    wrong = any(not name or "=" in name[1:] or "\0" in name + environ[name] for name in environ)
    return None if wrong else environ


def wanted(
    role: "str | None", words: "list[str]", environ: "dict[str, str]"
) -> "tuple[Command | None, dict[str, str], str | None]":
    """(the program that a command line of ours runs, its environment, the folder to enter)."""
    if role is None:
        return None, environ, None
    parse = sibling("commandline").parse
    command = None if role == "launcher" else parse(words)
    arguments = words[1:]
    if command is not None:
        if command.kind != "script" or bundle().role(command.target) != "launcher":
            for name in ("PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__"):
                environ.pop(name, None)
            return command, environ, None
        # They may come from sys.argv, where the launcher put the fixed ones in front.
        arguments = bundle().without_fixed(command.arguments)
    elif role == "interpreter":
        return None, environ, None
    kind, target, arguments = bundle().entry(arguments, environ)
    shown = kind if kind[0] == "-" else "-m"
    command = parse([*bundle().interpreter_words(environ), shown, target, *arguments])
    if kind[0] != "-":
        command.words.remove(shown)
    command.kind = kind
    return command, bundle().environment(environ), bundle().working_directory(environ)


def is_this_program(command: "Command") -> bool:
    """Whether a command line runs the program that is running now, or the app's own."""
    programs: list[Any] = [state["program"]]
    if bundle().contents():
        programs.append(bundle().entry([], dict(os.environ))[:2])
    same_file: str | None = getattr(sys.modules["__main__"], "__file__", None)
    if same_file and command.kind == "script":
        return os.path.realpath(command.target) == os.path.realpath(same_file)
    wanted = (command.kind, command.target)
    return any(bool(wanted == program) for program in programs)


def replace(path: "Any", argv: "Any", env: "Any") -> None:
    """Carries out an exec of ours and never returns; returns if it is for the original."""
    if os.getpid() != state["pid"]:
        return
    role = bundle().role(path)
    words, environ = texts(argv), variables(env)
    if role is None or words is None or environ is None:
        return
    command, environ, folder = wanted(role, words, environ)
    if command is None:
        return
    settings = sibling("settings").Settings(command, environ)
    if obstacle(settings) is None:
        sys.audit("os.exec", path, argv, env)
        sibling("run_to_exit").run_to_exit(settings, folder)
    elif bundle().launcher():
        sys.audit("os.exec", path, argv, env)
        sibling("relaunch").start_anew(command, environ, folder)


def has_ended() -> bool:
    """Whether the interpreter calls what is registered for its end."""
    bottom: CodeType = sibling("reset_process").standing_calls()[-1].f_code
    return bottom.co_filename != state["folder"] + "/boot.py" or bottom.co_name != "<module>"


def obstacle(settings: "Any") -> "str | None":
    """Why a program cannot be run in this process, or None."""
    beyond: Sequence[str] = settings.beyond()
    if beyond:
        return "only a new process can change " + ", ".join(beyond)
    frames = sys._current_frames()
    if set(frames) - state["threads"] != {sys.modules["_thread"].get_ident()}:
        return "other threads are running"
    if has_ended():
        return "the program has ended"
    if (
        len(sibling("reset_process").standing_calls()) > DEEPEST_STACK
        or state.get("nesting", 0) >= DEEPEST_NESTING
    ):
        return "too many programs have followed one another"
    reason: str | None = sibling("gui").seen()
    if reason:
        return f"{reason} has been running"
    if sys.exc_info()[1] is not None and not sibling("run_to_exit").clear_exception():
        return "an exception is being handled"
    return None
