"""ID: how the rehearsal of the main executable ended, where it came to no Python."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..facts.facts import Facts
from ..facts.guest_paths import guest_root
from ..findings import Finding, Severity
from .rule import Rule, listed, shown

if TYPE_CHECKING:
    from ..rehearsal.result import SliceRehearsal

_HOSTED_IN_PROCESS = frozenset({"py2app", "briefcase", "pyinstaller", "nuitka", "cx_freeze"})
"""Packagers whose launchers host Python in their own process, by their sources."""


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


def _hosts_in_process(facts: Facts) -> str:
    return (
        f"this is an app made by {facts.bundle.builder}, whose launcher hosts Python in its own "
        "process"
    )


RULES: tuple[Rule, ...] = (NotFollowed(), EndsAtOnce())
