"""MO: whether the app's programs and libraries are whole, and for the right processors."""

import posixpath
from collections.abc import Iterable, Iterator

from ..bundle.files import about
from ..errors import MachOError
from ..facts.facts import Facts
from ..findings import Finding, Severity
from .rule import Rule, each, listed, short, shown


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


RULES: tuple[Rule, ...] = (
    DamagedMachO(),
    NoAppleSilicon(),
    LibraryLacksArchitecture(),
)


def _has(archs: Iterable[str], wanted: str) -> bool:
    return any(arch == wanted or (wanted == "arm64" and arch == "arm64e") for arch in archs)
