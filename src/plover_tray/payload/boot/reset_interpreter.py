"""Takes an interpreter in which a program has run back to where a new one would start.

In: the Settings of the next program. Changed: sys.modules, sys, builtins, os, the environment,
warnings, the standard streams, sys.path with the user's site; reset_process.py does what lies below
Python. Kept, as exec keeps it: the current folder, ignored signals, inheritable files, limits.
What a running interpreter cannot change is in Settings.beyond(), and was looked at before.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .boot import sibling
    from .settings import Settings
    from .start import state

OWN_CALLS = ("execv", "execve", "posix_spawn", "posix_spawnp")
"""What the boot module has put into os."""

KEPT_IN_SYS = ("flags", "modules", "stderr", "stdin", "stdout", "__stderr__", "__stdin__")

SITE_BUILTINS = ("copyright", "credits", "exit", "help", "license", "quit")

USUAL_FILTERS: "tuple[Any, ...]" = (
    ("default", None, DeprecationWarning, "__main__", 0),
    ("ignore", None, DeprecationWarning, None, 0),
    ("ignore", None, PendingDeprecationWarning, None, 0),
    ("ignore", None, ImportWarning, None, 0),
    ("ignore", None, ResourceWarning, None, 0),
)
"""What the warnings of a release build start with (Python/_warnings.c)."""


def reset(settings: "Settings", folder: "str | None" = None) -> "list[Any]":
    """Resets the interpreter; returns what must stay alive, as exec runs no finalizer."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            pass
    sibling("reset_process").reset()
    old = [sibling("unload_modules").unload(), vars(sys).copy()]
    restore_names()
    sibling("reset_process").reset_modules()
    if folder:
        os.chdir(folder)
    set_environment(settings.environ)
    set_flags(settings)
    set_streams(settings)
    set_switches(settings)
    set_paths(settings)
    set_warnings()
    return old


def restore_names() -> None:
    """The modules of the start as they were; names added since are taken out."""
    posix = sys.modules["posix"]
    calls = {name: vars(posix)[name] for name in OWN_CALLS if name in vars(posix)}
    for module, before in state["names"].items():
        if module == "__main__" or sys.modules.get(module) is not state["modules"][module]:
            continue
        names: dict[str, Any] = vars(sys.modules[module])
        for name in names.keys() - before.keys():
            if f"{module}.{name}" not in sys.modules:
                del names[name]
        for name, value in before.items():
            if names.get(name, before) is value or (module == "sys" and name in KEPT_IN_SYS):
                continue
            if name == "__import__" and kept_import(names[name]):
                continue
            names[name] = value
    for place in (os, posix):
        vars(place).update(calls)
    sys.meta_path[:] = [finder for finder in state["meta_path"] if from_import_system(finder)]
    sys.path_hooks[:] = [hook for hook in state["path_hooks"] if from_import_system(hook)]
    sys.path_importer_cache.clear()


def kept_import(function: "Any") -> bool:
    """Whether a package that stays has replaced __import__ (PySide6 does, for its features)."""
    return getattr(function, "__module__", None) in sys.modules.keys() - {"builtins"}


def from_import_system(item: "Any") -> bool:
    """Whether the import system itself, and no .pth file, has brought a finder or a hook."""
    return getattr(item, "__module__", "").partition(".")[0] in (
        "_frozen_importlib",
        "_frozen_importlib_external",
        "importlib",
        "zipimport",
    )


def set_environment(environ: "dict[str, str]") -> None:
    """os.environ, and with it the C library's environment, time zone and locale."""
    _locale: Any = __import__("_locale")
    for name in [name for name in os.environ if name not in environ]:
        del os.environ[name]
    for name, value in environ.items():
        if os.environ.get(name) != value:
            os.environ[name] = value
    (sys.modules.get("time") or sibling("private_stdlib").load("time")).tzset()
    _locale.setlocale(_locale.LC_ALL, "C")
    try:
        _locale.setlocale(_locale.LC_CTYPE, "")
    except _locale.Error:
        pass


def set_flags(settings: "Settings") -> None:
    """sys.flags, sys._xoptions, sys.warnoptions."""
    now = sys.flags
    fixed = sibling("settings").FIXED_FLAGS
    changed = {
        name: value
        for name, value in settings.flags.items()
        if name not in fixed and getattr(now, name) != value
    }
    if changed:
        replace = getattr(now, "__replace__", None)
        flags: Any = replace(**changed) if replace else with_fields(now, changed)
        sys.flags = flags
    vars(sys)["_xoptions"] = dict(settings.x)
    sys.warnoptions[:] = settings.warnings()
    sys.dont_write_bytecode = bool(settings.flags["dont_write_bytecode"])


class Flags(tuple):  # type: ignore[type-arg]  # noqa: SLOT001 - the fields are its attributes
    """Stands in for sys.flags before Python 3.13, whose type makes no second instance."""

    def __repr__(self) -> str:
        return "sys.flags(" + ", ".join(f"{name}={vars(self)[name]!r}" for name in vars(self)) + ")"


def with_fields(flags: "Any", changed: "dict[str, Any]") -> Flags:
    """A copy of sys.flags with some fields changed; their names in order are in its repr."""
    inner = repr(flags).partition("(")[2]
    fields = [word.rpartition(", ")[2] for word in inner.split("=")[:-1]]
    values = {name: changed.get(name, getattr(flags, name)) for name in fields}
    made = Flags(values.values())
    vars(made).update(values)
    return made


def set_streams(settings: "Settings") -> None:
    """sys.stdin, sys.stdout and sys.stderr as Python/pylifecycle.c makes them."""
    unbuffered = bool(settings.level("u", "PYTHONUNBUFFERED"))
    encoding, errors = sibling("settings").stream_encoding(settings)
    for file, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        stream = open_stream(
            file, mode, encoding, "backslashreplace" if file == 2 else errors, unbuffered
        )
        setattr(sys, name, stream)
        vars(sys)[f"__{name}__"] = stream
    if "log" in state:
        sibling("log").attach_streams()


def open_stream(file: int, mode: str, encoding: str, errors: str, unbuffered: bool) -> "Any":
    """One standard stream, or None if its file descriptor is closed."""
    import _io

    try:
        os.fstat(file)
    except OSError:
        return None
    raw_only = unbuffered and mode == "w"
    buffer: Any = _io.open(file, mode + "b", 0 if raw_only else -1, closefd=False)
    raw = buffer if raw_only else buffer.raw
    raw.name = ("<stdin>", "<stdout>", "<stderr>")[file]
    lines = not unbuffered and (file == 2 or raw.isatty())
    stream = _io.TextIOWrapper(buffer, encoding, errors, "\n", lines, unbuffered)
    vars(stream)["mode"] = mode
    return stream


def set_switches(settings: "Settings") -> None:
    """What options and variables switch on at the start."""
    set_digits = getattr(sys, "set_int_max_str_digits", None)
    if set_digits is not None:
        digits = settings.flags["int_max_str_digits"]
        default: Any = getattr(sys.int_info, "default_max_str_digits", 0)
        set_digits(default if digits == -1 else digits)
    prefix = settings.option("pycache_prefix", "PYTHONPYCACHEPREFIX")
    sys.pycache_prefix = prefix if isinstance(prefix, str) else None
    vars(sys.modules["_imp"])["check_hash_based_pycs"] = settings.command.hash_pycs
    state["skip_first_line"] = settings.command.has("x")
    if settings.option("faulthandler", "PYTHONFAULTHANDLER") or settings.flags["dev_mode"]:
        import faulthandler

        if sys.stderr is not None:
            faulthandler.enable()
    frames = settings.option("tracemalloc", "PYTHONTRACEMALLOC")
    if frames and frames != "0":
        import tracemalloc

        tracemalloc.start(1 if frames is True else int(frames))


def set_paths(settings: "Settings") -> None:
    """sys.path: PYTHONPATH, the standard library, then what site adds."""
    library = os.path.dirname(os.__file__)
    archive = f"python{sys.version_info[0]}{sys.version_info[1]}.zip"
    sys.path[:] = settings.paths() + [
        entry
        for entry in state["path"]
        if entry == library or os.path.basename(entry) in (archive, "lib-dynload")
    ]
    for name in SITE_BUILTINS:
        vars(sys.modules["builtins"]).pop(name, None)
    sys.modules.pop("site", None)
    if not settings.flags["no_site"]:
        import site

        del site


def set_warnings() -> None:
    """The warnings' filters, from sys.warnoptions."""
    native: Any = sys.modules["_warnings"]
    native.filters[:] = () if hasattr(sys, "gettotalrefcount") else USUAL_FILTERS
    native._onceregistry.clear()
    if hasattr(native, "_filters_mutated"):
        native._filters_mutated()
    else:
        native._acquire_lock()
        native._filters_mutated_lock_held()
        native._release_lock()
    kept: Any = sys.modules.get("warnings")
    if kept is not None:
        kept.filters, kept.defaultaction = native.filters, native._defaultaction
        kept.onceregistry = native._onceregistry
        kept.showwarning = kept._showwarning_orig
        kept.formatwarning = kept._formatwarning_orig
        kept._processoptions(sys.warnoptions)
    elif sys.warnoptions:
        import warnings

        del warnings
