"""What a rule is: its text, which `explain` and the documentation show, and how it finds.

A rule reads facts and yields findings; it prints nothing and opens nothing.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from ..errors import show_path
from ..facts.facts import Facts
from ..findings import Finding, Severity

FIX = "Run `plover-tray fix APP -o OUT`: it rebuilds the app around a launcher that hosts Python."
"""What to do next about all that the launcher cures."""

SIGN = "Run `plover-tray sign APP -o OUT`, with --identity or --p12 for a Developer ID."
"""What to do next about what a new signature cures."""

SINCE_26 = (
    "Since macOS 26 another process draws the menu bar, and gives a status item a place only if it "
    "can map the item's process back to an app bundle. "
)
"""Why the process must be the app's own; a rule's `why` goes on from there."""

EVERY = 1000
"""Things of a kind in one finding's evidence; the report for people shows the first."""
_MAX_SHOWN = 200
"""Characters of a value from the bundle that a message quotes."""


class Rule(ABC):
    """One rule. All texts are whole sentences for people who do not know Mach-O."""

    code: ClassVar[str]
    """Family and number, such as `ID101`; it never changes its meaning."""
    title: ClassVar[str]
    """What the rule finds, as a sentence without its full stop."""
    severity: ClassVar[Severity]
    """Of its findings, where they do not say otherwise."""
    meaning: ClassVar[str]
    why: ClassVar[str]
    mend: ClassVar[str]
    """What to do next, in one line."""
    source: ClassVar[str]
    """Where it is known from."""
    example: ClassVar[str] = ""
    """What breaks the rule, as a file would have it."""

    @abstractmethod
    def find(self, facts: Facts) -> Iterator[Finding]:
        """Yield what is to be said about the bundle. Raises BundleError for what cannot be read."""

    def finding(
        self,
        path: str,
        message: str,
        evidence: str | Iterable[str] = (),
        *,
        severity: Severity | None = None,
        mend: str | None = None,
    ) -> Finding:
        """A finding of this rule; texts are brought onto one line that is safe to show."""
        read = [evidence] if isinstance(evidence, str) else evidence
        return Finding(
            self.code,
            severity or self.severity,
            path,
            show_path(message),
            tuple(show_path(item) for item in read if item),
            show_path(self.mend if mend is None else mend),
        )

    def one_for_all(
        self, paths: Sequence[str], one: str, many: str, evidence: str = ""
    ) -> Iterator[Finding]:
        """One finding for all the paths, if there are any: `one` is said of a single one, `many`
        follows their number. Read were `evidence`, if that is given, and the paths.
        """
        if len(paths) == 1:
            yield self.finding(paths[0], f"{one}.", [evidence, paths[0]])
        elif paths:
            names = listed(map(short, paths), most=3)
            yield self.finding("", f"{len(paths)} {many}: {names}.", [evidence, *each(paths)])


def shown(value: object) -> str:
    """A value of an Info.plist or a command line, safe to show and not too long."""
    text = show_path(value if isinstance(value, str) else repr(value))
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."


def short(path: str) -> str:
    """A path without what leads to site-packages or Frameworks, for lists of many."""
    for folder in ("/site-packages/", "/Frameworks/"):
        _, found, rest = path.partition(folder)
        if found:
            return rest
    return path.removeprefix("Contents/")


def each(things: Iterable[str]) -> tuple[str, ...]:
    """All that was read, as evidence, up to `EVERY` of them and the number of the others."""
    found = [shown(thing) for thing in things]
    more = len(found) - EVERY
    return (*found[:EVERY], *([f"{more} more"] if more > 0 else []))


def listed(names: Iterable[str], *, most: int = 5) -> str:
    """`a, b, c and 4 more`."""
    found = [shown(name) for name in names]
    if len(found) <= most:
        return " and ".join(filter(None, [", ".join(found[:-1]), *found[-1:]]))
    return f"{', '.join(found[:most])} and {len(found) - most} more"
