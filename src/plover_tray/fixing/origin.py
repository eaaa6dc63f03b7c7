"""What the old main executable did: in goes its rehearsal, out comes an `Origin` to carry on.

The rehearsal runs with marker arguments, so that its argv shows where the user's go. Both slices
must agree; what cannot be told for certain is asked for (`--entry`), never guessed.
"""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..bundle.app_bundle import AppBundle
from ..bundle.entry import Entry
from ..errors import EntryError, FixError, show_path
from ..facts.guest_paths import guest_root, path_in_bundle
from ..facts.rehearsed_python import entry_of_slice, program_is_python, script_in_bundle
from ..rehearsal import Rehearsal, SliceRehearsal

MARKERS = ("plover-tray-user-argument-1", "plover-tray-user-argument-2")
"""Given as the user's arguments in the rehearsal."""

CONTENTS = "${CONTENTS}"
"""In the configuration's environment and arguments: the launcher puts the real path there."""

_ASK = "Say what Python runs with --entry, for example --entry '-m package.module'."


@dataclass(frozen=True, slots=True)
class Origin:
    """What the app's process was before, as far as the new one must be the same."""

    entry: Entry
    interpreter: str | None
    """The old interpreter's path in the bundle: its rpaths and `@executable_path` counted."""
    environment: Mapping[str, str]
    unset_environment: tuple[str, ...]
    working_directory: str | None
    """Relative to Contents/."""
    notes: tuple[str, ...]
    """What could not be carried over, in whole sentences."""


def origin_from_rehearsal(bundle: AppBundle, rehearsal: Rehearsal) -> Origin:
    """Read the rehearsal (with `MARKERS` as arguments) of an exec stub, parent or script.

    Raises FixError where the slices disagree, the rehearsal did not reach Python, or Python lies
    outside the bundle.
    """
    first, *others = rehearsal.slices
    for slice_ in rehearsal.slices:
        if slice_.outcome not in ("exec", "spawn"):
            raise FixError(
                f"The rehearsal of the main executable ({slice_.arch}) did not reach Python: "
                f"{slice_.message}",
                mend=_ASK,
            )
    for other in others:
        if _essence(other) != _essence(first):
            raise FixError(
                f"The main executable's slices do different things: {first.arch} runs "
                f"{list(first.argv)}, {other.arch} runs {list(other.argv)}.",
                mend=_ASK,
            )
    return _read_slice(bundle, first)


def interpreter_of(rehearsal: Rehearsal | None) -> str | None:
    """The interpreter in the bundle that every slice of the rehearsal starts, if there is one."""
    if rehearsal is None:
        return None
    targets = {slice_.target_in_bundle for slice_ in rehearsal.slices}
    return targets.pop() if len(targets) == 1 else None


def _essence(slice_: SliceRehearsal) -> tuple[object, ...]:
    return (
        slice_.outcome,
        slice_.target,
        tuple(slice_.argv),
        dict(slice_.environment),
        slice_.working_directory,
    )


def _read_slice(bundle: AppBundle, slice_: SliceRehearsal) -> Origin:
    target = slice_.target_in_bundle
    if target is None:
        raise FixError(
            f"The main executable runs {show_path(slice_.target or '?')}, which is not in the "
            "bundle; there is no Python to host.",
            mend="Put a Python.framework or libpython into the bundle, then give --entry.",
        )
    if not program_is_python(bundle, target):
        raise FixError(
            f"The main executable runs {show_path(target)}, which is not the bundle's Python.",
            mend=_ASK,
        )
    argv, passed_on = _without_markers(slice_.argv)
    notes = []
    if not passed_on:
        notes.append(
            "The old main executable did not pass the user's arguments on; the new one does."
        )
    contents = f"{guest_root(bundle)}/Contents"
    environment, unset, more = _environment(slice_.environment, contents)
    notes += more
    given = slice_.working_directory
    folder = _below_contents(path_in_bundle(bundle, given)) if given else None
    if given and folder is None and given != "/":
        notes.append(
            f"The old main executable changed into {show_path(given)}, outside "
            "the bundle; the new one does not."
        )
    entry = _entry(bundle, replace(slice_, argv=argv))
    return Origin(entry, target, environment, unset, folder, tuple(notes))


def _without_markers(words: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    """The command line without the user's arguments, and whether those were passed on at all."""
    given = [word for word in words if word in MARKERS]
    if not given:
        if any(marker in word for word in words for marker in MARKERS):
            raise FixError("The user's arguments are joined into one word.", mend=_ASK)
        return words, False
    if words[-len(MARKERS) :] != MARKERS or len(given) != len(MARKERS):
        raise FixError(
            "The main executable does not pass the user's arguments on as the last ones.",
            mend=_ASK,
        )
    return words[: -len(MARKERS)], True


_REPLACED = {"PYTHONHOME", "PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__"}
"""The launcher says itself where Python's home and interpreter are."""


def _environment(
    changes: Mapping[str, str | None], contents: str
) -> tuple[dict[str, str], tuple[str, ...], list[str]]:
    kept: dict[str, str] = {}
    unset, notes = [], []
    for name, value in sorted(changes.items()):
        if name.startswith("DYLD_"):
            notes.append(
                f"The old main executable set {name}, which dyld reads at a program's start only; "
                "it has no effect in the new one."
            )
        elif name in _REPLACED:
            continue
        elif value is None:
            unset.append(name)
        else:
            kept[name] = value.replace(contents, CONTENTS)
    return kept, tuple(unset), notes


def _entry(bundle: AppBundle, slice_: SliceRehearsal) -> Entry:
    """What the slice asks Python to run, with the paths of the rehearsal relative to Contents/."""
    try:
        entry = entry_of_slice(bundle, slice_)
    except EntryError as error:
        raise FixError(f"What Python is given cannot be read: {error.message}", mend=_ASK) from None
    if entry is None:
        raise FixError("It is not known what Python is asked to run.", mend=_ASK)
    contents = f"{guest_root(bundle)}/Contents"
    arguments = tuple(word.replace(contents, CONTENTS) for word in entry.arguments)
    target = entry.target
    if entry.kind == "script":
        script = script_in_bundle(bundle, target, slice_.working_directory)
        below = _below_contents(script)
        if below is None:
            raise FixError(f"Python is given the script {show_path(target)}.", mend=_ASK)
        target = below
    return Entry(entry.kind, target, entry.flags, arguments)


def _below_contents(path: str | None) -> str | None:
    """A path in the bundle, relative to Contents/."""
    return None if path is None else posixpath.relpath(f"/{path}", "/Contents")
