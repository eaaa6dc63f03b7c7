"""Finding a module in the bundle as its Python would: in go folders and archives, out its bytes.

The order is that of CPython's path finder: in each folder first extension modules, then source,
then bytecode that stands without source (what `__pycache__` holds counts only beside its source);
in an archive bytecode before source (`Lib/zipimport.py`).
"""

import io
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from ..errors import BundleError
from .app_bundle import AppBundle
from .entry import Entry
from .launcher_config import LauncherConfig
from .placeholders import filled_in, names_in

MAX_ARCHIVE = 128 << 20
"""Bytes of a library.zip; the whole standard library has some 30 MB."""
MAX_MODULE = 16 << 20
MAX_PTH = 64 << 10
MAX_PTH_FILES = 100

MAX_DIRECTORY = 8 << 20
"""Bytes of an archive's directory, some 100,000 names."""

_SITE_FOLDERS = ("site-packages", "app_packages")
_END_OF_ARCHIVE = struct.Struct("<4s4H2IH")
"""The end record of an archive without a comment: signature, disks, counts, size and place of the
directory, size of the comment."""

Form = Literal["source", "bytecode", "extension"]
_FORMS: dict[str, Form] = {".py": "source", ".pyc": "bytecode"}


@dataclass(frozen=True, slots=True)
class FoundModule:
    """A module's file."""

    name: str
    """Dotted, with `__main__` where a package is run."""
    path: str
    """In the bundle; behind an archive's path stands the name in it."""
    form: Form
    data: bytes
    """Empty for an extension module."""
    package: bool
    """Whether it is a package's `__init__`."""


class PythonPath:
    """The folders and archives in which the bundle's Python looks for modules."""

    def __init__(self, bundle: AppBundle, places: Sequence[str]) -> None:
        """`places` are paths in the bundle, in the order of `sys.path`."""
        self._bundle = bundle
        self._opened: dict[str, zipfile.ZipFile | None] = {}
        self.places = tuple(
            dict.fromkeys(bundle.resolve(place) for place in places if bundle.exists(place))
        )

    def find(self, name: str) -> FoundModule | None:
        """The module `name`, dotted; None where it is nowhere on the path."""
        for place in self._all_places:
            found = self._in_archive(place, name) if self._is_file(place) else None
            found = found or self._in_folder(place, name)
            if found is not None:
                return found
        return None

    def find_program(self, name: str) -> FoundModule | None:
        """What `-m name` runs: the module, or the package's `__main__`."""
        found = self.find(name)
        if found is not None and found.package:
            return self.find(f"{name}.__main__")
        # A namespace package has no __init__ and can be run all the same.
        return found or self.find(f"{name}.__main__")

    def lacks(self, entry: Entry) -> bool:
        """Whether it is certain that there is nothing of the kind that `entry` is to run.

        Of a function that is its module, of a script its path below Contents.
        """
        match entry.kind:
            case "module":
                return self._lacks_module(entry.target, self.find_program(entry.target))
            case "function":
                name = entry.target.partition(":")[0]
                return self._lacks_module(name, self.find(name))
            case "script":
                path = posixpath.normpath(f"Contents/{entry.target}")
                outside = entry.target.startswith("/") or path.startswith("..")
                return outside or not self._bundle.exists(path)
            case "code":
                return False

    def _lacks_module(self, name: str, found: FoundModule | None) -> bool:
        """Not where a file of that name cannot be read, an archive neither, or links lead on."""
        if found is not None or any(self._is_opaque(place) for place in self._all_places):
            return False
        below = name.split(".")
        return not any(
            self._is_link(posixpath.join(place, *below[:length]))
            or self._is_file(posixpath.join(place, *below) + ending)
            for place in self._all_places
            for length in range(1, len(below) + 1)
            for ending in (".py", ".pyc", "/__init__.py", "/__main__.py", "/__main__.pyc")
        )

    def _is_link(self, path: str) -> bool:
        entry = self._bundle.entries.get(path)
        return entry is not None and entry.kind == "symlink"

    def _is_opaque(self, place: str) -> bool:
        return self._is_file(place) and self._archives(place) is None

    def read_file(self, path: str) -> FoundModule | None:
        """A script by its path in the bundle; None where it cannot be read."""
        data = self._read(path)
        if data is None:
            return None
        form = _FORMS.get(posixpath.splitext(path)[1], "source")
        return FoundModule("__main__", path, form, data, package=False)

    @cached_property
    def _all_places(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*self.places, *self._places_from_pth()]))

    def _places_from_pth(self) -> Iterator[str]:
        """Folders that `.pth` files in site-packages add, as `site` reads them."""
        sites = {place for place in self.places if posixpath.basename(place) in _SITE_FOLDERS}
        files = [
            path
            for path in self._bundle.entries
            if path.endswith(".pth") and posixpath.dirname(path) in sites
        ]
        for path in files[:MAX_PTH_FILES]:
            data = self._read(path, MAX_PTH) or b""
            for line in data.decode("utf-8", "replace").splitlines():
                if not line.strip() or line.startswith(("#", "import ", "import\t", "/")):
                    continue
                folder = posixpath.normpath(posixpath.join(posixpath.dirname(path), line.strip()))
                if not folder.startswith(".."):
                    yield folder

    def _in_folder(self, folder: str, name: str) -> FoundModule | None:
        base = posixpath.join(folder, *name.split("."))
        for stem, package in ((f"{base}/__init__", True), (base, False)):
            for path in self._extension_modules.get(stem, ()):
                return FoundModule(name, path, "extension", b"", package)
            for suffix in (".py", ".pyc"):
                data = self._read(stem + suffix) if self._is_file(stem + suffix) else None
                if data is not None:
                    return FoundModule(name, stem + suffix, _FORMS[suffix], data, package)
        return None

    @cached_property
    def _extension_modules(self) -> dict[str, list[str]]:
        """Paths of `.so` files by their path up to the first dot of the name."""
        found: dict[str, list[str]] = {}
        for path in self._bundle.entries:
            if path.endswith(".so"):
                folder, name = posixpath.split(path)
                found.setdefault(posixpath.join(folder, name.split(".")[0]), []).append(path)
        return found

    def _in_archive(self, place: str, name: str) -> FoundModule | None:
        archive = self._archives(place)
        if archive is None:
            return None
        base = name.replace(".", "/")
        for stem, package in ((f"{base}/__init__", True), (base, False)):
            for suffix in (".pyc", ".py"):
                data = _member(archive, stem + suffix)
                if data is not None:
                    path = f"{place}/{stem}{suffix}"
                    return FoundModule(name, path, _FORMS[suffix], data, package)
        return None

    def _archives(self, place: str) -> zipfile.ZipFile | None:
        if place not in self._opened:
            self._opened[place] = self._open_archive(place)
        return self._opened[place]

    def _open_archive(self, place: str) -> zipfile.ZipFile | None:
        data = self._read(place, MAX_ARCHIVE)
        if data is None or not _has_sane_directory(data):
            return None
        try:
            return zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
            return None

    def _is_file(self, path: str) -> bool:
        entry = self._bundle.entries.get(path)
        if entry is not None and entry.kind == "symlink":
            return self._bundle.exists(path)
        return entry is not None and entry.kind == "file"

    def _read(self, path: str, limit: int = MAX_MODULE) -> bytes | None:
        try:
            return self._bundle.read(path, limit)
        except BundleError:
            return None


def standard_places(home: str, version: str) -> list[str]:
    """Where a Python of `version` (`3.13`, `3.13t`) looks whose home is the folder `home`."""
    library = f"{home}/lib/python{version}"
    return [
        f"{home}/lib/python{version.replace('.', '')}.zip",
        library,
        f"{library}/lib-dynload",
        f"{library}/site-packages",
    ]


def hosted_path(bundle: AppBundle, config: LauncherConfig) -> PythonPath:
    """Where Python looks that our launcher hosts as `config` says."""
    places: list[str] = []
    if config.entry.kind == "script":
        places.append(posixpath.dirname(f"Contents/{config.entry.target}"))
    if config.working_directory and not names_in(config.working_directory):
        places.append(f"Contents/{config.working_directory}")
    for given in config.environment.get("PYTHONPATH", "").split(":"):
        path = posixpath.normpath(filled_in(given, {"CONTENTS": "Contents"}))
        if path.startswith("Contents/"):
            places.append(path)
    for version in (config.version, f"{config.version}t"):
        places += standard_places(f"Contents/{config.home}", version)
    return PythonPath(bundle, places)


def _has_sane_directory(data: bytes) -> bool:
    """Whether the archive's directory is small enough to be read."""
    at = data.rfind(b"PK\x05\x06")
    if at < 0 or at + _END_OF_ARCHIVE.size > len(data) or data[at - 20 : at - 16] == b"PK\x06\x07":
        return False  # the last is a zip64 archive's, which zipimport does not read either
    return int(_END_OF_ARCHIVE.unpack_from(data, at)[5]) <= MAX_DIRECTORY


def _member(archive: zipfile.ZipFile, name: str) -> bytes | None:
    try:
        if archive.getinfo(name).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            return None
        with archive.open(name) as member:
            data = member.read(MAX_MODULE + 1)
    except (
        KeyError,
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OSError,
        EOFError,
    ):
        return None
    return data if len(data) <= MAX_MODULE else None
