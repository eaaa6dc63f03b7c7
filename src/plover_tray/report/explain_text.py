"""Rules for people: one in full, or the list of all by family."""

from collections.abc import Mapping

from rich.text import Text

from ..rules import FAMILIES, REGISTRY, Rule
from .console import line, stdout
from .terminal import SEVERITY_STYLES, print_hanging


def show(rule: Rule) -> None:
    """Print all that a rule says of itself."""
    console = stdout()
    severity = Text(str(rule.severity), SEVERITY_STYLES[rule.severity])
    title = Text.assemble((rule.code, "bold"), "  ", (rule.title, "bold"), "  ", severity)
    print_hanging(console, "", title)
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
                line(console, "", heading, "bold")
            for part in text.splitlines():
                line(console, "  " if heading else "", part)


def show_list(rules: Mapping[str, Rule] = REGISTRY) -> None:
    """Print code and title of each rule under its family's name."""
    console = stdout()
    for family, words in FAMILIES.items():
        members = [rule for rule in rules.values() if rule.code.startswith(family)]
        if not members:
            continue
        print_hanging(console, "", Text.assemble((family, "bold"), f"  {words}"))
        for rule in members:
            style = SEVERITY_STYLES[rule.severity]
            print_hanging(console, "  ", Text.assemble((rule.code, style), "  ", rule.title))
