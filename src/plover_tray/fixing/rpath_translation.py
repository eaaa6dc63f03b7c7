"""What the old process image gave the libraries: in goes the bundle, out what must be translated.

dyld reads `@executable_path`, and the rpaths of the main executable, from the file that the process
runs. That was the interpreter in `Python.framework/.../bin`; now it is `Contents/MacOS`. Seen in
Plover: `hid` finds `libhidapi.dylib` only through the interpreter's rpath.
"""

import posixpath
from dataclasses import dataclass

from ..bundle.app_bundle import AppBundle
from ..bundle.main_executable import MAIN_FOLDER
from ..macho.file import MachOFile

_PREFIXES = ("@executable_path/", "@loader_path/")


@dataclass(frozen=True, slots=True)
class Rename:
    """One name in the load commands of one file, to be written anew."""

    path: str
    old: str
    new: str
    rpath: bool
    """An LC_RPATH, or else a library's name."""


@dataclass(frozen=True, slots=True)
class RpathTranslation:
    """Search paths and names of libraries, as they must be for the new launcher."""

    rpaths: tuple[str, ...]
    """For the launcher, translated."""
    renames: tuple[Rename, ...]
    notes: tuple[str, ...]


def translate_rpaths(bundle: AppBundle, interpreter: str | None) -> RpathTranslation:
    """What must change when the process is no longer `interpreter` but the launcher."""
    if interpreter is None or posixpath.dirname(interpreter) == MAIN_FOLDER:
        return RpathTranslation((), (), ())
    folder = posixpath.dirname(interpreter)
    notes: list[str] = []
    rpaths: list[str] = []
    macho = bundle.sound_machos.get(interpreter)
    for rpath in _unique(macho.slices[0].rpaths if macho else ()):
        inside = _resolve(rpath, folder, _PREFIXES)
        if inside is None:
            notes.append(
                f"The interpreter looked for libraries in {rpath}, outside the bundle; "
                "the launcher does not."
            )
        elif inside not in ("", "Contents"):
            rpaths.append("@executable_path/" + posixpath.relpath(inside, MAIN_FOLDER))
    return RpathTranslation(_unique(rpaths), tuple(_renames(bundle, folder)), tuple(notes))


def _renames(bundle: AppBundle, folder: str) -> list[Rename]:
    found = []
    for path, macho in bundle.sound_machos.items():
        if macho.filetype not in ("dylib", "bundle"):
            continue
        for name, is_rpath in _names(macho):
            old = _resolve(name, folder, _PREFIXES[:1])
            if old is None or not bundle.exists(old):
                continue
            now = _resolve(name, MAIN_FOLDER, _PREFIXES[:1])
            if (
                now is not None
                and bundle.exists(now)
                and (bundle.resolve(now) == bundle.resolve(old))
            ):
                continue
            new = "@loader_path/" + posixpath.relpath(old, posixpath.dirname(path))
            found.append(Rename(path, name, new, is_rpath))
    return found


def _names(macho: MachOFile) -> list[tuple[str, bool]]:
    names = [(dylib.name, False) for s in macho.slices for dylib in s.dylibs]
    names += [(rpath, True) for s in macho.slices for rpath in s.rpaths]
    return list(dict.fromkeys(names))


def _resolve(name: str, folder: str, prefixes: tuple[str, ...]) -> str | None:
    """The path in the bundle that `name` means for a program in `folder`; None if outside."""
    for prefix in prefixes:
        if name.startswith(prefix) or name == prefix.rstrip("/"):
            path = posixpath.normpath(posixpath.join(folder, name[len(prefix) :] or "."))
            return None if path.startswith("..") else path
    return None


def _unique(names: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
