"""PY: the Python inside the bundle, and who else in it has the app's identifier."""

import posixpath
from collections.abc import Iterator

from ..bundle.main_executable import INFO_PLIST
from ..errors import show_path
from ..facts.facts import Facts
from ..findings import Finding, Severity
from .rule import Rule, listed, shown

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
                    identifier = facts.bundle.identifier_in(path)
                    if identifier == own:
                        yield self.finding(
                            path,
                            f"A second program has the app's identifier {shown(own)}.",
                            f"{show_path(path)}: CFBundleIdentifier {shown(own)}",
                        )


RULES: tuple[Rule, ...] = (
    NoRuntime(),
    RuntimeLacksArchitecture(),
    SecondIdentity(),
)
