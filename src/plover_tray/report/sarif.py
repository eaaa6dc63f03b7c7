"""A check as SARIF 2.1.0, for code scanning.

Format: OASIS, Static Analysis Results Interchange Format Version 2.1.0. Every rule's own text goes
with it, so that a reader of the document needs nothing else.
"""

import os
from typing import Any
from urllib.parse import quote

from .._version import __version__
from ..checking import CheckResult
from ..findings import Finding, Severity
from ..rules import REGISTRY, Rule

VERSION = "2.1.0"
BASE = "BUNDLE"
"""Name of the folder that paths are relative to."""

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def document(result: CheckResult) -> dict[str, Any]:
    """The check as plain data for one SARIF document."""
    places = {code: index for index, code in enumerate(REGISTRY)}
    return {
        "version": VERSION,
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "plover-tray",
                        "version": __version__,
                        "rules": [_rule(rule) for rule in REGISTRY.values()],
                    }
                },
                "originalUriBaseIds": {BASE: {"uri": f"file://{_uri(str(result.bundle.path))}/"}},
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, places) for finding in result.findings],
            }
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": type(rule).__name__,
        "shortDescription": {"text": f"{rule.title}."},
        "fullDescription": {"text": f"{rule.meaning} {rule.why}"},
        "help": {"text": f"{rule.mend} Known from: {rule.source}"},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
    }


def _result(finding: Finding, places: dict[str, int]) -> dict[str, Any]:
    text = " ".join(part for part in (finding.message, finding.mend) if part)
    return {
        "ruleId": finding.code,
        "ruleIndex": places[finding.code],
        "level": LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(finding.path or "."), "uriBaseId": BASE}
                }
            }
        ],
        "properties": {"evidence": list(finding.evidence), "mend": finding.mend},
    }


def _uri(path: str) -> str:
    """A path as the path of a URI: all bytes but the plain ones as `%xx`."""
    return quote(os.fsencode(path))
