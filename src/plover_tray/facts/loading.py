"""Where dyld will look for what a Mach-O file loads: in go load commands, out places.

A static reading of dyld's rules (`dyld(1)`): `@executable_path` is the folder of the program,
`@loader_path` that of the file itself, `@rpath` each LC_RPATH of the file and of the program in
turn. Which files load which is not known before the app runs, so a name that some library of the
bundle has for its own counts as found: dyld takes an image that is loaded already.
"""

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from ..bundle.app_bundle import AppBundle
from ..bundle.tree import BundleEntry, resolve_known
from ..macho.file import MachOFile, Slice

Place = Literal["system", "bundle", "outside", "nowhere"]

SYSTEM_FOLDERS = ("/usr/lib/", "/System/")
"""What every Mac has (most of it in the shared cache only)."""

OUTSIDE_FOLDERS = {
    "/opt/homebrew/": "Homebrew on Apple silicon",
    "/usr/local/": "Homebrew on Intel or a local build",
    "/opt/local/": "MacPorts",
    "/Users/": "somebody's home folder",
    "/home/": "somebody's home folder",
    "/Library/Frameworks/Python.framework/": "python.org's installer",
    "/Applications/": "another application",
}
"""Folders by whom they belong to, by the documentation of each."""

_LOADED = ("execute", "dylib", "bundle")


@dataclass(frozen=True, slots=True)
class Need:
    """One library that a file loads."""

    loader: str
    """Path in the bundle of the file that has the load command."""
    name: str
    """As it is written: `@rpath/QtCore.framework/Versions/A/QtCore`."""
    weak: bool
    place: Place
    target: str | None = None
    """The file in the bundle, symlinks followed, where the place is the bundle."""
    through: str = ""
    """The rpath that leads outside, where one does."""


def whose(path: str) -> str:
    """Words for a folder outside the bundle: `Homebrew on Apple silicon`, `this Mac`."""
    return next(
        (owner for folder, owner in OUTSIDE_FOLDERS.items() if path.startswith(folder)),
        "the machine that it was built on",
    )


class Loading:
    """The libraries that the Mach-O files of a bundle load."""

    def __init__(self, bundle: AppBundle, programs: Iterable[str]) -> None:
        """`programs` are the executables in the bundle that can be the process' own."""
        self._machos = {
            path: macho for path, macho in bundle.sound_machos.items() if macho.filetype in _LOADED
        }
        self._paths = _RealPaths(bundle.entries)
        self._programs = tuple(
            (posixpath.dirname(path), self._machos[path])
            for path in dict.fromkeys(programs)
            if path in self._machos
        )
        self._needs: dict[str, tuple[Need, ...]] = {}

    @property
    def files(self) -> Mapping[str, MachOFile]:
        """Programs, libraries and modules by their path in the bundle."""
        return self._machos

    def needs(self, path: str) -> tuple[Need, ...]:
        """What the file `path` loads, over all its slices, each name once."""
        if path not in self._needs:
            self._needs[path] = tuple(self._look_up(path, self._machos[path]))
        return self._needs[path]

    def reached_from(self, roots: Iterable[str]) -> frozenset[str]:
        """The files that are loaded with `roots`, themselves included."""
        reached: set[str] = set()
        waiting = [path for path in roots if path in self._machos]
        while waiting:
            path = waiting.pop()
            if path in reached:
                continue
            reached.add(path)
            waiting += [need.target for need in self.needs(path) if need.target in self._machos]
        return frozenset(reached)

    @cached_property
    def _install_names(self) -> dict[str, str]:
        return {
            slice_.install_name: path
            for path, macho in self._machos.items()
            for slice_ in macho.slices
            if slice_.install_name
        }

    def _look_up(self, path: str, macho: MachOFile) -> Iterator[Need]:
        folder = posixpath.dirname(path)
        programs = [(folder, macho)] if macho.filetype == "execute" else [*self._programs]
        inner_app = _program_folder_of_inner_app(path)
        folders = [place for place, _ in programs] + ([inner_app] if inner_app else [])
        seen: dict[str, Need] = {}
        for slice_ in macho.slices:
            rpaths = [(rpath, folder) for rpath in slice_.rpaths]
            for place, program in programs:
                rpaths += [(rpath, place) for rpath in _rpaths(program, slice_)]
            for dylib in slice_.dylibs:
                if dylib.name in seen:
                    continue
                found, target, through = self._find(dylib.name, folder, folders, rpaths)
                seen[dylib.name] = Need(path, dylib.name, dylib.weak, found, target, through)
        yield from seen.values()

    def _find(
        self, name: str, folder: str, folders: list[str], rpaths: list[tuple[str, str]]
    ) -> tuple[Place, str | None, str]:
        if not name.startswith("@rpath/"):
            return self._find_one(name, folder, folders)
        outside = ""
        for rpath, owner in rpaths:
            place, target, _ = self._find_one(f"{rpath}/{name[7:]}", owner, folders)
            if place in ("bundle", "system"):
                return place, target, ""
            if place == "outside":
                outside = outside or rpath
        if name in self._install_names:
            return "bundle", self._install_names[name], ""
        return ("outside" if outside else "nowhere"), None, outside

    def _find_one(
        self, name: str, folder: str, folders: list[str]
    ) -> tuple[Place, str | None, str]:
        start, _, rest = name.partition("/")
        if start == "@loader_path":
            candidates = [folder]
        elif start == "@executable_path":
            candidates = folders
        elif name.startswith(SYSTEM_FOLDERS):
            return "system", None, ""
        elif name.startswith("/"):
            return "outside", None, ""
        else:
            candidates = []
        for candidate in candidates:
            target = self._paths.real(f"{candidate}/{rest}")
            if target is not None:
                return "bundle", target, ""
        if name in self._install_names:
            return "bundle", self._install_names[name], ""
        return "nowhere", None, ""


def _rpaths(program: MachOFile, like: Slice) -> tuple[str, ...]:
    """The program's rpaths in the slice that runs together with `like`."""
    same = [s for s in program.slices if s.cputype == like.cputype]
    return (same or program.slices)[0].rpaths


def _program_folder_of_inner_app(path: str) -> str | None:
    """Where the program of an app inside the app is, for the files of that app."""
    parts = path.split("/")
    for index in range(len(parts) - 1, 0, -1):
        if parts[index] == "Contents" and parts[index - 1].endswith(".app"):
            return "/".join([*parts[: index + 1], "MacOS"])
    return None


class _RealPaths:
    """Symlinks followed among a bundle's entries, without asking the disk."""

    def __init__(self, entries: Mapping[str, BundleEntry]) -> None:
        self._entries = entries
        self._known: dict[str, str | None] = {}

    def real(self, path: str) -> str | None:
        """The file that `path` leads to; None where there is none in the bundle."""
        if path not in self._known:
            self._known[path] = self._follow(path)
        return self._known[path]

    def _follow(self, path: str) -> str | None:
        found = resolve_known(path, lambda here: self._entries[here].target)
        entry = None if found is None else self._entries.get(found)
        return found if entry is not None and entry.kind == "file" else None
