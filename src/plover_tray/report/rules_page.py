"""docs/rules.md: in go the rules, out the page, in their own words.

`python -m plover_tray.report.rules_page > docs/rules.md` writes it; a test checks it is current.
"""

import sys
from collections.abc import Iterator, Mapping

from ..rules import FAMILIES, REGISTRY, Rule

_HEAD = """\
# Rules

What `plover-tray check` finds; `plover-tray explain CODE` shows the same text. This page is made by
`python -m plover_tray.report.rules_page > docs/rules.md`.

A code never changes its meaning. An **error** means that the app will not work as it should, and
`check` exits with 1; a **warning** that it works for some users only, or may stop working; a
**note** is worth knowing. `--select` and `--ignore` take codes or their beginnings: `--ignore QT`.
"""


def rules_page(rules: Mapping[str, Rule] = REGISTRY) -> str:
    """The page as Markdown, with a final newline."""
    return "\n".join([_HEAD, *_overview(rules), *_sections(rules)])


def _overview(rules: Mapping[str, Rule]) -> Iterator[str]:
    yield "| code | | what it finds |"
    yield "| --- | --- | --- |"
    for code, rule in rules.items():
        yield f"| [{code}](#{code.lower()}) | {rule.severity} | {rule.title} |"
    yield ""


def _sections(rules: Mapping[str, Rule]) -> Iterator[str]:
    for family, words in FAMILIES.items():
        members = [rule for rule in rules.values() if rule.code.startswith(family)]
        if not members:
            continue
        yield f"## {family}: {words}\n"
        for rule in members:
            yield f"### {rule.code}\n"
            yield f"**{rule.title}** ({rule.severity})\n"
            yield f"{rule.meaning}\n"
            if rule.example:
                yield f"```\n{rule.example}\n```\n"
            yield f"*Why it matters.* {rule.why}\n"
            yield f"*What to do.* {rule.mend}\n"
            yield f"*Known from.* {rule.source}\n"


if __name__ == "__main__":
    sys.stdout.write(rules_page())
