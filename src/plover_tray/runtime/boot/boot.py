"""Runs inside the app, as Python's script, before the app's own code.

In: sys.argv = [this file, KIND, TARGET, *arguments], KIND one of -m, script, function, -c.
Out: sys.argv, sys.orig_argv, sys.path[0] and __main__ as `python FLAGS -m TARGET ...` has them,
the program run to its end with its own exit status; os.exec* of this app's own interpreter or
launcher kept in this process (reexec.py). Compiled at every start, so it stays small: whatever
is rare stands in a file beside it and is read on first use, past sys.path and sys.modules, so
that no bytecode is written into the sealed bundle and the app meets no name of ours.
"""

blank = globals().copy()

import os  # noqa: E402
import sys  # noqa: E402

folder = os.path.dirname(__file__)
siblings = {}
state = {
    "blank": blank,
    "pid": os.getpid(),
    "argv": sys.argv,
    "environ": os.environ.copy(),
    "modules": sys.modules.copy(),
    "path": sys.path[:],
    "builtins": vars(sys.modules["builtins"]).copy(),
}


def sibling(name):
    """The module of that name beside this file; our functions and `state` are its globals."""
    if name not in siblings:
        module = siblings[name] = type(sys)(name)
        module.__file__ = path = folder + "/" + name + ".py"
        vars(module).update(state=state, sibling=sibling, prepare=prepare, strip=strip)
        with open(path, "rb") as file:
            exec(compile(file.read(), path, "exec", dont_inherit=True), vars(module))
    return siblings[name]


def own(name):
    """Puts a function before os.<name> that leaves the decision to reexec.py."""
    original = getattr(os, name)

    def call(*arguments, **options):
        return getattr(sibling("reexec"), name)(original, *arguments, **options)

    call.__name__ = call.__qualname__ = name
    call.__module__, call.__doc__ = original.__module__, original.__doc__
    setattr(os, name, call)
    setattr(sys.modules["posix"], name, call)
    if original in os.supports_fd:
        os.supports_fd.add(call)


def new_main():
    """Makes the __main__ that an interpreter starts with, and returns its names."""
    main = sys.modules["__main__"] = type(sys)("__main__")
    names = vars(main)
    names.update(blank)
    names.update(
        __doc__=None, __loader__=sys.modules["_frozen_importlib"].BuiltinImporter
    )
    names.pop("__file__", None)
    names.pop("__cached__", None)
    if "__annotations__" in names:
        names["__annotations__"] = {}
    return names


def prepare(kind, target, arguments, flags):
    """Sets sys.argv, sys.orig_argv, sys.path[0] and __main__ for a program.

    Returns what to call, and with which arguments, to run it. `flags` are the
    interpreter's words before the target.
    """
    names = new_main()
    importer = None
    if kind == "function":
        target, kind, code = sibling("function").console_script(target)
    sys.argv = [kind if kind[0] == "-" else target, *arguments]
    if hasattr(sys, "orig_argv"):
        sys.orig_argv = [*flags, target, *arguments]
    if kind == "-m":
        try:
            first = os.getcwd()
        except OSError:
            first = None
    elif kind == "-c":
        first = ""
    else:
        path = target if target[:1] == "/" else os.getcwd() + "/" + target
        first = os.path.dirname(os.path.realpath(path))
        for hook in sys.path_hooks if kind == "script" else ():
            try:
                importer = hook(path)
                break
            except ImportError:
                pass
    if importer is not None:
        sys.path_importer_cache[path] = importer
        sys.path.insert(0, path)
    elif first is not None and not getattr(sys.flags, "safe_path", sys.flags.isolated):
        sys.path.insert(0, first)
    if kind == "-m" or importer is not None:
        import runpy

        return runpy._run_module_as_main, (target,) if kind == "-m" else ("__main__", False)
    if kind == "-c":
        code = compile(target, "<string>", "exec", dont_inherit=True)
    elif kind == "script":
        code = sibling("script").load(path, names)
    return exec, (code, names)


def strip(error):
    """Takes this module's frames off the front of a traceback."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(folder + "/"):
        trace = trace.tb_next
    error.__traceback__ = trace
    return error


if not getattr(sys.flags, "safe_path", sys.flags.isolated):
    del sys.path[0]
for name in ("execv", "execve", "posix_spawn", "posix_spawnp"):
    if hasattr(os, name):
        own(name)
flags = getattr(sys, "orig_argv", [sys.executable])
flags = flags[: len(flags) - len(sys.argv)] or [sys.executable]
if sys.argv[1][0] == "-":
    flags.append(sys.argv[1])
try:
    run, arguments = prepare(sys.argv[1], sys.argv[2], sys.argv[3:], flags)
    run(*arguments)
except SystemExit:
    raise
except BaseException as error:
    strip(error)
    if sys.version_info < (3, 11):
        sibling("failure").hide_frames()
    raise
