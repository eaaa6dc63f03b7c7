"""ID: whether the app's process is the bundle's main executable, as the menu bar requires."""

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..errors import show_path
from ..facts.facts import Facts
from ..findings import Finding, Severity
from .rule import FIX, SINCE_26, Rule, listed, shown

if TYPE_CHECKING:
    from ..rehearsal.result import SliceRehearsal

_SOURCES = "opensteno/plover#1768 and #1769, yusufipk/dikte#53"


class ExecReplacesProcess(Rule):
    """An exec stub, as Plover's was to 5.2.2."""

    code = "ID101"
    title = "The main executable replaces itself with another program"
    severity = Severity.ERROR
    meaning = (
        "macOS starts the bundle's main executable, which calls exec: the process is then another "
        "program, usually `python3.X`, and no longer the app."
    )
    why = SINCE_26 + (
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
    why = SINCE_26 + "A script's process is `sh` or `python`, which belong to no bundle."
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
    why = SINCE_26 + "The child is not the bundle's main executable, so its icon gets no place."
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


RULES: tuple[Rule, ...] = (
    ExecReplacesProcess(),
    ScriptAsExecutable(),
    PythonAsChild(),
    NoOrdinaryExecutable(),
)


def _by_target(slices: "list[SliceRehearsal]") -> "list[list[SliceRehearsal]]":
    groups: dict[tuple[str | None, str | None], list[SliceRehearsal]] = {}
    for slice_ in slices:
        groups.setdefault((slice_.call, slice_.target), []).append(slice_)
    return list(groups.values())


def _program(slice_: "SliceRehearsal") -> str:
    return shown(slice_.target_in_bundle or slice_.target or "another program")


def _did(slices: "list[SliceRehearsal]") -> list[str]:
    by_words: dict[str, list[str]] = {}
    for slice_ in slices:
        words = shlex.join(slice_.argv) if slice_.argv else slice_.target or ""
        by_words.setdefault(f"{slice_.call or slice_.outcome}: {shown(words)}", []).append(
            slice_.arch
        )
    return [f"{listed(archs)}: {words}" for words, archs in by_words.items()]
