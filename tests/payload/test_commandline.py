"""The interpreter's grammar in the boot module agrees with the builder's reading of it."""

import runpy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from payload.programs import BOOT_SCRIPT
from plover_tray.bundle.entry import entry_from_argv
from plover_tray.errors import EntryError

COMMANDLINE: dict[str, Any] = runpy.run_path(str(BOOT_SCRIPT.with_name("commandline.py")))

WORDS = st.one_of(
    st.sampled_from(
        [
            *("-", "--", "-s", "-I", "-E", "-B", "-OO", "-sE", "-X", "-Xdev", "-W", "-Werror"),
            *("-m", "-mpkg", "-sm", "-c", "-cpass", "-Bc", "-x", "-V", "-h", "--help", "-J", "-?"),
            *("--check-hash-based-pycs", "always", "never", "wrong", "script.py", "a b", "é", "-9"),
        ]
    ),
    st.text(alphabet="-smcXWbIqé =", max_size=4).filter(bool),
)


@given(st.lists(WORDS, max_size=6))
def test_both_read_the_same_program_or_none(words: list[str]) -> None:
    command = COMMANDLINE["parse"](["python", *words])
    try:
        entry = entry_from_argv(words)
    except EntryError:
        assert command is None
        return
    if command is None:  # a value that CPython refuses, which the builder leaves to it
        assert "--check-hash-based-pycs" in words
        return
    kinds = {"module": "-m", "code": "-c", "script": "script"}
    assert (command.kind, command.target) == (kinds[entry.kind], entry.target)
    assert tuple(command.arguments) == entry.arguments
    assert command.words == ["python", *words]
    assert tuple(command.x) == tuple(
        value for flag, value in zip(entry.flags, entry.flags[1:], strict=False) if flag == "-X"
    )
