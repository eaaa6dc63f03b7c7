"""The first of the boot module's files: from the interpreter's words to a program to run.

In: sys.argv as the launcher gave it, and the interpreter before anything ran in it. Out: the
interpreter as it would be for that program alone, and what to call. Also what the other files
need of that moment: `state`.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .boot import blank, folder, shared, sibling

RESTORED = (
    *("_io", "_signal", "_thread", "abc", "builtins", "codecs", "io", "marshal", "os"),
    *("posix", "posixpath", "stat", "sys", "time"),
)
"""Modules that no program imports anew, so that what one has changed there would reach the next."""

state: "dict[str, Any]" = {
    "argv": sys.argv,
    "blank": blank,
    "environ": os.environ.copy(),
    "files": set(os.listdir("/dev/fd")),
    "folder": folder,
    "meta_path": sys.meta_path[:],
    "modules": sys.modules.copy(),
    "names": {name: vars(sys.modules[name]).copy() for name in RESTORED if name in sys.modules},
    "path": sys.path[:],
    "path_hooks": sys.path_hooks[:],
    "pid": os.getpid(),
    "stdio": [getattr(sys.stdout, name, "") for name in ("encoding", "errors")],
    "threads": set(),
}
state["sys"] = state["names"]["sys"]


def own(name: str) -> None:
    """Puts a function before os.<name> that leaves the decision to reexec.py."""
    original = getattr(os, name)

    def call(*arguments: "Any", **options: "Any") -> "Any":
        return getattr(sibling("reexec"), name)(original, *arguments, **options)

    call.__name__ = call.__qualname__ = name
    call.__module__, call.__doc__ = original.__module__, original.__doc__
    vars(call)["__wrapped__"] = original
    setattr(os, name, call)
    setattr(sys.modules["posix"], name, call)
    if original in os.supports_fd:
        os.supports_fd.add(call)


def keep_seal() -> None:
    """Keeps imports from writing bytecode into the app: one more file there breaks its seal."""
    loader: Any = vars(sys.modules["_frozen_importlib_external"])["SourceFileLoader"]
    original = loader._cache_bytecode
    sealed = os.path.dirname(os.path.dirname(folder)) + "/"

    def _cache_bytecode(self: "Any", source_path: str, bytecode_path: str, data: bytes) -> "Any":
        inside = bytecode_path.startswith(sealed)
        return None if inside else original(self, source_path, bytecode_path, data)

    loader._cache_bytecode = _cache_bytecode


def safe_path() -> bool:
    """Whether neither the script's folder nor the current one belongs on sys.path."""
    return bool(getattr(sys.flags, "safe_path", sys.flags.isolated))


def new_main() -> "dict[str, Any]":
    """Makes the __main__ that an interpreter starts with; returns its names."""
    main = sys.modules["__main__"] = type(sys)("__main__")
    names = vars(main)
    names.update(blank)
    names["__doc__"] = None
    names["__loader__"] = sys.modules["_frozen_importlib"].BuiltinImporter
    for name in ("__file__", "__cached__"):
        names.pop(name, None)
    if "__annotations__" in names:
        names["__annotations__"] = {}
    return names


def prepare(kind: str, target: str, arguments: "list[str]", words: "list[str]") -> "list[Any]":
    """Sets sys.argv, sys.orig_argv, sys.path[0] and __main__ for a program.

    `words` is the interpreter's whole command line. Returns the arguments and the function that
    run the program; popped for the call, they keep nothing of __main__ alive after it.
    """
    names = new_main()
    state["program"] = (kind, target)
    path: Any = None
    importer: Any = None
    code: Any = None
    if kind == "function":
        target, code = sibling("programs").function(target)
        words[len(words) - len(arguments) - 1] = target
    sys.argv = [kind if kind[0] == "-" else target, *arguments]
    if hasattr(sys, "orig_argv"):
        sys.orig_argv = words
    first: Any = ""
    if kind == "-m":
        try:
            first = os.getcwd()
        except OSError:
            first = None
    elif kind != "-c":
        path, importer, first = sibling("programs").locate(kind, target)
    if first is not None and (importer is not None or not safe_path()):
        sys.path.insert(0, first)
    if kind == "-m" or importer is not None:
        import runpy

        run: Any = runpy
        return [(target,) if kind == "-m" else ("__main__", False), run._run_module_as_main]
    if kind == "-c":
        code = sibling("programs").command(target)
    elif kind == "script":
        code = sibling("programs").script(path, names)
    return [(code, names), exec]


def strip(error: BaseException) -> None:
    """Takes our own frames off the front of an exception's traceback."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(folder + "/"):
        trace = trace.tb_next
    error.__traceback__ = trace


def nowhere(file: int, null: int = os.stat("/dev/null").st_rdev) -> bool:
    """Whether nobody reads what is written to a file descriptor."""
    try:
        return os.fstat(file).st_rdev == null
    except OSError:
        return True


def program() -> "list[Any]":
    """Sets everything up; returns the arguments and the function that run the program."""
    if not safe_path():
        del sys.path[0]
    sys.path_importer_cache.pop(folder + "/boot.py", None)
    if nowhere(2) and nowhere(1):
        sibling("log").take_output()
    keep_seal()
    for name in ("execv", "execve", "posix_spawn", "posix_spawnp"):
        if hasattr(os, name):
            own(name)
    words = getattr(sys, "orig_argv", sys.argv)
    words = words[: len(words) - len(sys.argv)] + sys.argv[1 if sys.argv[1][0] == "-" else 2 :]
    asked = sys.argv[1], sys.argv[2], sys.argv[3:], words
    if asked[0] == "script" and any("x" in word for word in words[1:] if word[:1] == "-"):
        state["skip_first_line"] = sibling("commandline").takes("x", words)
    if "PLOVER_TRAY_PROBE" in os.environ:
        sibling("probe").begin()
    if "PLOVER_TRAY_RESTART" in os.environ:
        asked = sibling("relaunch").resume(asked)
    return prepare(*asked)


def ended(error: BaseException) -> None:
    """Looks at what has ended the program; the caller raises it again for the interpreter."""
    strip(error)
    if not isinstance(error, SystemExit) or error.__context__ is not None:
        sibling("failure").report(error)
        if sys.version_info < (3, 11) and not isinstance(error, SystemExit):
            sibling("failure").show(error)


shared.update(state=state, prepare=prepare, strip=strip)
