"""Texts of the launcher's settings: what in them stands for a value of the user's Mac.

`${HOME}`, `${CONTENTS}` and so on are filled in at each start, by launcher/placeholders.h and the
boot module's placeholders.py; the names here are theirs. A dollar sign before a brace is written
`${DOLLAR}`, so that every text can be said.
"""

import re
from collections.abc import Mapping

NAMES = frozenset(
    {
        *("CONTENTS", "BUNDLE_FOLDER", "DOLLAR", "UID", "PID", "HOST"),
        *("HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "PATH"),
    }
)

CONTENTS = "${CONTENTS}"
"""The bundle's Contents folder."""

_PLACEHOLDER = re.compile(r"\$\{(" + "|".join(sorted(NAMES)) + r")\}")


def literal(text: str) -> str:
    """A setting's text that stands for `text` and nothing else."""
    return text.replace("${", "${DOLLAR}{")


def filled_in(text: str, values: Mapping[str, str]) -> str:
    """What a start makes of a setting's text that has these values by name."""
    known = {"DOLLAR": "$", **values}
    return _PLACEHOLDER.sub(lambda found: known.get(found[1], found[0]), text)


def names_in(text: str) -> frozenset[str]:
    """The placeholders in a setting's text."""
    return frozenset(found[1] for found in _PLACEHOLDER.finditer(text)) - {"DOLLAR"}


def with_placeholders(text: str, values: Mapping[str, str]) -> str:
    """A setting's text in which placeholders stand for these values, the longest first.

    Found is what looks like a value: whether it was meant is for the caller to make sure of.
    """
    by_value = {value: name for name, value in reversed([*values.items()]) if value}
    if not by_value:
        return literal(text)
    longest = sorted(by_value, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, longest)))
    done, at = [], 0
    for found in pattern.finditer(text):
        done += [literal(text[at : found.start()]), "${", by_value[found[0]], "}"]
        at = found.end()
    return "".join([*done, literal(text[at:])])
