"""All rules at once: each is broken by some bundle, none by a sound one, and nothing hurts them."""

from pathlib import Path

import pytest
from apps.broken import BROKEN, sound
from apps.hostile import CASES

from plover_tray import rules
from plover_tray.bundle.app_bundle import AppBundle
from plover_tray.errors import PloverTrayError
from plover_tray.findings import Severity
from plover_tray.rehearsal import rehearse
from plover_tray.signing.sign import seal_in_place
from rules.checking import check, codes, hosted
from rules.examples import EXAMPLES


@pytest.mark.parametrize("code", rules.REGISTRY)
def test_every_rule_finds_what_is_wrong_in_its_example(code: str, tmp_path: Path) -> None:
    assert code in codes(EXAMPLES[code](tmp_path))


def test_no_rule_finds_anything_in_a_sound_bundle_that_is_sealed(tmp_path: Path) -> None:
    bundle = sound(tmp_path)
    seal_in_place(bundle)
    assert rules.run(AppBundle.open(bundle), rehearse(bundle)) == []


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
