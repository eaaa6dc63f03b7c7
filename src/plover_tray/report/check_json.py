"""JSON of a check, described by `schemas/check-2.json`."""

from typing import Any

from ..checking import CheckResult
from . import finding_json
from .bundle_summary import summarize

SCHEMA = 2


def document(result: CheckResult) -> dict[str, Any]:
    """The check as plain data. Raises BundleError where the bundle cannot be read any more.

    Bytes of a name that are not UTF-8 stand as lone surrogates, as Python's `surrogateescape` has
    them.
    """
    bundle = summarize(result)
    python = bundle.python
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
        "findings": [finding_json.document(finding) for finding in result.findings],
        "summary": finding_json.summary(result.findings),
    }
