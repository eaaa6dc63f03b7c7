"""What a report is made of: a small bundle that is like a check's result."""

from dataclasses import replace
from pathlib import Path

from rules.checking import runs_python

from plover_tray import rules
from plover_tray.bundle.app_bundle import AppBundle
from plover_tray.checking import CheckResult
from plover_tray.findings import Finding, Severity

HOSTILE = "a\nb\r\x1b[31m[bold]::error::100%,:\u202e\u2028\t\x07é\udcff"
"""A name with line ends, terminal escapes, rich's markup, a workflow command and half a byte."""


def result_of(path: Path) -> CheckResult:
    """Check an exec stub's bundle."""
    bundle = AppBundle.open(path)
    rehearsal = runs_python(path, "-s", "-m", "hello_tray")
    return CheckResult(bundle, rehearsal, tuple(rules.run(bundle, rehearsal)))


def with_hostile_names(result: CheckResult) -> CheckResult:
    """The same with a finding, first, that has the name everywhere."""
    bad = Finding("ID101", Severity.ERROR, HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    return replace(result, findings=(bad, *result.findings))
