"""Text for people, in colour where there is a terminal: in goes a check or a rule, out lines.

Every name out of the bundle is made printable before, and none is read as rich's markup.
"""

from collections.abc import Mapping
from typing import TextIO

from rich.console import Console
from rich.text import Text

from ..bundle.app_bundle import show_path
from ..checking import CheckResult
from ..findings import Finding, Severity
from ..rules import FAMILIES, REGISTRY, Rule
from ..rules.rule import short
from .bundle_summary import KIND_WORDS, BundleSummary, counted_words, summarize
from .terminal import console as _console
from .terminal import print_hanging

STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
_LABEL = 6
"""Columns for the words `read` and `next`."""
_LONG = 160
"""Characters of evidence that is shown whole."""
_LISTED = 3
"""Items of a longer list that are shown without -v."""


def print_check(result: CheckResult, stream: TextIO, verbosity: int = 0) -> None:
    """Print what a check found; see `report.write`."""
    console = _console(stream)
    if verbosity < 0:
        for finding in result.findings:
            _print(console, _one_line(finding, result.bundle.name))
        return
    summary = summarize(result)
    _print(console, _head(summary))
    for finding in result.findings:
        console.print()
        _print_finding(console, finding, verbosity)
    console.print()
    _print(console, _sum(result))


def print_rule(rule: Rule, stream: TextIO) -> None:
    """Print all that a rule says of itself."""
    console = _console(stream)
    severity = Text(str(rule.severity), STYLES[rule.severity])
    _print(console, Text.assemble((rule.code, "bold"), "  ", (rule.title, "bold"), "  ", severity))
    parts = (
        ("", rule.meaning),
        ("Why it matters", rule.why),
        ("What to do", rule.mend),
        ("Known from", rule.source),
        ("For example", rule.example),
    )
    for heading, text in parts:
        if text:
            console.print()
            if heading:
                _print(console, Text(heading, "bold"))
            for line in text.splitlines():
                _print(console, Text(line), indent=2 if heading else 0)


def print_rule_list(rules: Mapping[str, Rule], stream: TextIO) -> None:
    """Print code and title of each rule under its family's name."""
    console = _console(stream)
    for family, words in FAMILIES.items():
        members = [rule for rule in rules.values() if rule.code.startswith(family)]
        if not members:
            continue
        _print(console, Text.assemble((family, "bold"), f"  {words}"))
        for rule in members:
            style = STYLES[rule.severity]
            _print(console, Text.assemble((rule.code, style), "  ", rule.title), indent=2)


def _head(bundle: BundleSummary) -> Text:
    first = [bundle.name, bundle.identifier or "no identifier", bundle.version or ""]
    second = [KIND_WORDS[bundle.kind]]
    second += [f"Python {bundle.python.version_text}"] if bundle.python else []
    second += [f"Qt {bundle.qt}"] if bundle.qt else []
    second += [", ".join(bundle.architectures)] if bundle.architectures else []
    second += [f"built by {bundle.builder}"] if bundle.builder else []
    line = "  ".join(show_path(word) for word in first[1:] if word)
    return Text.assemble(
        (show_path(first[0]), "bold"), f"  {line}\n", " · ".join(show_path(w) for w in second)
    )


def _print_finding(console: Console, finding: Finding, verbosity: int) -> None:
    style = STYLES[finding.severity]
    title = Text.assemble((finding.severity.upper(), style), "  ", (finding.code, "bold"))
    title.append("  ")
    print_hanging(console, title, show_path(finding.path) or "the whole bundle", "dim")
    _print(console, Text(show_path(finding.message)), indent=2)
    why = REGISTRY[finding.code].why if verbosity > 0 and finding.code in REGISTRY else ""
    read = finding.evidence if verbosity > 0 else _brief(finding.evidence)
    for label, words in (("why", why), ("read", read), ("next", finding.mend)):
        if words:
            print_hanging(console, Text(f"  {label:<{_LABEL}}", "dim"), show_path(words))


def _brief(evidence: str) -> str:
    """Of a long list, the first few; `-v` and the other formats have all."""
    items = evidence.split(", ")
    if len(evidence) <= _LONG or len(items) <= _LISTED:
        return evidence
    return f"{', '.join(map(short, items[:_LISTED]))} ... (-v shows all)"


def _one_line(finding: Finding, bundle: str) -> Text:
    path = f"{bundle}/{finding.path}" if finding.path else bundle
    kind = (f"{finding.severity} {finding.code}", STYLES[finding.severity])
    return Text.assemble(f"{show_path(path)}: ", kind, f": {show_path(finding.message)}")


def _sum(result: CheckResult) -> Text:
    findings = result.findings
    worst = next((s for s in Severity if any(f.severity is s for f in findings)), None)
    line = Text(f"{counted_words(findings).capitalize()}.", STYLES[worst] if worst else "green")
    if findings:
        line.append(f" `plover-tray explain {findings[0].code}` says more.", "default not bold")
    return line


def _print(console: Console, text: Text, *, indent: int = 0) -> None:
    print_hanging(console, " " * indent, text)
