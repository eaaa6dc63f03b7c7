"""JSON of a seal that was made, described by `schemas/sign-1.json`."""

from typing import Any

from ..signing.options import SignReport

SCHEMA = 1


def document(report: SignReport, output: str) -> dict[str, Any]:
    """The seal as plain data; `output` is where it was put, as the user wrote it."""
    return {
        "schema": SCHEMA,
        "output": output,
        "backend": report.backend,
        "identifier": report.identifier,
        "cdhashes": dict(report.cdhashes),
        "files": report.files,
        "bundles": report.bundles,
        "mended": list(report.steps),
    }
