"""What two pretended Macs agree on: in go two rehearsals, out comes one with placeholders.

A rehearsal makes up what only a real Mac knows. Where both give the same text, the program's own
code made it; where they differ, the text is written as a placeholder that the launcher fills in,
and where none can say it, nothing is guessed: it is asked for.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from ..bundle.app_bundle import AppBundle
from ..bundle.placeholders import CONTENTS, filled_in, literal, with_placeholders
from ..checking import rehearsal_of
from ..errors import FixError
from ..rehearsal import FIRST, SECOND, Effect, PretendedMac, PythonStart, Rehearsal, SliceRehearsal

_ONLY_THERE = (
    "The old main executable works in /Applications only, for it names its own place there; the "
    "new one works wherever it lies."
)


@dataclass(frozen=True, slots=True)
class Pretended:
    """A rehearsal and the Mac that it pretended."""

    rehearsal: Rehearsal
    mac: PretendedMac

    def values(self, bundle_name: str) -> Mapping[str, str]:
        """What is made up, by placeholder; the bundle's own place first."""
        return {
            "CONTENTS": f"{self.mac.applications}/{bundle_name}/Contents",
            "BUNDLE": f"{self.mac.applications}/{bundle_name}",
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


def agreed(
    first: Pretended,
    second: Pretended,
    bundle_name: str,
    *,
    with_argv: bool = True,
    answered: Collection[str] = (),
) -> Rehearsal:
    """The first rehearsal, its texts with placeholders for all that was made up.

    Both ran alike (`depends_on_the_mac` is None). Command lines are left as they are where they are
    not wanted, and so are the variables that a person has `answered`. Raises InventedError for a
    text that no placeholder can say.
    """
    first_values, second_values = first.values(bundle_name), second.values(bundle_name)
    merge = _Merge(first_values, second_values, with_argv=with_argv, answered=frozenset(answered))
    pairs = zip(first.rehearsal.slices, second.rehearsal.slices, strict=True)
    return Rehearsal(tuple(merge.slices(one, other) for one, other in pairs))


def rehearsed(
    bundle: AppBundle,
    arguments: Sequence[str],
    *,
    with_argv: bool = True,
    answered: Collection[str] = (),
) -> tuple[Rehearsal | None, tuple[str, ...]]:
    """The bundle's rehearsal on two pretended Macs, merged, and what is to be said of that.

    None where there is nothing to rehearse. Raises FixError where the two do different things, or a
    text depends on the Mac in a way that no placeholder says.
    """
    one = rehearsal_of(bundle, arguments, mac=FIRST)
    if one is None:
        return None, ()
    first = Pretended(one, FIRST)
    notes: tuple[str, ...] = ()
    for mac in (SECOND, replace(SECOND, applications=FIRST.applications)):
        other = rehearsal_of(bundle, arguments, mac=mac)
        assert other is not None
        difference = depends_on_the_mac(one, other)
        if difference is None:
            second = Pretended(other, mac)
            merged = agreed(first, second, bundle.name, with_argv=with_argv, answered=answered)
            return merged, notes
        notes = (_ONLY_THERE,)
    raise FixError(
        f"What the main executable does depends on the Mac: {difference}",
        mend="Say what Python runs with --entry, for example --entry '-m package.module'.",
    )


class _Merge:
    def __init__(
        self,
        first: Mapping[str, str],
        second: Mapping[str, str],
        *,
        with_argv: bool,
        answered: frozenset[str],
    ) -> None:
        self._first, self._second = first, second
        self._places = {name: value for name, value in first.items() if "/" in value}
        self._with_argv, self._answered = with_argv, answered

    def slices(self, one: SliceRehearsal, other: SliceRehearsal) -> SliceRehearsal:
        return replace(
            one,
            target=self.maybe(one.target, other.target, "the program that it runs"),
            argv=self.words(one.argv, other.argv),
            environment=self.environment(one.environment, other.environment),
            working_directory=self.folder(one.working_directory, other.working_directory),
            python=self.python(one.python, other.python),
            effects=self.effects(one.effects, other.effects),
        )

    def text(self, one: str, other: str, what: str, option: str = "--entry") -> str:
        """The setting's text for what one Mac made `one`, and the other `other`."""
        if one == other:
            contents = self._first["CONTENTS"]
            return CONTENTS.join(literal(part) for part in one.split(contents))
        found = with_placeholders(other, self._second)
        if filled_in(found, self._first) != one:
            raise InventedError(
                f"The value of {what} is made anew at each start, or differs from Mac to Mac "
                f"(here {one!r}), and no placeholder of the launcher says it.",
                mend=f"Say it with {option}; the app's own code can make what is new each time.",
            )
        return found

    def maybe(self, one: str | None, other: str | None, what: str) -> str | None:
        if one is None or other is None:
            if one is not other:
                raise InventedError(f"Whether there is {what} differs from Mac to Mac.")
            return None
        return self.text(one, other, what)

    def variable(self, name: str, one: str | None, other: str | None) -> str | None:
        if one is None or other is None:
            return self.maybe(one, other, f"a variable {name}")
        option = f"--env {name}=VALUE (or --env -{name} to leave it out)"
        return self.text(one, other, f"the variable {name}", option)

    def effects(self, one: tuple[Effect, ...], other: tuple[Effect, ...]) -> tuple[Effect, ...]:
        """All that is done on either Mac. For people, so that no text is asked about."""
        found = [replace(each, what=with_placeholders(each.what, self._second)) for each in other]
        for each in one:
            what = with_placeholders(each.what, self._places)
            if len(one) != len(other) and replace(each, what=what) not in found:
                found.append(replace(each, what=what))
        return tuple(found)

    def folder(self, one: str | None, other: str | None) -> str | None:
        """With a slash at its end, which $TMPDIR has; a placeholder's own is not told twice."""
        if one is None or other is None:
            return self.maybe(one, other, "the folder that it enters")
        found = self.text(f"{one}/", f"{other}/", "the folder that it enters")
        return found.removesuffix("/") or "/"

    def words(self, one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
        if not self._with_argv:
            return one
        numbered = enumerate(zip(one, other, strict=True))
        return tuple(self.text(a, b, f"argument {number}") for number, (a, b) in numbered)

    def environment(
        self, one: Mapping[str, str | None], other: Mapping[str, str | None]
    ) -> Mapping[str, str | None]:
        return {
            name: self.variable(name, one.get(name), other.get(name))
            for name in sorted({*one, *other} - self._answered)
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
