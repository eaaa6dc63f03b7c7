"""The Python runtime inside a bundle: in go its entries and Mach-O files, out a `PythonRuntime`.

Two shapes are known: a framework (`Python.framework/Versions/3.13/Python`, as python.org's and
relocatable-python's builds have) and a plain `libpython3.13.dylib` beside or above its `lib/`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from ..macho.file import MachOFile

_FRAMEWORK = re.compile(
    r".*\.framework/Versions/(?P<version>3\.[0-9]{1,3})t?/Python[T3]?", re.DOTALL
)
_DYLIB = re.compile(r"(?:.*/)?libpython(?P<version>3\.[0-9]{1,3})t?\.dylib", re.DOTALL)
_PYINSTALLER = "Contents/Frameworks/Python"


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
    kind: Literal["framework", "dylib"] = "dylib"
    if match := _FRAMEWORK.fullmatch(path):
        kind, text = "framework", match["version"]
    elif match := _DYLIB.fullmatch(path):
        text = match["version"]
    elif path == _PYINSTALLER:
        text = _version_in_install_name(macho)
    else:
        return None
    if not text:
        return None
    version = _version(text)
    home = _home_around(path, version, paths)
    folders = [home] if home else []
    if kind == "framework":
        folders.append(path.rpartition("/")[0])
    return PythonRuntime(
        path, kind, version, home, _interpreter(folders, version, paths), macho.archs
    )


def _home_around(path: str, version: tuple[int, int], paths: set[str]) -> str | None:
    """The nearest folder above the library, or known beside it, that holds lib/python3.X.

    py2app keeps it in Contents/Resources, whatever the library's place.
    """
    library = f"lib/python{version[0]}.{version[1]}"
    parts = path.split("/")[:-1]
    candidates = ["/".join(parts[:length]) for length in range(len(parts), 1, -1)]
    for candidate in [*candidates, "Contents/Resources"]:
        if f"{candidate}/{library}" in paths or f"{candidate}/{library}t" in paths:
            return candidate
    return None


def _interpreter(folders: list[str], version: tuple[int, int], paths: set[str]) -> str | None:
    names = [f"bin/python{version[0]}.{version[1]}", "bin/python3", "bin/python"]
    names.append("Resources/Python.app/Contents/MacOS/Python")
    places = (f"{folder}/{name}" for folder in folders for name in names)
    return next((place for place in places if place in paths), None)


def _version_in_install_name(macho: MachOFile) -> str:
    match = re.search(r"Versions/(3\.[0-9]{1,3})/", macho.slices[0].install_name or "")
    return match[1] if match else ""


def _version(text: str) -> tuple[int, int]:
    major, _, minor = text.partition(".")
    return int(major), int(minor)
