"""What a report says of the bundle itself: in goes a check, out its head and its sums."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..bundle.python_runtime import PythonRuntime
from ..checking import CheckResult
from ..facts.qt import qt_libraries
from ..findings import Finding, Severity
from ..macho.file import show_version
from ..rules import ExecutableKind, Facts

KIND_WORDS: dict[ExecutableKind, str] = {
    "plover-tray": "hosts Python in process (plover-tray's launcher)",
    "in-process": "hosts Python in process",
    "exec-stub": "exec stub",
    "child-process": "starts Python as a child",
    "shell-script": "shell script",
    "script": "script",
    "symlink": "symlink",
    "missing": "no main executable",
    "unknown": "main executable not followed",
}


@dataclass(frozen=True, slots=True)
class BundleSummary:
    """The bundle in a few words."""

    path: str
    name: str
    identifier: str | None
    version: str | None
    executable: str | None
    """Relative to the bundle; None where there is none."""
    kind: ExecutableKind
    builder: str | None
    minimum_system: str | None
    architectures: tuple[str, ...]
    python: PythonRuntime | None
    qt: str | None


def summarize(result: CheckResult) -> BundleSummary:
    """Sum the checked bundle up. Raises BundleError where it cannot be read."""
    bundle = result.bundle
    facts = Facts(bundle, result.rehearsal)
    qt = qt_libraries(facts)
    return BundleSummary(
        path=str(bundle.path),
        name=bundle.name,
        identifier=bundle.identifier,
        version=_text(bundle.info.get("CFBundleShortVersionString")),
        executable=facts.main.path if facts.main else None,
        kind=facts.kind,
        builder=bundle.builder,
        minimum_system=_text(bundle.info.get("LSMinimumSystemVersion")),
        architectures=facts.main_archs,
        python=bundle.runtime,
        qt=show_version(qt[0][1]) if qt else None,
    )


def counts(findings: Sequence[Finding]) -> dict[Severity, int]:
    """How many findings there are of each severity."""
    counted = Counter(finding.severity for finding in findings)
    return {severity: counted[severity] for severity in Severity}


def counted_words(findings: Sequence[Finding]) -> str:
    """`2 errors, 1 warning`; `nothing found`."""
    words = [
        f"{count} {severity}{'' if count == 1 else 's'}"
        for severity, count in counts(findings).items()
        if count
    ]
    return ", ".join(words) or "nothing found"


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
