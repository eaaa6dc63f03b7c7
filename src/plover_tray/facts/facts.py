"""What rules may know: in go a bundle and its rehearsal, out facts that several rules share.

Each fact is worked out when first asked for, and once.
"""

import posixpath
import re
import unicodedata
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from ..bundle.app_bundle import AppBundle
from ..bundle.entry import Entry
from ..bundle.main_executable import MAIN_FOLDER, MainExecutable
from ..bundle.python_path import PythonPath
from ..errors import EntryError
from .entry_code import EntryCode, NotReadError, read_entry
from .loading import Loading
from .module_search import module_search
from .rehearsed_python import entry_of_slice, script_in_bundle, starts_python

if TYPE_CHECKING:
    from ..rehearsal.result import Rehearsal, SliceRehearsal
    from ..signature.verification import CodeObject, Problem, Verification

CODE_RESOURCES = "Contents/_CodeSignature/CodeResources"

_IN_FRAMEWORKS = re.compile(r"Contents/Frameworks/([^/]+|([^/]+)\.framework/Versions/[^/]+/\2)")
_SHELLS = ("sh", "bash", "zsh", "dash", "ksh", "csh", "tcsh", "fish")

ExecutableKind = Literal[
    "plover-tray",
    "in-process",
    "exec-stub",
    "child-process",
    "shell-script",
    "script",
    "symlink",
    "missing",
    "unknown",
]


class Facts:
    """A bundle, its rehearsal, and what follows from both."""

    def __init__(self, bundle: AppBundle, rehearsal: "Rehearsal | None") -> None:
        self.bundle = bundle
        self.rehearsal = rehearsal

    @property
    def main(self) -> MainExecutable | None:
        """The main executable; None where it is missing. Raises BundleError if it is damaged."""
        return self.bundle.main

    @property
    def slices(self) -> "tuple[SliceRehearsal, ...]":
        """The rehearsal's slices; none where there was nothing to rehearse."""
        return self.rehearsal.slices if self.rehearsal else ()

    @property
    def sealed(self) -> bool:
        """Whether the bundle has a seal at all, right or wrong."""
        return CODE_RESOURCES in self.bundle.entries

    @cached_property
    def verification(self) -> "Verification | None":
        """The seal, verified; None where there is none, since hashing takes its time."""
        if not self.sealed:
            return None
        from ..signature.verify import verify  # noqa: PLC0415 - cryptography is slow to import

        return verify(self.bundle.path)

    @cached_property
    def seal_problems(self) -> "tuple[Problem, ...]":
        """What `verify` found; of a bundle without a seal, what no seal could hold."""
        if self.verification is not None:
            return self.verification.problems
        from ..signature.verify import verify_structure  # noqa: PLC0415

        return verify_structure(self.bundle.path)

    @property
    def code(self) -> "tuple[CodeObject, ...]":
        """The signed code of a sealed bundle."""
        return self.verification.objects if self.verification else ()

    @property
    def team(self) -> str | None:
        """The team that signed the app."""
        main = self.verification.main if self.verification else None
        return main.team if main else None

    @cached_property
    def kind(self) -> ExecutableKind:
        """What the main executable is, the worst of its slices deciding."""
        main = self.main
        if main is None:
            return "missing"
        if main.symlink is not None:
            return "symlink"
        if main.kind == "script":
            return "shell-script" if self.script_program in _SHELLS else "script"
        outcomes = {str(slice_.outcome) for slice_ in self.slices if not self.runs_itself(slice_)}
        if "exec" in outcomes:
            return "exec-stub"
        if "spawn" in outcomes:
            return "child-process"
        if self.bundle.config is not None and outcomes <= {"python"}:
            return "plover-tray"
        return "in-process" if outcomes == {"python"} else "unknown"

    @property
    def script_program(self) -> str:
        """What runs the main executable if it is a script: `sh`, `python3`; else empty."""
        first = (self.main.script if self.main and self.main.script else b"").split(b"\n", 1)[0]
        words = first[2:].decode("utf-8", "replace").split() if first.startswith(b"#!") else []
        names = [posixpath.basename(word) for word in words]
        if names[:1] == ["env"]:
            names = [name for name in names[1:] if not name.startswith("-") and "=" not in name]
        return names[0] if names else ""

    @property
    def hosted_by_us(self) -> bool:
        """Whether our launcher is the main executable: its boot module keeps execs in process."""
        return self.kind == "plover-tray"

    def runs_itself(self, slice_: "SliceRehearsal") -> bool:
        """Whether a slice's exec starts the main executable anew: the identity stays."""
        main = self.main
        return (
            main is not None
            and slice_.outcome == "exec"
            and slice_.target_in_bundle == self._real(main.path)
        )

    def starts_python(self, slice_: "SliceRehearsal") -> bool:
        """Whether the program that a slice starts is a Python, or is told to start one."""
        return starts_python(self.bundle, slice_)

    @cached_property
    def names_in_main_folder(self) -> tuple[str, ...]:
        """The names of what lies in Contents/MacOS itself."""
        start = f"{MAIN_FOLDER}/"
        names = (path.removeprefix(start) for path in self.bundle.entries if path.startswith(start))
        return tuple(name for name in names if "/" not in name)

    @cached_property
    def file_of_like_name(self) -> str | None:
        """A file in Contents/MacOS whose name is CFBundleExecutable but for case or accents' form.

        A Mac's usual volume takes the two for one name, others do not.
        """
        wanted = self.bundle.executable_name
        if wanted is None or wanted in self.names_in_main_folder:
            return None
        return next((n for n in self.names_in_main_folder if _alike(n) == _alike(wanted)), None)

    @cached_property
    def programs(self) -> tuple[str, ...]:
        """The executables that can be the app's own process, by their path in the bundle."""
        found = [self._real(self.main.path)] if self.main else []
        found += [s.target_in_bundle for s in self.slices if s.outcome in ("exec", "spawn")]
        return tuple(dict.fromkeys(path for path in found if path))

    @cached_property
    def loading(self) -> Loading:
        """What the bundle's Mach-O files load."""
        return Loading(self.bundle, self.programs)

    @cached_property
    def loaded_at_start(self) -> frozenset[str]:
        """The files without which the app does not start: its programs, libpython, and theirs."""
        roots = list(self.programs)
        roots += [s.library_in_bundle or "" for s in self.slices]
        if self.bundle.runtime is not None:
            roots.append(self.bundle.runtime.library)
        return self.loading.reached_from(roots)

    @cached_property
    def loaded_on_import(self) -> frozenset[str]:
        """Files that the app can be expected to load, and what they load; not those at start.

        Extension modules, Qt's platform plugin, and what was put straight into Frameworks, where
        ctypes and dlopen look for it. Plugins, tools and inner apps are none of them.
        """
        roots = [
            path
            for path, macho in self.loading.files.items()
            if macho.filetype != "execute" and _is_loaded_by_name(path)
        ]
        return self.loading.reached_from(roots) - self.loaded_at_start

    @cached_property
    def main_archs(self) -> tuple[str, ...]:
        """The architectures that the app offers: its main executable's, a script's runtime's."""
        main = self.main
        if main is not None and main.macho is not None:
            return tuple(_plain(arch) for arch in main.macho.archs)
        runtime = self.bundle.runtime
        return tuple(_plain(arch) for arch in runtime.archs) if runtime else ()

    @cached_property
    def entry(self) -> Entry | None:
        """What Python is asked to run, as far as the configuration or the rehearsal says it."""
        if self.bundle.config is not None:
            return self.bundle.config.entry
        for slice_ in self.slices:
            try:
                entry = entry_of_slice(self.bundle, slice_)
            except EntryError:
                continue
            if entry is not None:
                return entry
        return None

    @cached_property
    def entry_script(self) -> str | None:
        """The path in the bundle of the script that Python is asked to run, if it is one."""
        entry = self.entry
        if entry is None or entry.kind != "script":
            return None
        if self.bundle.config is not None:
            return self._real(f"Contents/{entry.target}")
        folder = next((s.working_directory for s in self.slices if s.working_directory), None)
        inside = script_in_bundle(self.bundle, entry.target, folder)
        return self._real(inside) if inside else None

    @cached_property
    def entry_code(self) -> EntryCode | NotReadError | None:
        """Where the code with which the app begins starts Python anew; None if it is unknown."""
        if self.entry is None:
            return None
        try:
            return read_entry(self.entry, self.entry_script, self.python_path)
        except NotReadError as error:
            return error

    @cached_property
    def python_path(self) -> PythonPath:
        """Where the bundle's Python looks for modules."""
        return module_search(self.bundle, self.slices, self.programs, self.entry_script)

    @cached_property
    def entry_is_missing(self) -> bool:
        """Whether our launcher is told to run what is certainly not in the bundle."""
        config = self.bundle.config
        return config is not None and self.python_path.lacks(config.entry)

    def _real(self, path: str) -> str | None:
        return self.bundle.resolve(path) if self.bundle.exists(path) else None


def _is_loaded_by_name(path: str) -> bool:
    return path.endswith((".so", "/libqcocoa.dylib")) or bool(_IN_FRAMEWORKS.fullmatch(path))


def _alike(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _plain(arch: str) -> str:
    """`arm64e` code runs where `arm64` does, and loads with it."""
    return "arm64" if arch.startswith("arm64") else arch
