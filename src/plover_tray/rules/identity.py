"""ID: whether the app's process is the bundle's main executable, as the menu bar requires."""

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..errors import show_path
from ..facts.entry_code import EntryCode, NotReadError
from ..facts.facts import Facts
from ..facts.guest_paths import guest_root
from ..findings import Finding, Severity
from .rule import FIX, Rule, listed, shown

if TYPE_CHECKING:
    from ..rehearsal.result import SliceRehearsal

_SINCE_26 = (
    "Since macOS 26 another process draws the menu bar, and gives a status item a place only if it "
    "can map the item's process back to an app bundle. "
)
_SOURCES = "opensteno/plover#1768 and #1769, yusufipk/dikte#53"
_HOSTED_IN_PROCESS = frozenset({"py2app", "briefcase", "pyinstaller", "nuitka", "cx_freeze"})
"""Packagers whose launchers host Python in their own process, by their sources."""


class ExecReplacesProcess(Rule):
    """An exec stub, as Plover's was to 5.2.2."""

    code = "ID101"
    title = "The main executable replaces itself with another program"
    severity = Severity.ERROR
    meaning = (
        "macOS starts the bundle's main executable, which calls exec: the process is then another "
        "program, usually `python3.X`, and no longer the app."
    )
    why = _SINCE_26 + (
        "After an exec it cannot: the icon is made, reports itself visible and is parked off "
        "screen, and the app is missing in System Settings > Menu Bar. Started from a terminal it "
        "works, which misleads. Notarization does not help."
    )
    mend = FIX
    source = f"{_SOURCES}; Apple does not document the mechanism."
    example = (
        'execv("Contents/Frameworks/Python.framework/Versions/Current/bin/python", '
        '{"python", "-s", "-m", "plover.scripts.dist_main"})'
    )

    def find(self, facts: Facts) -> Iterator[Finding]:
        """One finding per program that a slice turns into; a script's exec is ID102's."""
        if facts.main is None or facts.main.script is not None:
            return
        guilty = [s for s in facts.slices if s.outcome == "exec" and not facts.runs_itself(s)]
        for group in _by_target(guilty):
            first = group[0]
            yield self.finding(
                facts.main.path,
                f"The main executable replaces itself with {_program(first)} ({first.call}), so "
                "the process is no longer the app's own.",
                _did(group),
            )


class ScriptAsExecutable(Rule):
    """A shell script, or one in Python, as CFBundleExecutable."""

    code = "ID102"
    title = "The main executable is a script"
    severity = Severity.ERROR
    meaning = (
        "CFBundleExecutable names a text file that begins with `#!`. The process is the shell (or "
        "another interpreter) and then whatever the script starts, never the app itself."
    )
    why = _SINCE_26 + "A script's process is `sh` or `python`, which belong to no bundle."
    mend = FIX
    source = f"typester/yashiki#183, denoland/deno#35619 and #35626, {_SOURCES}"
    example = '#!/bin/sh\nexec "$DIR/../Frameworks/Python.framework/Versions/Current/bin/python"'

    def find(self, facts: Facts) -> Iterator[Finding]:
        """One finding, with what the script comes to as its evidence."""
        main = facts.main
        if main is None or main.script is None:
            return
        first_line = main.script.split(b"\n", 1)[0].decode("utf-8", "replace")
        evidence = [shown(first_line.strip())]
        evidence += [did for s in facts.slices if s.target for did in _did([s])]
        yield self.finding(
            main.path,
            f"The main executable is a script for {shown(facts.script_program or 'a shell')}, so "
            "the process is not the app's own.",
            evidence,
        )


class PythonAsChild(Rule):
    """A native parent that starts Python and waits, by posix_spawn, NSTask or system."""

    code = "ID103"
    title = "The main executable starts Python as a child process"
    severity = Severity.ERROR
    meaning = (
        "The main executable stays, but Python, and with it the icon, lives in a second process "
        "that it starts."
    )
    why = _SINCE_26 + "The child is not the bundle's main executable, so its icon gets no place."
    mend = FIX
    source = f"Infomaniak/desktop-kDrive#1004, {_SOURCES}"
    example = "posix_spawn(&pid, python, NULL, NULL, arguments, environ); waitpid(pid, ...);"

    def find(self, facts: Facts) -> Iterator[Finding]:
        """One finding per program started, where that is Python or lies in the bundle."""
        if facts.main is None or facts.main.script is not None:
            return
        guilty = [
            s
            for s in facts.slices
            if s.outcome == "spawn" and (facts.starts_python(s) or s.target_in_bundle)
        ]
        for group in _by_target(guilty):
            first = group[0]
            yield self.finding(
                facts.main.path,
                f"The main executable starts {_program(first)} as a child process ({first.call}), "
                "and the icon belongs to that child.",
                _did(group),
            )


class NoOrdinaryExecutable(Rule):
    """No file, no permission, or a symlink."""

    code = "ID104"
    title = "The main executable is missing, not executable, or a symlink"
    severity = Severity.ERROR
    meaning = (
        "The file that CFBundleExecutable names is not there, may not be executed, or only points "
        "at another file."
    )
    why = (
        "Without it macOS opens nothing. Behind a symlink the process is the file it points at, "
        "usually an interpreter, which the menu bar cannot map back to the app."
    )
    mend = "Put a program of that name into Contents/MacOS, with mode 755."
    source = "Apple: Information Property List, CFBundleExecutable; yusufipk/dikte#53"

    def find(self, facts: Facts) -> Iterator[Finding]:
        """At most one finding; a name in the wrong case is PL103's, none at all PL101's."""
        bundle, main = facts.bundle, facts.main
        name = bundle.executable_name
        if main is None:
            if name and facts.file_of_like_name is None:
                yield self.finding(
                    f"Contents/MacOS/{name}",
                    f"The main executable {shown(name)} is missing.",
                    [
                        f"CFBundleExecutable is {shown(name)}",
                        f"Contents/MacOS holds {listed(facts.names_in_main_folder) or 'nothing'}",
                    ],
                )
        elif main.symlink is not None:
            there = bundle.exists(main.path)
            yield self.finding(
                main.path,
                f"The main executable is a symlink to {shown(main.symlink)}, so the process is "
                + ("that file, not the app." if there else "nothing: there is no such file here."),
                f"{show_path(main.path)} -> {shown(main.symlink)}",
                mend=FIX if there else None,
            )
        elif not main.executable:
            yield self.finding(
                main.path,
                "The main executable may not be executed by everybody.",
                f"Its mode is {main.mode:o}.",
                mend=f"Run `chmod 755` on {shown(main.path)}.",
            )


class EntryStartsPythonAgain(Rule):
    """A second exec, in Python, behind the first: Plover's dist_main."""

    code = "ID105"
    title = "The entry module starts Python anew in place of itself"
    severity = Severity.ERROR
    meaning = (
        "The module with which the app begins calls `os.exec*` with Python's own path. It is read "
        "from its source or bytecode in the bundle, without running it."
    )
    why = (
        _SINCE_26 + "Even where the main executable hosts Python in its own process, such an exec "
        "makes that process another program's."
    )
    mend = (
        "Run `plover-tray fix APP -o OUT`: its boot module carries such an exec out in the same "
        "process; or call the code instead of exec."
    )
    source = (
        "Plover's plover/scripts/dist_main.py (5.4.2), read and run here; opensteno/plover#1768"
    )
    example = 'os.execv(sys.executable, [sys.executable, "-m", "plover.scripts.main"])'

    def find(self, facts: Facts) -> Iterator[Finding]:
        """One finding per place; none to worry about where our boot module is at work."""
        code = facts.entry_code
        if not isinstance(code, EntryCode):
            return
        for place in code.reexecs:
            where = f"line {place.line}" if place.line else "its bytecode"
            severity = self.severity
            message = f"{shown(code.program)} starts Python anew in place of itself"
            if facts.hosted_by_us:
                severity = Severity.NOTE
                message += "; the boot module carries that out in the same process."
            elif place.perhaps_elsewhere:
                severity = Severity.WARNING
                message += ", perhaps on another system than macOS only."
            else:
                message += ", and leaves the app's own process by it."
            yield self.finding(
                code.path,
                message,
                f"{place.call} in {shown(place.function)} (read from {where})",
                severity=severity,
                mend="Nothing to do." if facts.hosted_by_us else None,
            )


class NotFollowed(Rule):
    """The rehearsal came to no end that says what the process will be."""

    code = "ID106"
    title = "The rehearsal could not tell what the main executable turns into"
    severity = Severity.WARNING
    meaning = (
        "The main executable was run in the emulator, and did not come to a Python: it met a call "
        "that has no model, reached a bound, ended, or started some other program. The call is "
        "named; nothing is guessed."
    )
    why = "So the other ID rules cannot say whether the app keeps its own process."
    mend = (
        "See `plover-tray rehearse APP -v`; on a Mac `plover-tray probe APP` looks at the running "
        "app."
    )
    source = "The rehearsal itself."

    def find(self, facts: Facts) -> Iterator[Finding]:
        """One finding per way in which it ended; a note for packagers that host in process."""
        main = facts.main
        if main is None or main.symlink is not None:
            return
        lost = [s for s in facts.slices if self._lost(facts, s)]
        hosted = facts.bundle.builder in _HOSTED_IN_PROCESS
        for message in dict.fromkeys(slice_.message for slice_ in lost):
            archs = listed(s.arch for s in lost if s.message == message)
            yield self.finding(
                main.path,
                f"The main executable was not seen to come to Python. {shown(message)}",
                [archs, *([_hosts_in_process(facts)] if hosted else [])],
                severity=Severity.NOTE if hosted else None,
            )

    @staticmethod
    def _lost(facts: Facts, slice_: "SliceRehearsal") -> bool:
        if slice_.lacking:
            return False
        if slice_.outcome == "exec":
            return facts.runs_itself(slice_)
        if slice_.outcome == "spawn":
            return not (facts.starts_python(slice_) or slice_.target_in_bundle)
        return slice_.outcome != "python"


class EntryNotRead(Rule):
    """ID105 had nothing to read."""

    code = "ID107"
    title = "The entry module could not be read"
    severity = Severity.NOTE
    meaning = (
        "The module with which the app begins was not found in the bundle, is compiled to machine "
        "code, or is in a form that is not known here."
    )
    why = "So ID105 cannot tell whether it starts Python anew in place of itself."
    mend = "Look yourself whether it calls `os.exec*`, or run `plover-tray probe APP` on a Mac."
    source = "Reading the bundle."

    def find(self, facts: Facts) -> Iterator[Finding]:
        """At most one finding, where the entry is known; one that is missing is PY104's."""
        reason = facts.entry_code
        if isinstance(reason, NotReadError) and not facts.entry_is_missing:
            yield self.finding("", f"The entry module could not be read: {reason.message}")


class EndsAtOnce(Rule):
    """A stub whose interpreter, or a launcher whose libpython, was not copied."""

    code = "ID108"
    title = "The main executable ends because a program or library is missing"
    severity = Severity.ERROR
    meaning = (
        "In its rehearsal the main executable tried to run a program, or to load a library, that "
        "should lie in the bundle and does not; then it ended with an error."
    )
    why = "So the app ends as soon as it is opened, and says nothing."
    mend = "Put the file where the main executable looks for it, or build the bundle again."
    source = "The rehearsal itself."

    def find(self, facts: Facts) -> Iterator[Finding]:
        """One finding for each set of files that slices miss; a script's are ID102's."""
        main = facts.main
        if main is None or main.symlink is not None or main.script is not None:
            return
        ended = [slice_ for slice_ in facts.slices if slice_.lacking]
        for lacking in dict.fromkeys(slice_.lacking for slice_ in ended):
            start = f"{guest_root(facts.bundle)}/"
            names = listed(path.removeprefix(start) for path in lacking)
            archs = listed(s.arch for s in ended if s.lacking == lacking)
            yield self.finding(
                main.path,
                f"The app ends at once: its main executable looks for {names}, and the bundle has "
                "no such file.",
                f"{archs}: {next(s.message for s in ended if s.lacking == lacking)}",
            )


RULES: tuple[Rule, ...] = (
    ExecReplacesProcess(),
    ScriptAsExecutable(),
    PythonAsChild(),
    NoOrdinaryExecutable(),
    EntryStartsPythonAgain(),
    NotFollowed(),
    EntryNotRead(),
    EndsAtOnce(),
)


def _by_target(slices: "list[SliceRehearsal]") -> "list[list[SliceRehearsal]]":
    groups: dict[tuple[str | None, str | None], list[SliceRehearsal]] = {}
    for slice_ in slices:
        groups.setdefault((slice_.call, slice_.target), []).append(slice_)
    return list(groups.values())


def _program(slice_: "SliceRehearsal") -> str:
    return shown(slice_.target_in_bundle or slice_.target or "another program")


def _hosts_in_process(facts: Facts) -> str:
    return (
        f"this is an app made by {facts.bundle.builder}, whose launcher hosts Python in its own "
        "process"
    )


def _did(slices: "list[SliceRehearsal]") -> list[str]:
    by_words: dict[str, list[str]] = {}
    for slice_ in slices:
        words = shlex.join(slice_.argv) if slice_.argv else slice_.target or ""
        by_words.setdefault(f"{slice_.call or slice_.outcome}: {shown(words)}", []).append(
            slice_.arch
        )
    return [f"{listed(archs)}: {words}" for words, archs in by_words.items()]
