"""Runs inside the app, as Python's script, before the app's own code.

In: sys.argv = [this file, KIND, TARGET, *arguments], KIND one of -m, script, function, -c.
Out: sys.argv, sys.orig_argv, sys.path[0] and __main__ as `python FLAGS -m TARGET ...` has them,
and the program run to its end with its own exit status. os.exec* of this app's own interpreter
or launcher no longer replaces the process (reexec.py).

Compiled at every start, so it stays small: whatever is rare stands in a file beside it and is
read on first use, past sys.path and sys.modules, so that no bytecode is written into the sealed
bundle and the app meets no name of ours. Bytecode that was sealed with it is used.
"""

blank = globals().copy()

import os  # noqa: E402
import sys  # noqa: E402

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

folder = os.path.dirname(__file__)
# Comments, not annotations: those would leave names of their own in `blank` from Python 3.14 on.
siblings = {}  # type: dict[str, Any]
state = {
    "argv": sys.argv,
    "blank": blank,
    "builtins": vars(sys.modules["builtins"]).copy(),
    "environ": os.environ.copy(),
    "files": set(os.listdir("/dev/fd")),
    "folder": folder,
    "meta_path": sys.meta_path[:],
    "modules": sys.modules.copy(),
    "os": vars(os).copy(),
    "path": sys.path[:],
    "path_hooks": sys.path_hooks[:],
    "pid": os.getpid(),
    "sys": vars(sys).copy(),
    "stdio": [getattr(sys.stdout, name, "") for name in ("encoding", "errors")],
    "threads": set(),
}  # type: dict[str, Any]


def sibling(name: str) -> "Any":
    """The module beside this file; it finds our functions and `state` among its globals."""
    if name not in siblings:
        module: Any = type(sys)(name)
        module.__file__ = path = folder + "/" + name + ".py"
        vars(module).update(state=state, sibling=sibling, prepare=prepare, strip=strip)
        with open(path, "rb") as file:
            source = file.read()
        code = compiled(name, path, source) or compile(source, path, "exec", dont_inherit=True)
        exec(code, vars(module))
        siblings[name] = module
    return siblings[name]


def compiled(name: str, path: str, source: bytes) -> "Any":
    """The bytecode of a sibling, where this very Python has made it from this very source.

    PEP 552's files with a checked hash (runtime/bytecode.py writes them, where it can).
    """
    magic = vars(sys.modules["_frozen_importlib_external"])["MAGIC_NUMBER"]
    imports: Any = sys.modules["_imp"]
    try:
        with open(f"{folder}/__pycache__/{name}.{sys.implementation.cache_tag}.pyc", "rb") as file:
            data = file.read()
        if data[:4] == magic and data[8:16] == imports.source_hash(
            int.from_bytes(magic, "little"), source
        ):
            code = vars(sys.modules["marshal"])["loads"](data[16:])
            imports._fix_co_filename(code, path)
            return code
    except Exception:
        pass
    return None


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


if __name__ == "__main__":
    if not safe_path():
        del sys.path[0]
    sys.path_importer_cache.pop(__file__, None)
    if nowhere(2) and nowhere(1):
        sibling("log").take_output()
    for name in ("execv", "execve", "posix_spawn", "posix_spawnp"):
        if hasattr(os, name):
            own(name)
    words = getattr(sys, "orig_argv", sys.argv)
    words = words[: len(words) - len(sys.argv)] + sys.argv[1 if sys.argv[1][0] == "-" else 2 :]
    program = sys.argv[1], sys.argv[2], sys.argv[3:], words
    try:
        if "PLOVER_TRAY_PROBE" in os.environ:
            sibling("probe").begin()
        if "PLOVER_TRAY_RESTART" in os.environ:
            program = sibling("relaunch").resume(program)
        call = prepare(*program)
        call.pop()(*call.pop())
    except BaseException as error:
        strip(error)
        if not isinstance(error, SystemExit) or error.__context__ is not None:
            sibling("failure").report(error)
            if sys.version_info < (3, 11) and not isinstance(error, SystemExit):
                sibling("failure").show(error)
        raise
