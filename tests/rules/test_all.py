"""All rules at once: each is broken by some bundle, none by a sound one, and nothing hurts them."""

from pathlib import Path

import pytest
from apps.broken import BROKEN, sound
from apps.hostile import CASES

from plover_tray import rules
from plover_tray.bundle.app_bundle import AppBundle
from plover_tray.errors import PloverTrayError
from plover_tray.findings import Severity
from rules.checking import check, hosted


def test_every_rule_has_a_test_that_breaks_it() -> None:
    tests = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert [code for code in rules.REGISTRY if f'"{code}"' not in tests] == []


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_every_broken_bundle_is_told_in_single_safe_lines(name: str, tmp_path: Path) -> None:
    for finding in check(BROKEN[name](tmp_path)):
        assert finding.code in rules.REGISTRY
        for text in (finding.message, *finding.evidence, finding.mend):
            assert text.isprintable()
        assert finding.message


def test_findings_come_errors_first_and_in_the_same_order_every_time(tmp_path: Path) -> None:
    bundle = BROKEN["main-and-runtime-have-nothing-in-common"](tmp_path)
    found = check(bundle)
    weights = [list(Severity).index(f.severity) for f in found]
    assert weights == sorted(weights)
    assert found == check(bundle)


@pytest.mark.parametrize("name", sorted(CASES))
def test_hostile_bundles_give_findings_or_one_of_our_errors(name: str, tmp_path: Path) -> None:
    path = CASES[name].make(tmp_path)
    try:
        bundle = AppBundle.open(path)
        found = rules.run(bundle, hosted(path, "-m", "hello_tray"))
    except PloverTrayError:
        return
    for finding in found:
        assert f"{finding.message}{''.join(finding.evidence)}{finding.mend}".isprintable()


@pytest.mark.parametrize("rule", rules.REGISTRY.values(), ids=lambda rule: rule.code)
def test_whatever_a_rule_says_is_one_safe_line(rule: rules.Rule) -> None:
    strange = "a\nb\x1b[31m\udcff\u202e"
    finding = rule.finding(strange, strange, strange, mend=strange)
    assert finding.path == strange
    assert f"{finding.message}{''.join(finding.evidence)}{finding.mend}".isprintable()


def test_rules_change_nothing_in_the_bundle(tmp_path: Path) -> None:
    bundle = sound(tmp_path)

    def state() -> list[tuple[str, int, int]]:
        return sorted((str(p), p.lstat().st_mtime_ns, p.lstat().st_mode) for p in bundle.rglob("*"))

    before = state()
    check(bundle)
    assert state() == before
