"""Placeholders in the launcher's settings: every text can be said, and is filled in again."""

import string

from hypothesis import given
from hypothesis import strategies as st

from plover_tray.bundle.placeholders import (
    NAMES,
    filled_in,
    literal,
    names_in,
    with_placeholders,
)

VALUES = {"CONTENTS": "/A/X.app/Contents", "BUNDLE_FOLDER": "/A", "HOME": "/Users/u", "USER": "u"}
texts = st.text(alphabet=st.sampled_from([*"${}/ué", *string.ascii_uppercase])) | st.builds(
    "".join, st.lists(st.sampled_from([f"${{{name}}}" for name in NAMES] + ["$", "{", "}", "x"]))
)


@given(texts)
def test_a_literal_text_stands_for_itself_whatever_is_in_it(text: str) -> None:
    assert filled_in(literal(text), VALUES) == text
    assert not names_in(literal(text))


@given(st.lists(texts | st.sampled_from([*VALUES.values()])).map("".join))
def test_what_values_were_found_in_is_filled_in_with_the_same(text: str) -> None:
    assert filled_in(with_placeholders(text, VALUES), VALUES) == text


def test_the_longest_value_is_meant() -> None:
    found = with_placeholders("/A/X.app/Contents/a:/A/b:/Users/u/c:u", VALUES)
    assert found == "${CONTENTS}/a:${BUNDLE_FOLDER}/b:${HOME}/c:${USER}"
    assert names_in(found) == {"CONTENTS", "BUNDLE_FOLDER", "HOME", "USER"}


def test_names_that_no_launcher_knows_are_text() -> None:
    assert filled_in("${NOPE} $HOME ${HOME", VALUES) == "${NOPE} $HOME ${HOME"
