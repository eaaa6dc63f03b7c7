"""PL: whether Info.plist promises an older macOS than the app's binaries are built for."""

from collections.abc import Iterator

from ..bundle.main_executable import INFO_PLIST
from ..bundle.system_version import (
    builders_system,
    minos_is_chosen,
    needed_system,
    parse_system_version,
)
from ..facts.facts import Facts
from ..findings import Finding, Severity
from ..macho.file import Version, show_version
from .rule import Rule, listed, short, shown

_KEY = "LSMinimumSystemVersion"


class MinimumSystemTooLow(Rule):
    """The app promises an older macOS than its binaries are built for."""

    code = "PL108"
    title = "LSMinimumSystemVersion is lower than what the app's binaries are built for"
    severity = Severity.WARNING
    meaning = (
        "Each binary says from which macOS on it is meant to run. One of them says a newer one "
        "than Info.plist promises. What says no more than the system it was built on does not "
        "count (PL112)."
    )
    why = (
        "On a system in between the app is opened and may fail in the middle, where it should "
        "have said that it needs a newer macOS."
    )
    mend = "Raise LSMinimumSystemVersion; `plover-tray fix APP -o OUT` does it too."
    source = (
        "LC_BUILD_VERSION of each file; seen in PySide6 6.12.0, whose wheel says macOS 14.0 and "
        "whose libqcocoa says 14.4"
    )

    def find(self, facts: Facts) -> Iterator[Finding]:
        """At most one finding; without the key the main executable's own minimum counts."""
        needed = needed_system(facts.bundle)
        said = _promised(facts)
        if needed is None or said is None or said >= needed[0]:
            return
        value = facts.bundle.info.get(_KEY)
        promised = (
            "does not say which macOS it needs"
            if value is None
            else f"says it runs on macOS {shown(value)}"
        )
        version = show_version(needed[0])
        files = _built_for(facts, needed[0], chosen=True) or [needed[1]]
        yield self.finding(
            INFO_PLIST,
            f"The app {promised}, but {shown(short(files[0]))} is built for macOS {version} and "
            "later.",
            [
                f"{_KEY}: {'missing' if value is None else shown(value)}",
                f"minos {version}: {listed(map(short, files), most=3)}",
            ],
            mend=f"Set LSMinimumSystemVersion to {version}; `plover-tray fix APP -o OUT` does it "
            "too.",
        )


class MinimumSystemUnreadable(Rule):
    """A number, or words, for a version."""

    code = "PL109"
    title = "LSMinimumSystemVersion is not a version"
    severity = Severity.WARNING
    meaning = "The key holds something else than a string of one to three numbers."
    why = "macOS cannot tell then whether the app runs on this system."
    mend = "Write it as a string, such as 11.0."
    source = "Apple: Information Property List, LSMinimumSystemVersion"
    example = "<key>LSMinimumSystemVersion</key><real>11.0</real>"

    def find(self, facts: Facts) -> Iterator[Finding]:
        """At most one finding."""
        value = facts.bundle.info.get(_KEY)
        if value is None or (isinstance(value, str) and parse_system_version(value)):
            return
        yield self.finding(
            INFO_PLIST,
            "LSMinimumSystemVersion is not a version such as 11.0.",
            f"LSMinimumSystemVersion: {shown(value)}",
        )


class BuildersSystem(Rule):
    """Binaries that say which macOS they were built on, for want of a choice."""

    code = "PL112"
    title = "Binaries name the macOS they were built on as the oldest they run on"
    severity = Severity.NOTE
    meaning = (
        "Without a deployment target the compiler writes the builder's own system into a binary. "
        "It then says a newer macOS than all that were built with one, and need not mean it."
    )
    why = (
        "Nobody tried such a binary on an older system by what it says. It may run there, or lack "
        "a symbol."
    )
    mend = "Try the app on the oldest macOS that it promises, or raise LSMinimumSystemVersion."
    source = (
        "LC_BUILD_VERSION; seen in the Python modules of PySide6 6.12.0, which say 26.0 in a wheel "
        "for macOS 14; milesgranger/cramjam#98, protocolbuffers/protobuf#10799"
    )

    def find(self, facts: Facts) -> Iterator[Finding]:
        """At most one finding, where the app promises an older system."""
        builders = builders_system(facts.bundle)
        said = _promised(facts)
        if builders is None or said is None or said >= builders[0]:
            return
        version = show_version(builders[0])
        files = _built_for(facts, builders[0], chosen=False) or [builders[1]]
        others = f" and {len(files) - 1} others name" if len(files) > 1 else " names"
        yield self.finding(
            INFO_PLIST,
            f"{shown(short(files[0]))}{others} macOS {version}, on which they were built, as the "
            "oldest.",
            f"minos {version}, not below the SDK: {listed(map(short, files), most=3)}",
        )


RULES: tuple[Rule, ...] = (MinimumSystemTooLow(), MinimumSystemUnreadable(), BuildersSystem())


def _promised(facts: Facts) -> Version | None:
    """The oldest macOS that the app says it runs on, in Info.plist or its main executable."""
    value = facts.bundle.info.get(_KEY)
    if isinstance(value, str):
        return parse_system_version(value)
    main = facts.main
    if value is not None or main is None or main.macho is None:
        return None
    return min((s.minos for s in main.macho.slices if s.minos), default=None)


def _built_for(facts: Facts, minos: Version, *, chosen: bool) -> list[str]:
    """Files that say `minos`; those that the app loads come first."""
    loaded = facts.loaded_at_start | facts.loaded_on_import
    return [
        path
        for path in sorted(facts.loading.files, key=lambda path: (path not in loaded, path))
        if any(
            s.minos == minos and minos_is_chosen(s) is chosen
            for s in facts.loading.files[path].slices
        )
    ]
