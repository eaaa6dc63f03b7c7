"""ID: whether the module with which the app begins starts Python in another process."""

from collections.abc import Iterator

from ..facts.entry_code import EntryCode, NotReadError
from ..facts.facts import Facts
from ..findings import Finding, Severity
from .rule import SINCE_26, Rule, shown


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
        SINCE_26 + "Even where the main executable hosts Python in its own process, such an exec "
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


RULES: tuple[Rule, ...] = (EntryStartsPythonAgain(), EntryNotRead())
