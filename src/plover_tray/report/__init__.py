"""Reports: in goes what a check found, out goes text for people or a document for machines.

Nothing is found out here. `write` and its fellows are for the command line; what makes each format
is in a module of its own. rich is imported only where text for people is wanted.
"""

import io
import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import TextIO

from ..checking import CheckResult
from ..rules import REGISTRY, Rule
from .check_json import check_document, rules_to_json
from .github import annotations
from .sarif import sarif_document

__all__ = [
    "DOCUMENTS",
    "FORMATS",
    "CheckResult",
    "rules_to_json",
    "write",
    "write_rule",
    "write_rule_list",
]

DOCUMENTS: Mapping[str, Callable[[CheckResult], str]] = {
    "json": check_document,
    "github": annotations,
    "sarif": sarif_document,
}
"""What makes each of the formats for machines, whole, with a final newline."""

FORMATS = ("text", *DOCUMENTS)


def write(
    result: CheckResult, format_: str = "text", stream: TextIO | None = None, *, verbosity: int = 0
) -> None:
    """Write what a check found as one of `FORMATS`, to stdout if no stream is given.

    `verbosity` counts for text only: below zero one line a finding, above also why each matters.
    """
    if format_ == "text":
        _text().print_check(result, _safe(stream), verbosity)
    else:
        _safe(stream).write(DOCUMENTS[format_](result))


def write_rule(rule: Rule, stream: TextIO | None = None) -> None:
    """Write all that a rule says of itself, for `explain`."""
    _text().print_rule(rule, _safe(stream))


def write_rule_list(stream: TextIO | None = None) -> None:
    """Write code and title of every rule, by family."""
    _text().print_rule_list(REGISTRY, _safe(stream))


def _text() -> ModuleType:
    from . import check_text as markup  # rich takes a tenth of a second

    return markup


def _safe(stream: TextIO | None) -> TextIO:
    """The stream, which from now on escapes what its encoding lacks instead of failing."""
    out = stream or sys.stdout
    if isinstance(out, io.TextIOWrapper):
        out.reconfigure(errors="backslashreplace")
    return out
