"""MO: whether what the app loads is in the bundle."""

import posixpath
from collections.abc import Iterable, Iterator

from ..facts.facts import Facts
from ..facts.loading import Need, whose
from ..findings import Finding, Severity
from .rule import Rule, each, listed, short, shown

_BRING_IT = (
    "Copy the library into Contents/Frameworks and change the name with `install_name_tool "
    "-change`; delocate and py2app do it too."
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


def _needs(facts: Facts, paths: Iterable[str]) -> Iterator[tuple[str, tuple[Need, ...]]]:
    for path in sorted(paths):
        yield path, facts.loading.needs(path)


def _on_demand(facts: Facts) -> set[str]:
    return set(facts.loading.files) - facts.loaded_at_start - facts.loaded_on_import


def _nowhere(needs: Iterable[Need]) -> list[Need]:
    return [need for need in needs if need.place == "nowhere" and not need.weak]


def _bases(needs: Iterable[Need]) -> str:
    return listed(dict.fromkeys(posixpath.basename(need.name) for need in needs), most=3)


def _owners(needs: Iterable[Need]) -> str:
    return listed(dict.fromkeys(whose(need.through or need.name) for need in needs), most=3)


def _as_found(need: Need) -> str:
    return f"{need.name} through the rpath {need.through}" if need.through else need.name


def _count(things: list[str], one: str, several: str) -> str:
    return f"1 {one}" if len(things) == 1 else f"{len(things)} {several}"


RULES: tuple[Rule, ...] = (
    LoadsFromOutside(),
    NotBesideTheProgram(),
    DanglingLoadCommand(),
    RpathOutside(),
)
