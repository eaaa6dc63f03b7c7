"""Registry and selection: which rules there are, and which run."""

import re

import pytest

from plover_tray import rules
from plover_tray.errors import PloverTrayError
from plover_tray.rules.selection import selected


def chosen(select: tuple[str, ...] = (), ignore: tuple[str, ...] = ()) -> list[str]:
    return [rule.code for rule in selected(rules.REGISTRY.values(), select, ignore)]


def test_all_rules_run_unless_told_otherwise() -> None:
    assert chosen() == list(rules.REGISTRY)


def test_a_beginning_selects_a_family_and_a_code_one_rule() -> None:
    assert {code[:2] for code in chosen(("ID",))} == {"ID"}
    assert chosen(("ID101",)) == ["ID101"]
    assert chosen(("pl1", "ID105")) == ["ID105", *(c for c in rules.REGISTRY if c[:2] == "PL")]


def test_what_is_ignored_does_not_run() -> None:
    assert not [code for code in chosen(ignore=("MO", "QT101")) if code[:2] == "MO"]
    assert "QT101" not in chosen(ignore=("MO", "QT101"))


def test_the_longer_beginning_counts_and_ignoring_wins_a_tie() -> None:
    assert chosen(("ID101",), ("ID",)) == ["ID101"]
    assert "ID101" not in chosen(("ID",), ("ID101",))
    assert chosen(("ID101",), ("ID101",)) == []


@pytest.mark.parametrize("prefix", ["XX", "ID9", "ID1010", "", " ", "\n"])
def test_an_unknown_beginning_names_the_families(prefix: str) -> None:
    for select, ignore in (((prefix,), ()), ((), (prefix,))):
        with pytest.raises(PloverTrayError) as caught:
            chosen(select, ignore)
        for family in rules.FAMILIES:
            assert family in caught.value.mend


def test_a_family_without_rules_yet_is_known() -> None:
    assert set(rules.FAMILIES) == {"ID", "PL", "PY", "MO", "QT", "CS"}
    for family in rules.FAMILIES:
        chosen((family,))


def test_a_rule_is_had_by_its_code_in_any_case() -> None:
    assert rules.rule("id101") is rules.REGISTRY["ID101"]
    with pytest.raises(PloverTrayError, match="ID100") as caught:
        rules.rule("ID100")
    assert "ID10" in caught.value.mend
    with pytest.raises(PloverTrayError) as caught:
        rules.rule("?")
    assert "explain" in caught.value.mend


@pytest.mark.parametrize("rule", rules.REGISTRY.values(), ids=lambda rule: rule.code)
def test_every_rule_says_what_why_what_next_and_where_from(rule: rules.Rule) -> None:
    assert re.fullmatch(r"[A-Z]{2}\d{3}", rule.code)
    assert rule.code[:2] in rules.FAMILIES
    assert not rule.title.endswith(".")
    for text in (rule.title, rule.meaning, rule.why, rule.mend, rule.source):
        assert text == text.strip()
        assert text
        assert "\n" not in text
        assert "  " not in text
    assert type(rule).__doc__


def test_codes_that_were_fixed_from_the_start_keep_their_meaning() -> None:
    titles = {code: rules.REGISTRY[code].title for code in ("ID101", "ID102", "ID103", "ID104")}
    assert titles == {
        "ID101": "The main executable replaces itself with another program",
        "ID102": "The main executable is a script",
        "ID103": "The main executable starts Python as a child process",
        "ID104": "The main executable is missing, not executable, or a symlink",
    }
