"""JSON of Apple's verdict, described by `schemas/notarize-1.json`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..notarization import Issue, Notarization

SCHEMA = 1


def document(verdict: "Notarization") -> dict[str, Any]:
    """The verdict as plain data."""
    return {"schema": SCHEMA, **verdict_document(verdict)}


def verdict_document(verdict: "Notarization") -> dict[str, Any]:
    """The verdict as a part of another document."""
    log = verdict.log
    return {
        "path": str(verdict.path),
        "digest": verdict.digest,
        "submission": verdict.submission,
        "status": str(verdict.status),
        "resumed": verdict.resumed,
        "summary": log.summary if log else "",
        "issues": [_issue(issue) for issue in log.issues] if log else [],
    }


def _issue(issue: "Issue") -> dict[str, str]:
    return {
        "path": issue.path,
        "architecture": issue.architecture,
        "severity": issue.severity,
        "message": issue.message,
        "url": issue.url,
        "code": issue.code,
        "mend": issue.mend,
    }
