"""The Python runtime inside a bundle: in go its entries and Mach-O files, out a `PythonRuntime`.

Two shapes are known: a framework (`Python.framework/Versions/3.13/Python`, as python.org's and
relocatable-python's builds have) and a plain `libpython3.13.dylib` beside or above its `lib/`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from .macho import MachOFile

_FRAMEWORK = re.compile(r"(?P<home>.*\.framework/Versions/(?P<version>3\.\d+)t?)/Python[T3]?$")
_DYLIB = re.compile(r"(?:(?P<folder>.*)/)?libpython(?P<version>3\.\d+)t?\.dylib$")
_PYINSTALLER = re.compile(r"Contents/Frameworks/Python$")


@dataclass(frozen=True, slots=True)
class PythonRuntime:
    """A libpython in the bundle and what belongs to it; paths relative to the bundle."""

    library: str
    kind: Literal["framework", "dylib"]
    version: tuple[int, int]
    home: str | None
    """The folder above `lib/python3.X`; None where the library's modules lie elsewhere."""
    interpreter: str | None
    """A stand-alone interpreter of this runtime, if there is one."""
    archs: tuple[str, ...]

    @property
    def version_text(self) -> str:
        """`3.13`."""
        return f"{self.version[0]}.{self.version[1]}"


def find_runtime(paths: Iterable[str], machos: Mapping[str, MachOFile]) -> PythonRuntime | None:
    """The runtime in a bundle that holds `paths` and `machos`; the newest of several.

    A framework comes before a plain library, since frameworks can carry one inside.
    """
    known = set(paths)
    found = [
        runtime
        for path, macho in machos.items()
        if macho.filetype == "dylib" and (runtime := _runtime_at(path, macho, known))
    ]
    return max(found, key=lambda r: (r.kind == "framework", r.version, r.library), default=None)


def _runtime_at(path: str, macho: MachOFile, paths: set[str]) -> PythonRuntime | None:
    if match := _FRAMEWORK.match(path):
        version = _version(match["version"])
        home = match["home"]
        return PythonRuntime(
            path, "framework", version, home, _interpreter(home, version, paths), macho.archs
        )
    if match := _DYLIB.match(path):
        version = _version(match["version"])
        home_found = _home_around(path, version, paths)
        interpreter = _interpreter(home_found, version, paths) if home_found else None
        return PythonRuntime(path, "dylib", version, home_found, interpreter, macho.archs)
    if _PYINSTALLER.match(path) and (text := _version_in_install_name(macho)):
        return PythonRuntime(path, "dylib", _version(text), None, None, macho.archs)
    return None


def _home_around(path: str, version: tuple[int, int], paths: set[str]) -> str | None:
    """The nearest folder above the library, or known beside it, that holds lib/python3.X."""
    library = f"lib/python{version[0]}.{version[1]}"
    parts = path.split("/")[:-1]
    candidates = ["/".join(parts[:length]) for length in range(len(parts), 1, -1)]
    for candidate in [*candidates, "Contents/Resources"]:
        if f"{candidate}/{library}" in paths:
            return candidate
    return None


def _interpreter(home: str, version: tuple[int, int], paths: set[str]) -> str | None:
    names = [f"bin/python{version[0]}.{version[1]}", "bin/python3", "bin/python"]
    names.append("Resources/Python.app/Contents/MacOS/Python")
    return next((f"{home}/{name}" for name in names if f"{home}/{name}" in paths), None)


def _version_in_install_name(macho: MachOFile) -> str | None:
    match = re.search(r"Versions/(3\.\d+)/", macho.slices[0].install_name or "")
    return match[1] if match else None


def _version(text: str) -> tuple[int, int]:
    major, _, minor = text.partition(".")
    return int(major), int(minor)
