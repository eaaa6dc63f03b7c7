"""PY: whether all is there that our launcher is told to load and run."""

import posixpath
from collections.abc import Iterator

from ..bundle.launcher_config import PLIST_KEY, LauncherConfig
from ..facts.facts import Facts
from ..findings import Finding, Severity
from ..macho.file import MachOFile
from .rule import FIX, Rule, listed, short, shown


class LauncherFileMissing(Rule):
    """The launcher's configuration names what is not there."""

    code = "PY104"
    title = "The launcher is told to load or run what is not in the bundle"
    severity = Severity.ERROR
    meaning = (
        f"In a fixed app the dictionary {PLIST_KEY} in Info.plist says where libpython, its home, "
        "the boot module, the interpreter for children and the app's script are, or which module "
        "Python runs. One of them is not there."
    )
    why = "The launcher stops with an error at start, or the app's children do."
    mend = "Run `plover-tray fix` again on the original app, or put the file back."
    source = "launcher/launcher.m"

    def find(self, facts: Facts) -> Iterator[Finding]:
        """One finding per setting."""
        config = facts.bundle.config
        if config is None:
            return
        for key, path in _named_files(config):
            inside = posixpath.normpath(f"Contents/{path}")
            leaves = path.startswith("/") or inside.startswith("..")
            if leaves or not facts.bundle.exists(inside):
                yield self.finding(
                    "" if leaves else inside,
                    f"The launcher's {key} {'is outside' if leaves else 'is not in'} the bundle: "
                    f"{shown(path)}.",
                    f"{PLIST_KEY}.{key}: {shown(path)}",
                )
        has_home = facts.bundle.exists(f"Contents/{config.home}")
        if has_home and config.entry.kind != "script" and facts.entry_is_missing:
            key = config.entry.kind.capitalize()
            yield self.finding(
                "",
                f"The module that Python is told to run is not in the bundle: "
                f"{shown(config.entry.target)}.",
                [
                    f"{PLIST_KEY}.{key}: {shown(config.entry.target)}",
                    f"looked for in {listed(map(short, facts.python_path.places))}",
                ],
                mend="Run `plover-tray fix` again on the original app with another --entry, or put "
                "the module into the bundle.",
            )


class InterpreterUnusable(Rule):
    """sys.executable of a fixed app."""

    code = "PY105"
    title = "The interpreter for child processes cannot be run"
    severity = Severity.ERROR
    meaning = (
        "A fixed app carries a second copy of the launcher, Contents/MacOS/python3.X, which is "
        "Python's `sys.executable`. It is no program, may not be executed, or lacks an "
        "architecture."
    )
    why = "Everything that starts a child fails: `-m pip`, multiprocessing, subprocess."
    mend = FIX
    source = "launcher/launcher.m; opensteno/plover#1839"

    def find(self, facts: Facts) -> Iterator[Finding]:
        """At most one finding."""
        bundle, config = facts.bundle, facts.bundle.config
        main = facts.main
        path = f"Contents/{config.interpreter}" if config else ""
        if config is None or main is None or main.macho is None or not bundle.exists(path):
            return
        real = bundle.resolve(path)
        entry, macho = bundle.entries.get(real), bundle.machos.get(real)
        if not isinstance(macho, MachOFile) or macho.filetype != "execute":
            reason = "is not a program"
        elif entry is not None and entry.mode & 0o111 != 0o111:
            reason = f"may not be executed by everybody (mode {entry.mode:o})"
        elif missing := [arch for arch in main.macho.archs if arch not in macho.archs]:
            reason = f"lacks {listed(missing)}"
        else:
            return
        yield self.finding(
            path,
            f"The interpreter for child processes {reason}.",
            f"{PLIST_KEY}.Interpreter: {shown(config.interpreter)}",
        )


def _named_files(config: LauncherConfig) -> Iterator[tuple[str, str]]:
    yield "Library", config.library
    yield "Home", config.home
    yield "Interpreter", config.interpreter
    yield "Boot", config.boot
    if config.entry.kind == "script":
        yield "Script", config.entry.target
    if config.working_directory:
        yield "WorkingDirectory", config.working_directory


RULES: tuple[Rule, ...] = (LauncherFileMissing(), InterpreterUnusable())
