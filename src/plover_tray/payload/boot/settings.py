"""What a command line and an environment ask of an interpreter, and what is beyond a running one.

In: a Command and an environment. Out: Settings, with the values of sys.flags and everything that
can still be changed after the start, and `beyond`, the names of what cannot.
Source: Python/initconfig.c and Doc/using/cmdline.rst of CPython 3.9 to 3.14.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .commandline import Command
    from .start import state

FIXED_FLAGS = (
    "bytes_warning",
    "dev_mode",
    "hash_randomization",
    "inspect",
    "interactive",
    "optimize",
    "utf8_mode",
    "verbose",
    "warn_default_encoding",
)
"""Flags that the interpreter's own C code has read at its start."""

CHANGED_BY_US = (
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONFAULTHANDLER",
    "PYTHONINTMAXSTRDIGITS",
    "PYTHONIOENCODING",
    "PYTHONNOUSERSITE",
    "PYTHONPATH",
    "PYTHONPYCACHEPREFIX",
    "PYTHONSAFEPATH",
    "PYTHONTRACEMALLOC",
    "PYTHONUNBUFFERED",
    "PYTHONUSERBASE",
    "PYTHONWARNINGS",
)

SEEN_IN_FLAGS = (
    "PYTHONDEBUG",
    "PYTHONDEVMODE",
    "PYTHONINSPECT",
    "PYTHONOPTIMIZE",
    "PYTHONUTF8",
    "PYTHONVERBOSE",
    "PYTHONWARNDEFAULTENCODING",
)

READ_WHEN_USED = (
    "PYTHONASYNCIODEBUG",
    "PYTHONBREAKPOINT",
    "PYTHONCASEOK",
    "PYTHONSTARTUP",
    "PYTHON_BASIC_REPL",
    "PYTHON_COLORS",
    "PYTHON_HISTORY",
)

SET_BY_THE_LAUNCHER = ("PYTHONEXECUTABLE", "PYTHONHOME")
"""The launcher overrides them in its interpreter role too."""

X_CHANGED_BY_US = ("faulthandler", "int_max_str_digits", "pycache_prefix", "tracemalloc")
X_SEEN_IN_FLAGS = ("dev", "utf8", "warn_default_encoding")


class Settings:
    """What a new interpreter would have."""

    def __init__(self, command: "Command", environ: "dict[str, str]") -> None:
        self.command = command
        self.isolated = command.has("I") > 0
        self.ignore_environment = self.isolated or command.has("E") > 0
        self.environ = environ
        self.x: dict[str, Any] = {}
        for option in command.x:
            name, equals, value = option.partition("=")
            self.x[name] = value if equals else True
        self.flags = self.make_flags()

    def variable(self, name: str) -> str:
        """A PYTHON* variable that the interpreter would heed, else an empty string."""
        return "" if self.ignore_environment else self.environ.get(name, "")

    def level(self, letter: str, name: str) -> int:
        """A counted option, raised to its variable's number; text counts as 1."""
        text = self.variable(name)
        value = 0
        if text:
            value = int(text) if text.isascii() and text.isdigit() else 1
        return max(self.command.has(letter), value)

    def switch(self, letter: str, name: str) -> int:
        """An option that is on or off."""
        return int(self.level(letter, name) > 0)

    def option(self, name: str, variable: str) -> "Any":
        """The value of a -X option, else of its variable, else None."""
        return self.x.get(name, self.variable(variable) or None)

    def make_flags(self) -> "dict[str, Any]":
        """sys.flags, field by field; fields of later Pythons stay as they are."""
        command = self.command
        digits = self.option("int_max_str_digits", "PYTHONINTMAXSTRDIGITS")
        utf8 = self.option("utf8", "PYTHONUTF8")
        safe = self.isolated or command.has("P") or self.variable("PYTHONSAFEPATH")
        now = state["sys"]["flags"]
        hash_seed = self.variable("PYTHONHASHSEED")
        flags = {
            "debug": self.level("d", "PYTHONDEBUG"),
            "inspect": int(bool(command.has("i") or self.variable("PYTHONINSPECT"))),
            "interactive": command.has("i"),
            "optimize": self.level("O", "PYTHONOPTIMIZE"),
            "dont_write_bytecode": self.switch("B", "PYTHONDONTWRITEBYTECODE"),
            "no_user_site": int(self.isolated or self.switch("s", "PYTHONNOUSERSITE")),
            "no_site": int(command.has("S") > 0),
            "ignore_environment": int(self.ignore_environment),
            "verbose": self.level("v", "PYTHONVERBOSE"),
            "bytes_warning": command.has("b"),
            "quiet": command.has("q"),
            "hash_randomization": int(hash_seed != "0"),
            "isolated": int(self.isolated),
            "dev_mode": bool("dev" in self.x or self.variable("PYTHONDEVMODE")),
            "utf8_mode": now.utf8_mode if utf8 is None else int(utf8 in (True, "1")),
            "warn_default_encoding": int(
                bool(self.option("warn_default_encoding", "PYTHONWARNDEFAULTENCODING"))
            ),
            "safe_path": bool(safe),
            "int_max_str_digits": default_digits() if digits is None else int(digits),
        }
        return {name: value for name, value in flags.items() if hasattr(now, name)}

    def beyond(self) -> "list[str]":
        """What would have to be given to a new process, by name; empty if nothing."""
        now = state["sys"]["flags"]
        old = state["environ"]
        names = [name for name in FIXED_FLAGS if getattr(now, name, None) != self.flags.get(name)]
        options = {*X_CHANGED_BY_US, *X_SEEN_IN_FLAGS}
        running = state["sys"]["_xoptions"]
        names += [
            f"-X {name}"
            for name in {*self.x, *running} - options
            if self.x.get(name) != running.get(name)
        ]
        ours = {*CHANGED_BY_US, *SEEN_IN_FLAGS, *READ_WHEN_USED, *SET_BY_THE_LAUNCHER}
        for name in {*old, *self.environ} - ours:
            if not name.startswith("PYTHON"):
                continue
            before = "" if now.ignore_environment else old.get(name, "")
            if before != self.variable(name):
                names.append(name)
        if sys.platform != "darwin" and locale_name(old) != locale_name(self.environ):
            names.append("LC_CTYPE")
        return sorted(names)

    def warnings(self) -> "list[str]":
        """sys.warnoptions."""
        listed = self.variable("PYTHONWARNINGS")
        level = self.flags["bytes_warning"]
        return [
            *(["default"] if self.flags["dev_mode"] else []),
            *(listed.split(",") if listed else []),
            *self.command.w,
            *(["error::BytesWarning" if level > 1 else "default::BytesWarning"] if level else []),
        ]

    def paths(self) -> "list[str]":
        """PYTHONPATH, as entries of sys.path."""
        text = self.variable("PYTHONPATH")
        return text.split(os.pathsep) if text else []


def default_digits() -> int:
    """sys.flags.int_max_str_digits where nobody asks for a limit: -1 up to CPython 3.11."""
    if sys.version_info < (3, 12):
        return -1
    return sys.int_info.default_max_str_digits


def locale_name(environ: "dict[str, str]") -> str:
    """The name by which the C library picks LC_CTYPE."""
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        if environ.get(name):
            return environ[name]
    return "C"


def stream_encoding(settings: Settings) -> "tuple[str, str]":
    """(encoding, error handler) of the standard streams.

    The locale's encoding stays what it was at the start; PYTHONIOENCODING may have hidden it.
    """
    before = {} if state["sys"]["flags"].ignore_environment else state["environ"]
    named, _, handler = settings.variable("PYTHONIOENCODING").partition(":")
    usual, errors = state["stdio"]
    if before.get("PYTHONIOENCODING") or not usual:
        import _locale

        usual, errors = _locale.nl_langinfo(_locale.CODESET).lower(), "strict"
        if locale_name(settings.environ) in ("C", "POSIX") or settings.flags["utf8_mode"]:
            errors = "surrogateescape"
        if settings.flags["utf8_mode"]:
            usual = "utf-8"
    return named or usual, handler or ("strict" if named else errors)
