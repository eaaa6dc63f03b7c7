"""What the old main executable did: in goes its rehearsal, out comes an `Origin` to carry on.

The rehearsal runs with marker arguments, so that its argv shows where the user's go. Both slices
must agree; what cannot be told for certain is asked for (`--entry`), never guessed.
"""

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..bundle.app_bundle import AppBundle, show_path
from ..bundle.entry import Entry, entry_from_argv
from ..errors import EntryError, FixError
from ..rehearsal import Rehearsal, SliceRehearsal
from ..rehearsal.guest.places import path_in_bundle, place_of

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
    if not _is_python(bundle, target):
        raise FixError(
            f"The main executable runs {show_path(target)}, which is not the bundle's Python.",
            mend=_ASK,
        )
    guest = place_of(bundle.name)
    argv, passed_on = _without_markers(slice_.argv[1:])
    try:
        entry = entry_from_argv(argv)
    except EntryError as error:
        raise FixError(f"What Python is given cannot be read: {error.message}", mend=_ASK) from None
    notes = []
    if not passed_on:
        notes.append(
            "The old main executable did not pass the user's arguments on; the new one does."
        )
    environment, unset, more = _environment(slice_.environment, f"{guest}/Contents")
    notes += more
    folder = _inside(slice_.working_directory, guest) if slice_.working_directory else None
    if slice_.working_directory and folder is None and slice_.working_directory != "/":
        notes.append(
            f"The old main executable changed into {show_path(slice_.working_directory)}, outside "
            "the bundle; the new one does not."
        )
    return Origin(_place(entry, guest, folder), target, environment, unset, folder, tuple(notes))


def _is_python(bundle: AppBundle, target: str) -> bool:
    runtime = bundle.runtime
    name = posixpath.basename(target).lower()
    within = runtime is not None and runtime.home is not None and target.startswith(runtime.home)
    return name.startswith("python") or within


def _without_markers(argv: Sequence[str]) -> tuple[list[str], bool]:
    """The arguments before the user's, and whether the user's were passed on at all."""
    words = list(argv)
    given = [word for word in words if word in MARKERS]
    if not given:
        if any(marker in word for word in words for marker in MARKERS):
            raise FixError("The user's arguments are joined into one word.", mend=_ASK)
        return words, False
    if words[-len(MARKERS) :] != list(MARKERS) or len(given) != len(MARKERS):
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


def _place(entry: Entry, guest: str, folder: str | None) -> Entry:
    """The entry with paths of the rehearsal's guest made relative to Contents/."""
    contents = f"{guest}/Contents"
    arguments = tuple(word.replace(contents, CONTENTS) for word in entry.arguments)
    target = entry.target
    if entry.kind == "script":
        start = f"{contents}/{folder}" if folder else contents
        inside = _inside(posixpath.join(start, target), guest)
        if inside is None or (not target.startswith("/") and folder is None):
            raise FixError(f"Python is given the script {show_path(target)}.", mend=_ASK)
        target = inside
    return Entry(entry.kind, target, entry.flags, arguments)


def _inside(path: str, guest: str) -> str | None:
    """`path` relative to Contents/, or None where it lies outside the bundle."""
    inside = path_in_bundle(posixpath.normpath(path), guest)
    return None if inside is None else posixpath.relpath(f"/{inside}", "/Contents")
