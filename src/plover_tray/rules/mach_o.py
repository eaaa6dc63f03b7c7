"""MO: whether what the app loads is there, whole, and for the right processors."""

import posixpath
from collections.abc import Iterable, Iterator

from ..bundle.files import about
from ..errors import MachOError
from ..facts.facts import Facts
from ..facts.loading import Need, whose
from ..findings import Finding, Severity
from .rule import Rule, each, listed, short, shown

_BRING_IT = (
    "Copy the library into Contents/Frameworks and change the name with `install_name_tool "
    "-change`; delocate and py2app do it too."
)


class DamagedMachO(Rule):
    """Truncated or impossible Mach-O files."""

    code = "MO101"
    title = "A Mach-O file is damaged"
    severity = Severity.WARNING
    meaning = (
        "A program or library is cut short or contradicts itself: sizes, offsets or counts in it "
        "cannot be."
    )
    why = "macOS refuses to load it, and it cannot be signed."
    mend = "Build or copy the file again."
    source = "mach-o/loader.h; this project's reader says what it met"

    def find(self, facts: Facts) -> Iterator[Finding]:
        """One finding per file; an error for what is meant to be loaded."""
        for path, macho in facts.bundle.machos.items():
            if isinstance(macho, MachOError):
                loaded = path.endswith((".so", ".dylib")) or ".framework/Versions/" in path
                yield self.finding(
                    path,
                    f"The Mach-O file {shown(posixpath.basename(path))} is damaged.",
                    about(facts.bundle.path / path, macho),
                    severity=Severity.ERROR if loaded else None,
                )


class NoAppleSilicon(Rule):
    """x86_64 alone."""

    code = "MO102"
    title = "The main executable is not built for Apple silicon"
    severity = Severity.WARNING
    meaning = "It has no arm64 code, so a Mac with Apple silicon runs it under Rosetta."
    why = "Rosetta must be installed first, and Apple has said that it will go."
    mend = "Build for arm64 too (universal2)."
    source = "Apple: About the Rosetta translation environment"

    def find(self, facts: Facts) -> Iterator[Finding]:
        """At most one finding."""
        main = facts.main
        if main is not None and main.macho is not None and "arm64" not in facts.main_archs:
            yield self.finding(
                main.path,
                "The main executable has no code for Apple silicon.",
                f"It is built for {listed(main.macho.archs)}.",
            )


class LibraryLacksArchitecture(Rule):
    """Extension modules for one architecture in an app that offers two."""

    code = "MO103"
    title = "Libraries lack an architecture that the app offers"
    severity = Severity.WARNING
    meaning = (
        "The main executable runs on a kind of Mac for which some of the app's extension modules "
        "or libraries have no code."
    )
    why = "There the app starts, and fails when it imports one of them."
    mend = (
        "Get universal2 builds of these (or join two builds with `lipo -create`), or offer only "
        "the architecture that all of them have."
    )
    source = "Seen in the wheels of Plover 5.4.2: cffi and cmark for arm64 only"

    def find(self, facts: Facts) -> Iterator[Finding]:
        """One finding per architecture; libpython is PY102's."""
        runtime = facts.bundle.runtime
        for arch in facts.main_archs:
            lacking = [
                path
                for path in sorted(facts.loaded_at_start | facts.loaded_on_import)
                if not _has(facts.loading.files[path].archs, arch)
                and not (runtime and path == runtime.library)
            ]
            if lacking:
                mac = "Macs with Apple silicon" if arch == "arm64" else "Intel Macs"
                yield self.finding(
                    lacking[0] if len(lacking) == 1 else "",
                    f"{len(lacking)} libraries have no code for {mac}, where the app is offered: "
                    f"{listed(posixpath.basename(path) for path in lacking)}."
                    if len(lacking) > 1
                    else f"{shown(posixpath.basename(lacking[0]))} has no code for {mac}, where "
                    "the app is offered.",
                    [f"without {arch}", *each(map(short, lacking))],
                )


class LoadsFromOutside(Rule):
    """Homebrew's libraries, a build folder, somebody's home."""

    code = "MO104"
    title = "A library is loaded from outside the bundle"
    severity = Severity.ERROR
    meaning = (
        "A file of the app names a library by a path that is no part of macOS and not in the "
        "bundle, such as one of Homebrew's."
    )
    why = (
        "It is there on the machine the app was built on and on few others. Where it is, it may be "
        "another version, and the hardened runtime refuses it."
    )
    mend = _BRING_IT
    source = "dyld(1); seen in PySide6-Essentials' database plugins and in a build of CPython"
    example = "/opt/homebrew/opt/xz/lib/liblzma.5.dylib"

    def find(self, facts: Facts) -> Iterator[Finding]:
        """One finding per file that the app loads, one for all others together."""
        for path, needs in _needs(facts, facts.loaded_at_start | facts.loaded_on_import):
            outside = [need for need in needs if need.place == "outside"]
            for weak in (False, True):
                names = [need for need in outside if need.weak == weak]
                if names:
                    yield self.finding(
                        path,
                        f"{shown(posixpath.basename(path))} loads {_bases(names)} from outside "
                        f"the bundle ({_owners(names)})" + (", if it is there." if weak else "."),
                        each(_as_found(need) for need in names),
                        severity=Severity.NOTE if weak else None,
                    )
        others = [
            need
            for _, needs in _needs(facts, _on_demand(facts))
            for need in needs
            if need.place == "outside"
        ]
        if others:
            files = list(dict.fromkeys(need.loader for need in others))
            yield self.finding(
                "",
                f"{_count(files, 'plugin or tool', 'plugins and tools')} that the app may never "
                f"load would take libraries from outside the bundle ({_owners(others)}).",
                each(f"{short(need.loader)}: {_as_found(need)}" for need in others),
                severity=Severity.NOTE,
                mend="Remove what the app does not use.",
            )


class NotBesideTheProgram(Rule):
    """`@executable_path`, which means another folder in another process."""

    code = "MO105"
    title = "A library that is looked for from the program's folder is not there"
    severity = Severity.WARNING
    meaning = (
        "A load command begins with `@executable_path`, the folder of the program that the process "
        "runs, and from the app's main executable nothing is found there."
    )
    why = (
        "Such names are made for one program: from the interpreter in Python.framework they lead "
        "elsewhere than from Contents/MacOS. `fix` translates those of an exec stub's interpreter."
    )
    mend = (
        "Change the name to one with `@loader_path` (`install_name_tool -change`), or remove the "
        "file if the app does not use it."
    )
    source = "dyld(1); rebuilt here from Plover 5.1's interpreter and its libhidapi"
    example = "@executable_path/../../../../../Frameworks/libhidapi.dylib"

    def find(self, facts: Facts) -> Iterator[Finding]:
        """One finding per file; an error if the app does not start without it."""
        for path, needs in _needs(facts, facts.loaded_at_start | facts.loaded_on_import):
            lost = [n for n in _nowhere(needs) if n.name.startswith("@executable_path")]
            if lost:
                yield self.finding(
                    path,
                    f"{shown(posixpath.basename(path))} looks for {_bases(lost)} from the "
                    "program's folder, and it is not there.",
                    each(need.name for need in lost),
                    severity=Severity.ERROR if path in facts.loaded_at_start else None,
                )


class DanglingLoadCommand(Rule):
    """A library that was removed, or never copied."""

    code = "MO106"
    title = "A library that is to be in the bundle is not there"
    severity = Severity.WARNING
    meaning = (
        "A load command leads into the bundle (`@rpath`, `@loader_path`), and there is no such "
        "file."
    )
    why = (
        "What has the load command cannot be loaded. Where an app was trimmed, these are often "
        "modules, tools and plugins that it never uses."
    )
    mend = "Put the library back, or remove the file that asks for it if the app does not use it."
    source = "dyld(1); Plover's trimmed bundle has 29 such load commands and runs"

    def find(self, facts: Facts) -> Iterator[Finding]:
        """One finding per file that is loaded at start, one for modules, one for all others."""
        for path, needs in _needs(facts, facts.loaded_at_start):
            lost = [n for n in _nowhere(needs) if not n.name.startswith("@executable_path")]
            if lost:
                yield self.finding(
                    path,
                    f"The app does not start without {_bases(lost)}, which "
                    f"{shown(posixpath.basename(path))} loads and the bundle lacks.",
                    each(need.name for need in lost),
                    severity=Severity.ERROR,
                )
        modules = [
            need
            for _, needs in _needs(facts, facts.loaded_on_import)
            for need in _nowhere(needs)
            if not need.name.startswith("@executable_path")
        ]
        others = [n for _, needs in _needs(facts, _on_demand(facts)) for n in _nowhere(needs)]
        for lacking, what, severity in (
            (modules, ("library or module", "libraries or modules"), Severity.WARNING),
            (others, ("plugin or tool", "plugins and tools"), Severity.NOTE),
        ):
            files = list(dict.fromkeys(need.loader for need in lacking))
            if files:
                yield self.finding(
                    files[0] if len(files) == 1 else "",
                    f"{_count(files, *what)} cannot be loaded: the bundle lacks {_bases(lacking)}.",
                    each(f"{short(need.loader)}: {need.name}" for need in lacking),
                    severity=severity,
                    mend=None if severity is Severity.WARNING else "Nothing to do if unused.",
                )


class RpathOutside(Rule):
    """LC_RPATH entries of a build machine."""

    code = "MO107"
    title = "Libraries are also looked for outside the bundle"
    severity = Severity.NOTE
    meaning = "A run-time search path (LC_RPATH) names a folder outside the bundle."
    why = (
        "All libraries are found in the bundle; but a file of the same name in that folder could "
        "be loaded instead."
    )
    mend = "Remove the path with `install_name_tool -delete_rpath`."
    source = "dyld(1)"
    example = "/opt/homebrew/lib"

    def find(self, facts: Facts) -> Iterator[Finding]:
        """One finding for all of what the app loads."""
        found = {
            f"{short(path)}: {rpath}"
            for path in facts.loaded_at_start | facts.loaded_on_import
            for slice_ in facts.loading.files[path].slices
            for rpath in slice_.rpaths
            if rpath.startswith("/") and not f"{rpath}/".startswith(("/usr/lib/", "/System/"))
        }
        if found:
            first = sorted(found)
            yield self.finding(
                "",
                f"{_count(first, 'search path leads', 'search paths lead')} out of the bundle.",
                each(first),
            )


RULES: tuple[Rule, ...] = (
    DamagedMachO(),
    NoAppleSilicon(),
    LibraryLacksArchitecture(),
    LoadsFromOutside(),
    NotBesideTheProgram(),
    DanglingLoadCommand(),
    RpathOutside(),
)


def _needs(facts: Facts, paths: Iterable[str]) -> Iterator[tuple[str, tuple[Need, ...]]]:
    for path in sorted(paths):
        yield path, facts.loading.needs(path)


def _on_demand(facts: Facts) -> set[str]:
    return set(facts.loading.files) - facts.loaded_at_start - facts.loaded_on_import


def _nowhere(needs: Iterable[Need]) -> list[Need]:
    return [need for need in needs if need.place == "nowhere" and not need.weak]


def _has(archs: Iterable[str], wanted: str) -> bool:
    return any(arch == wanted or (wanted == "arm64" and arch == "arm64e") for arch in archs)


def _bases(needs: Iterable[Need]) -> str:
    return listed(dict.fromkeys(posixpath.basename(need.name) for need in needs), most=3)


def _owners(needs: Iterable[Need]) -> str:
    return listed(dict.fromkeys(whose(need.through or need.name) for need in needs), most=3)


def _as_found(need: Need) -> str:
    return f"{need.name} through the rpath {need.through}" if need.through else need.name


def _count(things: list[str], one: str, several: str) -> str:
    return f"1 {one}" if len(things) == 1 else f"{len(things)} {several}"
