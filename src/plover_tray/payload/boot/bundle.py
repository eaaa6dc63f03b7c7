"""The bundle this process runs from: what its Info.plist says, read when first asked for.

Out: paths of the bundle, its launcher and its log folder, and the program it is configured to
run. Outside a bundle (this folder used with a bare interpreter) each answer is None.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .boot import sibling
    from .start import state

FOREIGN = ("PYTHONHOME", "PYTHONPATH", "PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__")
"""What launcher.m takes out of the environment of the app, unless KeepEnvironment names it."""

ENTRY_KINDS = {"Module": "-m", "Script": "script", "Function": "function", "Code": "-c"}

known: "dict[str, Any]" = {}


def contents() -> "str | None":
    """The bundle's Contents folder: above sys.executable, else above the boot module."""
    info()
    return known["contents"]  # type: ignore[no-any-return]


def info() -> "dict[str, Any]":
    """Info.plist, if it has the launcher's dictionary; else an empty one."""
    if not known:
        executable = state["sys"]["executable"] or "/"
        folder = os.path.dirname
        known.update(contents=None, info={})
        for place in (folder(folder(executable)), folder(folder(state["folder"]))):
            try:
                with open(place + "/Info.plist", "rb") as file:
                    plist = sibling("private_stdlib").load("plistlib").load(file)
            except Exception:
                continue
            if isinstance(plist, dict) and isinstance(plist.get("PloverTray"), dict):
                known.update(contents=place, info=plist)
                break
    return known["info"]  # type: ignore[no-any-return]


def launcher() -> "str | None":
    """The path of the bundle's main executable."""
    name = info().get("CFBundleExecutable")
    return f"{contents()}/MacOS/{name}" if isinstance(name, str) and name else None


def path() -> "str | None":
    """The path of the bundle."""
    place = contents()
    return os.path.dirname(place) if place else None


def name() -> "str | None":
    """The app's name, without what cannot stand in a file's name; as launcher.m takes it."""
    if not contents():
        return None
    text = info().get("CFBundleName")
    if not isinstance(text, str) or not text:
        text = os.path.basename(path() or "app")
    text = "".join("-" if letter == "/" or letter < " " else letter for letter in text)
    return "-" + text[1:] if text[0] == "." else text


def log_folder() -> "str | None":
    """Where the app's log is: ~/Library/Logs/NAME, off a Mac $XDG_STATE_HOME/NAME."""
    label = name()
    if label is None:
        return None
    if sys.platform == "darwin":
        root = os.path.expanduser("~/Library/Logs")
    else:
        root = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return os.path.join(root, label)


def placed(text: str, environ: "dict[str, str]") -> str:
    """A setting's text as a start in `environ` has it."""
    return str(sibling("placeholders").placed(text, environ)) if "${" in text else text


def interpreter_words(environ: "dict[str, str]") -> "list[str]":
    """sys.executable and the interpreter's options that the launcher gives the app."""
    flags = info()["PloverTray"].get("Flags", ())
    return [state["sys"]["executable"], *(placed(flag, environ) for flag in flags)]


def entry(arguments: "list[str]", environ: "dict[str, str]") -> "tuple[str, str, list[str]]":
    """(kind, target, arguments) of the configured program, the user's arguments at the end."""
    settings = info()["PloverTray"]
    key = next(key for key in ENTRY_KINDS if key in settings)
    target = placed(settings[key], environ)
    if key == "Script":
        target = os.path.join(contents() or "", target)
    fixed = [placed(argument, environ) for argument in fixed_arguments()]
    return ENTRY_KINDS[key], target, [*fixed, *arguments]


def fixed_arguments() -> "list[str]":
    """The program's arguments in front of the user's, placeholders and all."""
    return list(info()["PloverTray"].get("Arguments", ()))


def without_fixed(arguments: "list[str]") -> "list[str]":
    """Arguments without the program's own in front, where a start of this app has put them."""
    fixed = fixed_arguments()
    return arguments[len(fixed) :] if begins(arguments, fixed) else arguments


def begins(words: "list[str]", fixed: "list[str]") -> bool:
    """Whether words begin with what some start makes of these settings."""
    if words[: len(fixed)] == fixed:
        return True
    fits: Callable[[str, str], bool] = sibling("placeholders").fits
    return len(words) >= len(fixed) and all(map(fits, fixed, words))


def environment(environ: "dict[str, str]") -> "dict[str, str]":
    """What launcher.m makes of the environment that the app is started with."""
    settings = info()["PloverTray"]
    kept = settings.get("KeepEnvironment", ())
    gone = {*(name for name in FOREIGN if name not in kept), *settings.get("UnsetEnvironment", ())}
    new = {name: value for name, value in environ.items() if name not in gone}
    more = settings.get("Environment", {})
    new.update((name, placed(value, environ)) for name, value in more.items())
    return new


def working_directory(environ: "dict[str, str]") -> "str | None":
    """The folder that the launcher enters."""
    folder = info()["PloverTray"].get("WorkingDirectory")
    return os.path.join(contents() or "", placed(folder, environ)) if folder else None


def role(path: "Any") -> "str | None":
    """Which of this app's two programs a path (or open file) is: interpreter, launcher, neither.

    A virtual environment's link to the interpreter is neither: it is another installation.
    """
    if isinstance(path, int):
        path = opened(path)
    try:
        given = os.path.abspath(os.fsdecode(path))
        executable = state["sys"]["executable"]
        real = os.path.realpath(given)
        if executable and given == os.path.abspath(executable):
            return "interpreter"
        if executable and real == os.path.realpath(executable):
            above = os.path.dirname(given)
            near = (above, os.path.dirname(above))
            if sys.prefix != sys.base_prefix:
                return None
            if any(os.path.exists(folder + "/pyvenv.cfg") for folder in near):
                return None
            return "interpreter"
        main = launcher()
        if main and real == os.path.realpath(main):
            return "launcher"
    except (OSError, TypeError, ValueError):
        pass
    return None


def opened(file: int) -> str:
    """The path of an open file."""
    import fcntl

    if sys.platform == "darwin":
        get_path = getattr(fcntl, "F_GETPATH", 50)
        return os.fsdecode(fcntl.fcntl(file, get_path, bytes(1024)).rstrip(b"\0"))
    return os.readlink(f"/proc/self/fd/{file}")
