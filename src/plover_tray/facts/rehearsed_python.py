"""What a rehearsal says of Python: whether a slice starts one, and what it asks it to run."""

import posixpath
from typing import TYPE_CHECKING

from ..bundle.app_bundle import AppBundle
from ..bundle.entry import Entry, entry_from_argv
from ..bundle.python_names import is_python
from .guest_paths import path_in_bundle

if TYPE_CHECKING:
    from ..rehearsal.result import SliceRehearsal

_MAINS = ("Py_BytesMain", "Py_Main", "Py_RunMain")
"""Functions of CPython that read a command line."""
_FIRST_WORDS = 4
"""Of a command line: a Python stands there if `env`, `arch` or a shell is to start it."""


def program_is_python(bundle: AppBundle, path: str) -> bool:
    """Whether a program is a Python: by its name, or because it lies where the bundle's own does.

    `path` is relative to the bundle; of a program elsewhere only the name counts.
    """
    runtime = bundle.runtime
    if runtime is not None and runtime.home is not None:
        beside = posixpath.dirname(path) == f"{runtime.home}/bin"
        if beside and path in bundle.sound_machos:
            return True
    return is_python(path)


def starts_python(bundle: AppBundle, slice_: "SliceRehearsal") -> bool:
    """Whether the program that a slice starts is a Python, or is told to start one."""
    if slice_.target_in_bundle and program_is_python(bundle, slice_.target_in_bundle):
        return True
    words = [slice_.target or "", *slice_.argv[:_FIRST_WORDS]]
    return any(is_python(posixpath.basename(word).partition(" ")[0]) for word in words)


def entry_of_slice(bundle: AppBundle, slice_: "SliceRehearsal") -> Entry | None:
    """What a slice asks Python to run, paths as in the rehearsal; None where that is not known.

    Raises EntryError where the command line that it gives Python names nothing to run.
    """
    program = slice_.target_in_bundle or slice_.target or ""
    if slice_.outcome in ("exec", "spawn") and program_is_python(bundle, program):
        return entry_from_argv(slice_.argv[1:])
    python = slice_.python
    if python is None:
        return None
    kind, _, what = (python.runs or "").partition(" ")
    if kind == "file":
        return Entry("script", what)
    if "run_module" in python.settings:
        return Entry("module", python.settings["run_module"])
    # Python's own embedding may have run anything before; only its main reads argv.
    reads_argv = python.call in _MAINS and len(python.argv) > 1
    return entry_from_argv(python.argv[1:]) if reads_argv else None


def script_in_bundle(bundle: AppBundle, target: str, folder: str | None) -> str | None:
    """The path in the bundle of a script `target` that Python is given in the folder `folder`.

    Links are not followed; None where it lies outside the bundle. Without a folder the process is
    where LaunchServices starts it, in `/`.
    """
    return path_in_bundle(bundle, posixpath.join(folder or "/", target))
