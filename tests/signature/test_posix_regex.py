"""POSIX patterns in linear time, compared with Python's `re` where both can play."""

import random
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plover_tray.signature.blobs import SignatureFormatError
from plover_tray.signature.posix_regex import Automaton
from plover_tray.signature.resources import RULES_2

atoms = st.sampled_from(["a", "b", "/", ".", "\\.", "[ab]", "[^a/]", "(a|b/)", "(ab)", "$", "^"])
patterns = st.lists(
    st.tuples(atoms, st.sampled_from(["", "", "*", "+", "?"])), min_size=1, max_size=6
).map(lambda parts: "".join(a + ("" if a in "^$" else q) for a, q in parts))


@given(st.lists(patterns, min_size=1, max_size=4), st.text("ab./", min_size=1, max_size=12))
@example(["^a"], "ba")
@example(["a$|^b"], "ab")
def test_it_finds_what_re_finds(found: list[str], text: str) -> None:
    expected = {
        number
        for number, pattern in enumerate(found)
        if re.search(pattern.replace("$", r"\Z"), text, re.DOTALL)
    }
    assert Automaton(found).search(text) == expected


def test_the_rules_of_codesign_find_what_re_finds() -> None:
    rules = list(RULES_2)
    automaton = Automaton(rules)
    for path in (
        "Frameworks/x.dylib", "Resources/en.lproj/x", "Resources/Base.lproj/x", "Info.plist",
        "Library/LoginItems/x", "Library/Other/x", "a.dSYM/Contents/x", "a/.DS_Store", ".DS_Store",
        "Resources/de.lproj/locversion.plist", "version.plist", "x", "x\ny/z", "é/ü",
    ):  # fmt: skip
        expected = {n for n, rule in enumerate(rules) if re.search(rule, path, re.DOTALL)}
        assert automaton.search(path) == expected, path


@pytest.mark.parametrize(
    "pattern",
    ["(", ")", "[a", "*", "a{3}", "\\", "(" * 60 + ")" * 60, "x" * 2000, "[[:what:]]"],
)
def test_what_it_does_not_understand_it_refuses(pattern: str) -> None:
    with pytest.raises(SignatureFormatError):
        Automaton([pattern])


def test_a_pattern_that_would_take_re_for_ever_is_quick() -> None:
    assert Automaton(["^(a*)*(a*)*(a*)*$"]).search("a" * 4000 + "b") == frozenset()


def test_patterns_that_need_too_much_work_are_refused() -> None:
    automaton = Automaton(["(a|b)*a" + "(a|b)" * 150] * 3)
    text = "".join(random.Random(1).choices("ab", k=20_000))
    with pytest.raises(SignatureFormatError, match="too long"):
        automaton.search(text)


def test_character_classes_are_understood() -> None:
    automaton = Automaton(["^[[:digit:]_]+$", "^[]x]$", "^[a-c-]$"])
    assert automaton.search("12_3") == {0}
    assert automaton.search("]") == {1}
    assert automaton.search("-") == {2}
    assert automaton.search("b") == {2}
