"""Scripts that nobody would write: an end with a message, never an error of plover-tray's own."""

import json
import random
from pathlib import Path

import pytest
from apps.kinds import SCRIPTS

from plover_tray.rehearsal import Budget
from plover_tray.report import rehearse_json
from rehearsal.guests import rehearse_script

BUDGET = Budget(seconds=5, calls=500)
FIRST_LINES = ("#!/bin/sh", "#!/bin/bash -eu", "#!/bin/zsh", "#!/usr/bin/env -S bash 'x", "#!")
LINES = (
    *"\n".join(SCRIPTS.values()).splitlines(),
    *('x=${x:1:2}', 'echo "${1%/*}" $2', "set -- a b", 'exec "$@"', "shift 9", "return 3"),
    *("case $1 in a*) echo;; esac", "for i in 1 2; do break; done", "f() { return 3; }; f"),
    *("[ -n a -a -f b ]", "[[ $a == b* ]]", "x=$((1+2*(3-x)))", "y=`pwd`", "while f; do :; done"),
    *("x=${0:A:h}", "a | b && c || d", "(exit 3)", "IFS=[]; x=a[b; echo $x", "unset x; x=${x:a}"),
)  # fmt: skip
INSERTED = (*"${}()\"'`\\#%*[]!|;&\n\0²", "9" * 5000, "\udcff", "x" * 2000, "${", "$((", "<<EOF")


def mutated(chance: random.Random) -> bytes:
    """A few lines of real scripts, with odd characters in them."""
    lines = [chance.choice(LINES) for _ in range(chance.randint(1, 4))]
    text = chance.choice(["\n", ";", " ", "&&"]).join(lines)
    for _ in range(chance.randint(0, 4)):
        at = chance.randint(0, len(text))
        text = text[:at] + chance.choice(INSERTED) + text[at + chance.randint(0, 1) :]
    return f"{chance.choice(FIRST_LINES)}\n{text}".encode("utf-8", "surrogateescape")


@pytest.mark.parametrize("seed", range(20))
def test_a_mutated_script_comes_to_an_end(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    for number in range(40):
        script = mutated(chance)
        for slice_ in rehearse_script(tmp_path / str(number), script, budget=BUDGET).slices:
            assert slice_.message
            json.dumps(rehearse_json.slice_document(slice_))


NUMBERS = {
    "a parameter of many digits": f"exit ${{{'9' * 5000}}}7",
    "a substring behind any end": f"x=abc; exit ${{x:{'9' * 17}}}7",
    "a digit that is none": "shift ²; exit 7",
    "a status of many digits": f"( exit {'9' * 5000} ); exit 7",
    "a name longer than any path": f"command -v {'x' * 2000}; exit 7",
}


@pytest.mark.parametrize("what", sorted(NUMBERS))
def test_absurd_words_are_read_as_what_they_are(what: str, tmp_path: Path) -> None:
    (slice_,) = rehearse_script(tmp_path, f"#!/bin/sh\n{NUMBERS[what]}\n").slices
    assert (slice_.outcome, slice_.message) == ("exit", "It exits with status 7.")
