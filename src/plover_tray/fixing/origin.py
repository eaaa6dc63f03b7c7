"""What the old main executable did: in goes its rehearsal, out comes an `Origin` to carry on.

The rehearsal, which invented.py merges from two, runs with marker arguments, so that its argv shows
where the user's go. Both slices must agree; what cannot be told for certain is asked for
(`--entry`), never guessed.
"""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..bundle.app_bundle import AppBundle
from ..bundle.entry import Entry
from ..bundle.placeholders import filled_in
from ..errors import EntryError, FixError, show_path
from ..facts.guest_paths import guest_root, path_in_bundle
from ..facts.rehearsed_python import entry_of_slice, program_is_python, script_in_bundle
from ..rehearsal import EffectKind, Rehearsal, SliceRehearsal

MARKERS = ("plover-tray-user-argument-1", "plover-tray-user-argument-2")
"""Given as the user's arguments in the rehearsal."""

_ASK = "Say what Python runs with --entry, for example --entry '-m package.module'."


_ALWAYS_THERE = frozenset({"${HOME}", "${TMPDIR}", "/private${TMPDIR}", "${BUNDLE_FOLDER}"})
"""Folders outside the bundle that the launcher can enter on any Mac."""

_LEFT_OUT: Mapping[EffectKind, str] = {
    "files": "It also ran `{}`; the new app does not.",
    "program": "It also {}; the new app does not.",
    "limit": "It set a limit (`{}`); the new app keeps the system's.",
    "mask": "It set the mode of new files (`{}`); the new app keeps the system's.",
    "output": "It sent output to a file ({}); the new app's goes to its log in ~/Library/Logs.",
    "loop": "It started Python again and again, {}; the new app ends when Python ends.",
    "signal": "It caught signals (`{}`); the new app leaves that to Python.",
}


@dataclass(frozen=True, slots=True)
class Origin:
    """What the app's process was before, as far as the new one must be the same.

    Texts are settings: what was made up in the rehearsal stands in them as a placeholder.
    """

    entry: Entry
    interpreter: str | None = None
    """The old interpreter's path in the bundle: its rpaths and `@executable_path` counted."""
    environment: Mapping[str, str] = field(default_factory=dict)
    unset_environment: tuple[str, ...] = ()
    working_directory: str | None = None
    """Relative to Contents/, or a placeholder."""
    notes: tuple[str, ...] = ()
    """What could not be carried over, in whole sentences."""
    left_out: tuple[str, ...] = ()
    """What the old program did besides, and the new one does not, in whole sentences."""


def origin_from_rehearsal(
    bundle: AppBundle, rehearsal: Rehearsal, entry: Entry | None = None
) -> Origin:
    """Read the rehearsal (with `MARKERS` as arguments, and placeholders) of what starts Python.

    `entry` is what a person says that Python runs; all the rest is still taken from the rehearsal,
    as far as it goes. Raises FixError where the slices disagree, the rehearsal did not reach
    Python, or Python lies outside the bundle; with an `entry` that is a note.
    """
    try:
        return _read_slice(bundle, _one_of(rehearsal), entry)
    except FixError as error:
        if entry is None:
            raise
        note = f"Nothing but the entry is carried over from the old main executable: {error}"
        return Origin(entry, interpreter_of(rehearsal), notes=(note,))


def _one_of(rehearsal: Rehearsal) -> SliceRehearsal:
    """What all slices do."""
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
    return first


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


def _read_slice(bundle: AppBundle, slice_: SliceRehearsal, given: Entry | None) -> Origin:
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
    environment, unset, notes = _environment(slice_.environment)
    folder, more = _folder(bundle, slice_.working_directory)
    entry = given
    if entry is None:
        argv, passed_on = _without_markers(slice_.argv)
        if not passed_on:
            more += (
                "The old main executable did not pass the user's arguments on; the new one does.",
            )
        entry = _entry(bundle, replace(slice_, argv=argv))
    return Origin(
        entry,
        target,
        environment,
        unset,
        folder,
        (*notes, *more),
        tuple(_LEFT_OUT[effect.kind].format(effect.what) for effect in slice_.effects),
    )


def _folder(bundle: AppBundle, given: str | None) -> tuple[str | None, tuple[str, ...]]:
    """The folder to enter as a setting, and what is to be said of it."""
    if given is None or given == "/":
        return None, ()
    if given.rstrip("/") in _ALWAYS_THERE:
        return given, ()
    folder = _below_contents(path_in_bundle(bundle, _in_guest(bundle, given)))
    if folder is not None:
        return folder, ()
    note = (
        f"The old main executable changed into {show_path(given)}, outside the bundle; the new "
        "one does not."
    )
    return None, (note,)


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
    changes: Mapping[str, str | None],
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
            kept[name] = value
    return kept, tuple(unset), notes


def _entry(bundle: AppBundle, slice_: SliceRehearsal) -> Entry:
    """What the slice asks Python to run, with the paths of the rehearsal relative to Contents/."""
    try:
        entry = entry_of_slice(bundle, slice_)
    except EntryError as error:
        raise FixError(f"What Python is given cannot be read: {error.message}", mend=_ASK) from None
    if entry is None:
        raise FixError("It is not known what Python is asked to run.", mend=_ASK)
    target = entry.target
    if entry.kind == "script":
        folder = _in_guest(bundle, slice_.working_directory or "/")
        script = script_in_bundle(bundle, _in_guest(bundle, target), folder)
        below = _below_contents(script)
        if below is None:
            raise FixError(f"Python is given the script {show_path(target)}.", mend=_ASK)
        target = below
    elif entry.kind == "module" and "${" in target:
        raise FixError(f"The name of the module, {show_path(target)}, is made up.", mend=_ASK)
    return Entry(entry.kind, target, entry.flags, entry.arguments)


def _in_guest(bundle: AppBundle, path: str) -> str:
    """A path of a setting as it was in the rehearsal, as far as it lies in the bundle."""
    root = guest_root(bundle)
    return filled_in(
        path, {"CONTENTS": f"{root}/Contents", "BUNDLE_FOLDER": posixpath.dirname(root)}
    )


def _below_contents(path: str | None) -> str | None:
    """A path in the bundle, relative to Contents/."""
    return None if path is None else posixpath.relpath(f"/{path}", "/Contents")
