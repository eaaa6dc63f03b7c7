"""What a report is made of: a small bundle that is like a check's result."""

import contextlib
import io
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from rules.checking import runs_python

from plover_tray import rules
from plover_tray.bundle.app_bundle import AppBundle
from plover_tray.checking import CheckResult
from plover_tray.findings import Finding, Severity
from plover_tray.report import check_json, check_text, console, github, sarif

HOSTILE = "a\nb\r\x1b[31m[bold]::error::100%,:\u202e\u2028\t\x07é\udcff"
"""A name with line ends, terminal escapes, rich's markup, a workflow command and half a byte."""


def result_of(path: Path) -> CheckResult:
    """Check an exec stub's bundle."""
    bundle = AppBundle.open(path)
    rehearsal = runs_python(path, "-s", "-m", "hello_tray")
    return CheckResult(bundle, rehearsal, tuple(rules.run(bundle, rehearsal)))


def with_hostile_names(result: CheckResult) -> CheckResult:
    """The same with a finding, first, that has the name everywhere."""
    bad = Finding("ID101", Severity.ERROR, HOSTILE, HOSTILE, (HOSTILE,), HOSTILE)
    return replace(result, findings=(bad, *result.findings))


FORMATS = ("text", "json", "github", "sarif")


def write(result: CheckResult, format_: str, stream: TextIO, *, verbosity: int = 0) -> None:
    """Write a check as `plover-tray check --format` does, with `stream` as stdout."""
    before = console.verbosity()
    console.set_verbosity(verbosity)
    try:
        with contextlib.redirect_stdout(stream):
            if format_ == "text":
                check_text.show(result)
            elif format_ == "github":
                console.print_text(github.annotations(result.findings, result.bundle.path))
            else:
                made = {"json": check_json.document, "sarif": sarif.document}[format_](result)
                console.print_json(made)
    finally:
        console.set_verbosity(before)


def written(result: CheckResult, format_: str, verbosity: int = 0) -> str:
    """The same as a string."""
    stream = io.StringIO()
    write(result, format_, stream, verbosity=verbosity)
    return stream.getvalue()
