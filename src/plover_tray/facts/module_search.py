"""Where the bundle's Python looks for modules: in go the bundle and its rehearsal, out the path."""

import json
import posixpath
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..bundle.app_bundle import AppBundle
from ..bundle.python_path import PythonPath, hosted_path, standard_places
from .guest_paths import path_in_bundle

if TYPE_CHECKING:
    from ..rehearsal.result import SliceRehearsal


def module_search(
    bundle: AppBundle,
    slices: "Sequence[SliceRehearsal]",
    programs: Sequence[str],
    script: str | None,
) -> PythonPath:
    """The path on which the app's modules are found, in the order of sys.path.

    `programs` are the executables in the bundle that can be the app's process, `script` is the path
    in the bundle of the script that Python runs, if it is one.
    """
    if bundle.config is not None:
        return hosted_path(bundle, bundle.config)
    places = [posixpath.dirname(script)] if script else []
    for path in _given(slices):
        inside = real_path(bundle, path)
        places += [inside] if inside else []
    for home, version in _homes(bundle, slices, programs):
        places += standard_places(home, version)
    return PythonPath(bundle, places)


def real_path(bundle: AppBundle, path: str) -> str | None:
    """A path of the rehearsal as a path in the bundle, links followed; None if it is not there."""
    inside = path_in_bundle(bundle, path)
    return bundle.resolve(inside) if inside and bundle.exists(inside) else None


def _given(slices: "Sequence[SliceRehearsal]") -> Iterator[str]:
    """The folders that the main executable names, as paths of the rehearsal."""
    folder = next((s.working_directory for s in slices if s.working_directory), None)
    if folder:
        yield folder
    found = [s.environment.get("PYTHONPATH") for s in slices]
    given = next((value for value in reversed(found) if value is not None), "")
    yield from filter(None, given.split(":"))
    yield from dict.fromkeys(filter(None, _configured(slices)))


def _configured(slices: "Sequence[SliceRehearsal]") -> Iterator[str]:
    """Folders that the main executable gives Python for sys.path (PyConfig)."""
    for slice_ in slices:
        text = slice_.python.settings.get("module_search_paths", "") if slice_.python else ""
        yield from json.loads(text) if text.startswith("[") else text.split(":")


def _homes(
    bundle: AppBundle, slices: "Sequence[SliceRehearsal]", programs: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Folders that hold `lib/python3.X`, and that version."""
    runtime = bundle.runtime
    if runtime is not None and runtime.home is not None:
        yield runtime.home, runtime.version_text
    for slice_ in slices:
        given = slice_.python.home if slice_.python else None
        home = real_path(bundle, given) if given else None
        if home and runtime is not None:
            yield home, runtime.version_text
    for program in programs:  # a static interpreter has no libpython to be found by
        home = posixpath.dirname(posixpath.dirname(program))
        for path in bundle.entries:
            start, _, name = path.rpartition("/")
            if start == f"{home}/lib" and name.startswith("python3."):
                yield home, name.removeprefix("python")
