"""JSON of a comparison of two releases, described by `schemas/diff-1.json`."""

from dataclasses import asdict
from typing import Any

from ..comparing import Comparison

SCHEMA = 1


def document(comparison: Comparison) -> dict[str, Any]:
    """What changes and what survives, as plain data."""
    return {
        "schema": SCHEMA,
        "survives": comparison.survives,
        "differences": [asdict(each) for each in comparison.differences],
        "survivals": [asdict(each) for each in comparison.survivals],
    }
