"""A check for people, in colour where there is a terminal.

Every name out of the bundle is made printable before, and none is read as rich's markup.
"""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from ..bundle.app_bundle import show_path
from ..checking import CheckResult
from ..findings import Finding, Severity
from ..rules import REGISTRY
from ..rules.rule import short
from .bundle_summary import KIND_WORDS, BundleSummary, counted_words, summarize
from .console import stdout, verbosity
from .terminal import SEVERITY_STYLES, print_hanging

_LABEL = 6
"""Columns for the words `read` and `next`."""
_LONG = 160
"""Characters of evidence that is shown whole."""
_LISTED = 3
"""Items of a longer list that are shown without -v."""


def show(result: CheckResult) -> None:
    """Print what a check found; with `--quiet` one line a finding, with -v also why each matters.

    Raises BundleError where the bundle cannot be read any more.
    """
    console = stdout()
    if verbosity() < 0:
        for finding in result.findings:
            _print(console, _one_line(finding, result.bundle.name))
        return
    summary = summarize(result)
    _print(console, _head(summary))
    for finding in result.findings:
        console.print()
        _print_finding(console, finding, whole=verbosity() > 0)
    console.print()
    _print(console, _sum(result))


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


def _print_finding(console: Console, finding: Finding, *, whole: bool) -> None:
    style = SEVERITY_STYLES[finding.severity]
    title = Text.assemble((finding.severity.upper(), style), "  ", (finding.code, "bold"))
    title.append("  ")
    print_hanging(console, title, show_path(finding.path) or "the whole bundle", "dim")
    _print(console, Text(show_path(finding.message)), indent=2)
    why = REGISTRY[finding.code].why if whole and finding.code in REGISTRY else ""
    read = _read(finding.evidence, whole=whole)
    for label, words in (("why", why), ("read", read), ("next", finding.mend)):
        if words:
            print_hanging(console, Text(f"  {label:<{_LABEL}}", "dim"), show_path(words))


def _read(evidence: Sequence[str], *, whole: bool) -> str:
    """Of a long list, the first few; `-v` and the other formats have all."""
    text = "; ".join(evidence)
    if whole or len(text) <= _LONG or len(evidence) <= _LISTED:
        return text
    return f"{'; '.join(map(short, evidence[:_LISTED]))} ... (-v shows all)"


def _one_line(finding: Finding, bundle: str) -> Text:
    path = f"{bundle}/{finding.path}" if finding.path else bundle
    kind = (f"{finding.severity} {finding.code}", SEVERITY_STYLES[finding.severity])
    return Text.assemble(f"{show_path(path)}: ", kind, f": {show_path(finding.message)}")


def _sum(result: CheckResult) -> Text:
    findings = result.findings
    worst = next((s for s in Severity if any(f.severity is s for f in findings)), None)
    style = SEVERITY_STYLES[worst] if worst else "green"
    line = Text(f"{counted_words(findings).capitalize()}.", style)
    if findings:
        line.append(f" `plover-tray explain {findings[0].code}` says more.", "default not bold")
    return line


def _print(console: Console, text: Text, *, indent: int = 0) -> None:
    print_hanging(console, " " * indent, text)
