"""Findings as GitHub's annotations: workflow commands, one a finding.

Format: GitHub's documentation, Workflow commands for GitHub Actions. A line that begins with `::`
is a command, so nothing out of the bundle may begin one: names are made printable first, and what
is left is escaped as the documentation's own toolkit does it.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from ..errors import show_path
from ..findings import Finding, Severity
from ..rules import REGISTRY
from .bundle_summary import counted_words

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def annotations(findings: Sequence[Finding], bundle: Path) -> str:
    """One command a finding in the bundle, and a line that sums up, each with a line end."""
    place = _from_here(bundle)
    lines = [_annotation(finding, place) for finding in findings]
    return "\n".join([*lines, f"{show_path(bundle.name)}: {counted_words(findings)}"]) + "\n"


def _annotation(finding: Finding, place: str) -> str:
    rule = REGISTRY.get(finding.code)
    title = f"{finding.code}: {rule.title}" if rule else finding.code
    path = f"{place}/{finding.path}" if finding.path else place
    lines = [finding.message]
    lines += [f"Read: {'; '.join(finding.evidence)}"] if finding.evidence else []
    lines += [f"Next: {finding.mend}"] if finding.mend else []
    text = "%0A".join(_escaped(show_path(line)) for line in lines)
    return (
        f"::{LEVELS[finding.severity]} file={_property(show_path(path))},"
        f"title={_property(show_path(title))}::{text}"
    )


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def _from_here(path: Path) -> str:
    """The path from the working folder where it lies in it: GitHub shows annotations by it."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
