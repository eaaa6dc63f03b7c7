"""PY: the Python inside the bundle, and what our launcher is told about it."""

import posixpath
from collections.abc import Iterator

from ..bundle.launcher_config import PLIST_KEY, LauncherConfig
from ..bundle.main_executable import INFO_PLIST
from ..bundle.placeholders import names_in
from ..bundle.plist import MAX_PLIST, parse_plist
from ..errors import BundleError, show_path
from ..facts.facts import Facts
from ..findings import Finding, Severity
from ..macho.file import MachOFile
from .rule import FIX, Rule, listed, short, shown

_EMBED = "Put a Python.framework, or a libpython3.X.dylib with its lib folder, into the bundle."


class NoRuntime(Rule):
    """No libpython in the bundle."""

    code = "PY101"
    title = "There is no Python in the bundle that a process could host"
    severity = Severity.WARNING
    meaning = (
        "The bundle holds neither a Python.framework nor a libpython. Either the app uses a Python "
        "that happens to be on the machine, or its Python is one program that cannot be loaded "
        "into another, or it is no Python app."
    )
    why = (
        "To keep its own process the app must load Python into it, for which it must bring a "
        "libpython. Somebody else's Mac need not have the Python of yours."
    )
    mend = _EMBED
    source = "yusufipk/dikte#53: the app that keeps its own image and loads libpython works"

    def find(self, facts: Facts) -> Iterator[Finding]:
        """At most one finding: an error where another machine's Python is used."""
        if facts.bundle.runtime is not None or facts.main is None:
            return
        for slice_ in facts.slices:
            if slice_.outcome == "python":
                program, inside = slice_.library, slice_.library_in_bundle
            else:
                program = slice_.target if facts.starts_python(slice_) else None
                inside = slice_.target_in_bundle
            if program and not inside:
                yield self.finding(
                    facts.main.path,
                    f"The app runs {shown(program)}, which is not in the bundle.",
                    "No Python.framework and no libpython was found.",
                    severity=Severity.ERROR,
                )
                return
        if facts.kind == "in-process":
            return
        known = facts.kind != "unknown"
        yield self.finding(
            "",
            "There is no libpython in the bundle"
            + (
                "."
                if known
                else "; if this is a Python app, its Python is part of another program."
            ),
            "No Python.framework and no libpython was found.",
            severity=None if known else Severity.NOTE,
            mend=None if known else "Nothing to do if the app is not, or need not be, in Python.",
        )


class RuntimeLacksArchitecture(Rule):
    """A universal launcher around a libpython for one kind of Mac."""

    code = "PY102"
    title = "libpython lacks an architecture that the app offers"
    severity = Severity.WARNING
    meaning = "The main executable runs on a kind of Mac for which there is no libpython in it."
    why = "On such a Mac the app is opened and cannot load its Python."
    mend = "Use a universal2 Python, or thin the main executable to what libpython has."
    source = "dlopen(3): an image without the process' architecture is not loaded"

    def find(self, facts: Facts) -> Iterator[Finding]:
        """At most one finding; an error where no Mac, or none with Apple silicon, is left."""
        runtime = facts.bundle.runtime
        if runtime is None:
            return
        have = {"arm64" if arch.startswith("arm64") else arch for arch in runtime.archs}
        missing = [arch for arch in facts.main_archs if arch not in have]
        common = have.intersection(facts.main_archs)
        if missing:
            yield self.finding(
                runtime.library,
                f"The app runs on {listed(missing)}, its libpython does not.",
                [
                    f"main executable: {listed(facts.main_archs)}",
                    f"libpython: {listed(runtime.archs)}",
                ],
                severity=Severity.ERROR if "arm64" in missing or not common else None,
            )


class SecondIdentity(Rule):
    """An Info.plist beside the interpreter that lends it the app's identifier."""

    code = "PY103"
    title = "Another program in the bundle has the app's identifier"
    severity = Severity.WARNING
    meaning = (
        "Beside an interpreter in the bundle lies an Info.plist with the same CFBundleIdentifier "
        "as the app's own. It was put there so that notifications work from the interpreter."
    )
    why = (
        "Of two processes with one identifier the second one's menu bar item is blocked; and once "
        "the app's own process runs Python, the interpreter needs no identity."
    )
    mend = "Remove that Info.plist; `plover-tray fix APP -o OUT` does it too."
    source = "dhkts1/teamclaude-rs#59; Plover's osx/make_app.sh puts bin/Info.plist in"

    def find(self, facts: Facts) -> Iterator[Finding]:
        """One finding per Info.plist."""
        own = facts.bundle.identifier
        if own is None:
            return
        folders = {
            posixpath.dirname(path)
            for path, macho in facts.bundle.sound_machos.items()
            if macho.filetype == "execute"
        }
        for folder in sorted(folders):
            above, _, last = folder.rpartition("/")
            for path in (f"{folder}/Info.plist", f"{above}/Info.plist" if last == "MacOS" else ""):
                if path in facts.bundle.entries and path != INFO_PLIST:
                    identifier = _identifier_in(facts, path)
                    if identifier == own:
                        yield self.finding(
                            path,
                            f"A second program has the app's identifier {shown(own)}.",
                            f"{show_path(path)}: CFBundleIdentifier {shown(own)}",
                        )


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


RULES: tuple[Rule, ...] = (
    NoRuntime(),
    RuntimeLacksArchitecture(),
    SecondIdentity(),
    LauncherFileMissing(),
    InterpreterUnusable(),
)


def _named_files(config: LauncherConfig) -> Iterator[tuple[str, str]]:
    yield "Library", config.library
    yield "Home", config.home
    yield "Interpreter", config.interpreter
    yield "Boot", config.boot
    if config.entry.kind == "script":
        yield "Script", config.entry.target
    if config.working_directory and not names_in(config.working_directory):
        yield "WorkingDirectory", config.working_directory


def _identifier_in(facts: Facts, path: str) -> object:
    try:
        return parse_plist(facts.bundle.read(path, MAX_PLIST), path)[0].get("CFBundleIdentifier")
    except BundleError:
        return None
