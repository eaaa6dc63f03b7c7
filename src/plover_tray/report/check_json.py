"""JSON of a check: stable, and described by `schema/check-1.json`."""

import json
from collections.abc import Sequence
from typing import Any

from ..checking import CheckResult
from ..findings import Severity
from ..rules import REGISTRY, Rule
from .bundle_summary import counts, summarize

SCHEMA = 1


def check_document(result: CheckResult) -> str:
    """The check as one JSON document with a final newline.

    All but ASCII is escaped, so that any file name passes any terminal and pipe unchanged; bytes
    of a name that are not UTF-8 stand as lone surrogates, as Python's `surrogateescape` has them.
    """
    return json.dumps(check_data(result), indent=2) + "\n"


def check_data(result: CheckResult) -> dict[str, Any]:
    """The check as plain data."""
    bundle = summarize(result)
    python = bundle.python
    sums = counts(result.findings)
    return {
        "schema": SCHEMA,
        "bundle": {
            "path": bundle.path,
            "identifier": bundle.identifier,
            "executable": bundle.executable,
            "kind": bundle.kind,
            "builder": bundle.builder,
            "version": bundle.version,
            "minimum_system": bundle.minimum_system,
            "architectures": list(bundle.architectures),
            "python": python
            and {
                "version": python.version_text,
                "library": python.library,
                "home": python.home,
                "architectures": list(python.archs),
            },
            "qt": bundle.qt,
        },
        "findings": [
            {
                "code": finding.code,
                "severity": str(finding.severity),
                "path": finding.path,
                "message": finding.message,
                "evidence": finding.evidence,
                "mend": finding.mend,
            }
            for finding in result.findings
        ],
        "summary": {
            "errors": sums[Severity.ERROR],
            "warnings": sums[Severity.WARNING],
        },
    }


def rules_to_json(rules: Sequence[Rule] | None = None) -> dict[str, Any]:
    """What rules (by default all) say of themselves, as plain data."""
    texts = ("code", "title", "meaning", "why", "mend", "source", "example")
    return {
        "schema": SCHEMA,
        "rules": [
            {"severity": rule.severity.value, **{name: getattr(rule, name) for name in texts}}
            for rule in (REGISTRY.values() if rules is None else rules)
        ],
    }
