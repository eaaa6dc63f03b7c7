"""A finding as JSON, the same in every document that has some."""

from collections.abc import Sequence
from typing import Any

from ..findings import Finding, Severity
from .bundle_summary import counts


def document(finding: Finding) -> dict[str, Any]:
    """One finding as plain data, part of the documents of `check` and `release`."""
    return {
        "code": finding.code,
        "severity": str(finding.severity),
        "path": finding.path,
        "message": finding.message,
        "evidence": list(finding.evidence),
        "mend": finding.mend,
    }


def summary(findings: Sequence[Finding]) -> dict[str, int]:
    """How many there are of each severity."""
    sums = counts(findings)
    return {
        "errors": sums[Severity.ERROR],
        "warnings": sums[Severity.WARNING],
        "notes": sums[Severity.NOTE],
    }
