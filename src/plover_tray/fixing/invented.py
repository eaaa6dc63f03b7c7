"""What two pretended Macs agree on: in go two rehearsals, out comes one with placeholders.

A rehearsal makes up what only a real Mac knows. Where both give the same text, the program's own
code made it; where they differ, the text is written as a placeholder that the launcher fills in,
and where none can say it, nothing is guessed: it is asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..bundle.placeholders import filled_in, literal, with_placeholders
from ..errors import FixError
from ..rehearsal import PretendedMac, PythonStart, Rehearsal, SliceRehearsal


@dataclass(frozen=True, slots=True)
class Pretended:
    """A rehearsal and the Mac that it pretended."""

    rehearsal: Rehearsal
    mac: PretendedMac

    def values(self, bundle_name: str) -> Mapping[str, str]:
        """What is made up, by placeholder; the bundle's own place first."""
        return {
            "CONTENTS": f"{self.mac.applications}/{bundle_name}/Contents",
            "BUNDLE_FOLDER": self.mac.applications,
            **self.mac.placeholders(),
        }


class InventedError(FixError):
    """A value depends on the Mac, and no placeholder can say how."""


def depends_on_the_mac(first: Rehearsal, second: Rehearsal) -> str | None:
    """In which way the two ran differently, as a sentence; None where they ran alike."""
    for one, other in zip(first.slices, second.slices, strict=False):
        same = (one.arch, one.outcome, one.target_in_bundle, len(one.argv), one.python is None)
        if same != (
            *(other.arch, other.outcome, other.target_in_bundle),
            *(len(other.argv), other.python is None),
        ):
            return f"on one Mac: {one.message} On another: {other.message}"
    if len(first.slices) != len(second.slices):
        return "on one Mac it asks for the processor, on another it does not."
    return None


def agreed(first: Pretended, second: Pretended, bundle_name: str) -> Rehearsal:
    """The first rehearsal, its texts with placeholders for all that was made up.

    Both ran alike (`depends_on_the_mac` is None). Raises InventedError for a text that no
    placeholder can say.
    """
    merge = _Merge(first.values(bundle_name), second.values(bundle_name))
    pairs = zip(first.rehearsal.slices, second.rehearsal.slices, strict=True)
    return Rehearsal(tuple(merge.slices(one, other) for one, other in pairs))


class _Merge:
    def __init__(self, first: Mapping[str, str], second: Mapping[str, str]) -> None:
        self._first, self._second = first, second

    def slices(self, one: SliceRehearsal, other: SliceRehearsal) -> SliceRehearsal:
        return replace(
            one,
            target=self.maybe(one.target, other.target, "the program that it runs"),
            argv=self.words(one.argv, other.argv),
            environment=self.environment(one.environment, other.environment),
            working_directory=self.maybe(
                one.working_directory, other.working_directory, "the folder that it enters"
            ),
            python=self.python(one.python, other.python),
        )

    def text(self, one: str, other: str, what: str) -> str:
        """The setting's text for what one Mac made `one`, and the other `other`."""
        if one == other:
            contents = self._first["CONTENTS"]
            return "${CONTENTS}".join(literal(part) for part in one.split(contents))
        found = with_placeholders(other, self._second)
        if filled_in(found, self._first) != one:
            raise InventedError(
                f"The value of {what} is made anew at each start, or differs from Mac to Mac "
                f"(here {one!r}), and no placeholder of the launcher says it.",
                mend="Set it in the app's own code, and say with --entry and --env what it needs "
                "at the start.",
            )
        return found

    def maybe(self, one: str | None, other: str | None, what: str) -> str | None:
        if one is None or other is None:
            if one is not other:
                raise InventedError(f"Whether there is {what} differs from Mac to Mac.")
            return None
        return self.text(one, other, what)

    def words(self, one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
        numbered = enumerate(zip(one, other, strict=True))
        return tuple(self.text(a, b, f"argument {number}") for number, (a, b) in numbered)

    def environment(
        self, one: Mapping[str, str | None], other: Mapping[str, str | None]
    ) -> Mapping[str, str | None]:
        return {
            name: self.maybe(one.get(name), other.get(name), f"the variable {name}")
            for name in sorted({*one, *other})
        }

    def python(self, one: PythonStart | None, other: PythonStart | None) -> PythonStart | None:
        if one is None or other is None:
            return one
        settings = self.environment(one.settings, other.settings)
        return replace(
            one,
            argv=self.words(one.argv, other.argv),
            home=self.maybe(one.home, other.home, "Python's home"),
            runs=self.maybe(one.runs, other.runs, "what Python runs"),
            settings={name: value for name, value in settings.items() if value is not None},
        )
