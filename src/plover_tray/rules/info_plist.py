"""PL: what Info.plist must say for macOS to open the app and to know it again."""

import re
from collections.abc import Iterator

from ..bundle.main_executable import INFO_PLIST, MAIN_FOLDER
from ..facts.facts import Facts
from ..findings import Finding, Severity
from .rule import Rule, listed, shown

_APPLE_KEYS = "Apple: Information Property List"
_IDENTIFIER = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


class NoExecutableName(Rule):
    """CFBundleExecutable."""

    code = "PL101"
    title = "CFBundleExecutable is missing or not a string"
    severity = Severity.ERROR
    meaning = "Info.plist does not say which file in Contents/MacOS is the app's program."
    why = "macOS cannot open an app whose program it does not know."
    mend = "Set CFBundleExecutable to the name of the program in Contents/MacOS."
    source = f"{_APPLE_KEYS}, CFBundleExecutable"

    def find(self, facts: Facts) -> Iterator[Finding]:
        """At most one finding."""
        if facts.bundle.executable_name is None:
            yield self.finding(
                INFO_PLIST,
                "Info.plist does not name the main executable.",
                f"CFBundleExecutable: {_value(facts, 'CFBundleExecutable')}",
            )


class ExecutableNameWithFolder(Rule):
    """Plover 5.0 and 5.1: `MacOS/Plover`."""

    code = "PL102"
    title = "CFBundleExecutable has a slash in it"
    severity = Severity.WARNING
    meaning = "It is to be the bare name of a file in Contents/MacOS, not a path."
    why = (
        "Plover 5.0 and 5.1 were released with a path in it and opened, but the key is documented "
        "as a name, and what else reads it need not find the program."
    )
    mend = "Set CFBundleExecutable to the bare name; `plover-tray fix APP -o OUT` does it too."
    source = f"{_APPLE_KEYS}, CFBundleExecutable; seen in Plover 5.0 and 5.1"
    example = "<key>CFBundleExecutable</key><string>MacOS/Plover</string>"

    def find(self, facts: Facts) -> Iterator[Finding]:
        """At most one finding."""
        name = facts.bundle.executable_name
        if name and "/" in name:
            yield self.finding(
                INFO_PLIST,
                f"CFBundleExecutable is a path, {shown(name)}, where a bare name belongs.",
                f"CFBundleExecutable: {shown(name)}",
            )


class ExecutableNameInOtherCase(Rule):
    """`plover` for `Plover`."""

    code = "PL103"
    title = "CFBundleExecutable differs from the file's name in case or in its accents' form"
    severity = Severity.ERROR
    meaning = "Contents/MacOS has a file whose name is nearly, but not quite, what Info.plist says."
    why = "On a case-sensitive volume there is no file of that name, and the app does not open."
    mend = "Write the name in Info.plist exactly as the file's."
    source = f"{_APPLE_KEYS}, CFBundleExecutable; Apple File System Reference, case sensitivity"

    def find(self, facts: Facts) -> Iterator[Finding]:
        """At most one finding."""
        alike = facts.file_of_like_name
        if alike is not None:
            yield self.finding(
                INFO_PLIST,
                f"CFBundleExecutable says {shown(facts.bundle.executable_name)}, but the file is "
                f"called {shown(alike)}.",
                f"{MAIN_FOLDER}/{shown(alike)}",
                mend=f"Set CFBundleExecutable to {shown(alike)}.",
            )


class NoIdentifier(Rule):
    """CFBundleIdentifier."""

    code = "PL104"
    title = "CFBundleIdentifier is missing or not a string"
    severity = Severity.ERROR
    meaning = "Info.plist does not say who the app is."
    why = (
        "Permissions, preferences and the choice in System Settings > Menu Bar are filed under the "
        "identifier."
    )
    mend = "Set CFBundleIdentifier to a name such as org.example.app, and never change it again."
    source = f"{_APPLE_KEYS}, CFBundleIdentifier"

    def find(self, facts: Facts) -> Iterator[Finding]:
        """At most one finding."""
        if facts.bundle.identifier is None:
            yield self.finding(
                INFO_PLIST,
                "Info.plist gives the app no identifier.",
                f"CFBundleIdentifier: {_value(facts, 'CFBundleIdentifier')}",
            )


class MalformedIdentifier(Rule):
    """Spaces, underscores, empty parts."""

    code = "PL105"
    title = "CFBundleIdentifier is malformed"
    severity = Severity.WARNING
    meaning = (
        "An identifier consists of parts joined by full stops, each of the letters A-Z and a-z, "
        "digits and hyphens, as in org.example.my-app."
    )
    why = "Apple allows nothing else; permissions and preferences are filed under this name."
    mend = "Choose an identifier of letters, digits, hyphens and full stops."
    source = f"{_APPLE_KEYS}, CFBundleIdentifier"
    example = "<key>CFBundleIdentifier</key><string>My App</string>"

    def find(self, facts: Facts) -> Iterator[Finding]:
        """At most one finding."""
        identifier = facts.bundle.identifier
        if identifier is not None and not _IDENTIFIER.fullmatch(identifier):
            yield self.finding(
                INFO_PLIST,
                f"The identifier {shown(identifier)} is not of the form org.example.app.",
                f"CFBundleIdentifier: {shown(identifier)}",
            )


class VersionKeys(Rule):
    """CFBundleVersion, CFBundleShortVersionString."""

    code = "PL106"
    title = "A version in Info.plist is missing or not a string"
    severity = Severity.WARNING
    meaning = (
        "CFBundleShortVersionString is the version that people see, CFBundleVersion the build's "
        "number. Both are strings; `1.10` as a number would become 1.1."
    )
    why = "The Finder, the About box and update checks read them, and read them as strings."
    mend = "Set both keys to strings such as 1.2.3."
    source = f"{_APPLE_KEYS}, CFBundleVersion and CFBundleShortVersionString"
    example = "<key>CFBundleVersion</key><real>1.1</real>"

    def find(self, facts: Facts) -> Iterator[Finding]:
        """One finding per key."""
        for key in ("CFBundleShortVersionString", "CFBundleVersion"):
            value = facts.bundle.info.get(key)
            if not isinstance(value, str) or not value.strip():
                what = "is missing" if value is None else "is not a string with a version"
                yield self.finding(INFO_PLIST, f"{key} {what}.", f"{key}: {_value(facts, key)}")


class PackageType(Rule):
    """CFBundlePackageType."""

    code = "PL107"
    title = "CFBundlePackageType is not APPL"
    severity = Severity.WARNING
    meaning = "The key says what kind of bundle this is; for an app it is APPL."
    why = "Tools tell the kinds of bundles apart by it."
    mend = "Set CFBundlePackageType to APPL."
    source = f"{_APPLE_KEYS}, CFBundlePackageType"

    def find(self, facts: Facts) -> Iterator[Finding]:
        """At most one finding."""
        value = facts.bundle.info.get("CFBundlePackageType")
        if value != "APPL":
            what = "is missing" if value is None else f"is {shown(value)}"
            yield self.finding(INFO_PLIST, f"CFBundlePackageType {what}; it should be APPL.")


class BackgroundOnly(Rule):
    """LSBackgroundOnly."""

    code = "PL110"
    title = "LSBackgroundOnly forbids the app to show anything"
    severity = Severity.ERROR
    meaning = "The key makes the app one without any user interface."
    why = "Such an app gets neither windows nor a menu bar item. What is meant is LSUIElement."
    mend = "Remove LSBackgroundOnly; for an app without a Dock icon set LSUIElement to true."
    source = f"{_APPLE_KEYS}, LSBackgroundOnly"

    def find(self, facts: Facts) -> Iterator[Finding]:
        """At most one finding."""
        value = facts.bundle.info.get("LSBackgroundOnly")
        if _is_true(value):
            yield self.finding(
                INFO_PLIST,
                "LSBackgroundOnly is set: macOS lets the app show no menu bar item.",
                f"LSBackgroundOnly: {shown(value)}",
            )


class OddUIElement(Rule):
    """LSUIElement."""

    code = "PL111"
    title = "LSUIElement is neither true nor false"
    severity = Severity.NOTE
    meaning = (
        "LSUIElement takes the app out of the Dock and leaves it its menu bar item. It is a "
        "boolean; old apps write the string 1."
    )
    why = "What another value means is not documented."
    mend = "Write <true/> or <false/>."
    source = f"{_APPLE_KEYS}, LSUIElement; the string is from Apple's older Launch Services guide"

    def find(self, facts: Facts) -> Iterator[Finding]:
        """At most one finding."""
        value = facts.bundle.info.get("LSUIElement")
        if value is not None and not isinstance(value, bool) and value not in ("0", "1"):
            yield self.finding(
                INFO_PLIST,
                f"LSUIElement is {shown(value)}, neither true nor false.",
                f"LSUIElement: {shown(value)} ({type(value).__name__})",
            )


class StartsUnderRosetta(Rule):
    """LSArchitecturePriority."""

    code = "PL113"
    title = "LSArchitecturePriority starts a universal app under Rosetta"
    severity = Severity.WARNING
    meaning = (
        "The key lists x86_64 before arm64, so that a Mac with Apple silicon starts the Intel half "
        "of an app that has both."
    )
    why = (
        "The app is slower, asks for Rosetta where it is not installed, and stops working with the "
        "first macOS that has none."
    )
    mend = "Remove LSArchitecturePriority, or put arm64 first."
    source = f"{_APPLE_KEYS}, LSArchitecturePriority"
    example = "LSArchitecturePriority: [x86_64, arm64]"

    def find(self, facts: Facts) -> Iterator[Finding]:
        """At most one finding."""
        order = facts.bundle.info.get("LSArchitecturePriority")
        main = facts.main
        if not isinstance(order, list) or "x86_64" not in order or main is None:
            return
        if "arm64" in order and order.index("arm64") < order.index("x86_64"):
            return
        if main.macho is not None and "arm64" not in main.macho.archs:
            return
        yield self.finding(
            INFO_PLIST,
            "A Mac with Apple silicon starts this app's Intel half, under Rosetta.",
            f"LSArchitecturePriority: {listed(map(str, order))}",
        )


RULES: tuple[Rule, ...] = (
    NoExecutableName(),
    ExecutableNameWithFolder(),
    ExecutableNameInOtherCase(),
    NoIdentifier(),
    MalformedIdentifier(),
    VersionKeys(),
    PackageType(),
    BackgroundOnly(),
    OddUIElement(),
    StartsUnderRosetta(),
)


def _value(facts: Facts, key: str) -> str:
    value = facts.bundle.info.get(key)
    return "missing" if value is None else shown(value)


def _is_true(value: object) -> bool:
    """As Core Foundation reads a boolean: a number, or a string that says yes."""
    if isinstance(value, str):
        return value.strip().lower() in ("1", "yes", "true")
    return isinstance(value, int | float) and bool(value)
