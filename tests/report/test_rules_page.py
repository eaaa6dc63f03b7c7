"""docs/rules.md is what the rules say of themselves."""

import subprocess
import sys
from pathlib import Path

from plover_tray import rules
from plover_tray.report.rules_page import rules_page

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"


def test_the_page_in_the_tree_is_current() -> None:
    assert PAGE.read_text("utf-8") == rules_page(), (
        "run: python -m plover_tray.report.rules_page > docs/rules.md"
    )


def test_the_command_writes_it() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "plover_tray.report.rules_page"],
        capture_output=True,
        check=True,
        env={"PYTHONIOENCODING": "utf-8", "PYTHONPATH": ":".join(sys.path)},
    )
    assert done.stdout.decode() == rules_page()


def test_every_rule_has_a_section_and_a_line_in_the_overview() -> None:
    page = rules_page()
    for code, rule in rules.REGISTRY.items():
        assert f"### {code}\n" in page
        assert f"[{code}](#{code.lower()})" in page
        for part in (rule.title, rule.meaning, rule.why, rule.mend, rule.source):
            assert part in page
