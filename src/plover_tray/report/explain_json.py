"""JSON of rules, described by `schemas/explain-1.json`."""

from collections.abc import Iterable
from typing import Any

from ..rules import Rule

SCHEMA = 1
_TEXTS = ("code", "title", "meaning", "why", "mend", "source", "example")


def document(rules: Iterable[Rule]) -> dict[str, Any]:
    """What the rules say of themselves, as plain data."""
    return {
        "schema": SCHEMA,
        "rules": [
            {"severity": rule.severity.value, **{name: getattr(rule, name) for name in _TEXTS}}
            for rule in rules
        ],
    }
