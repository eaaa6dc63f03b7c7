"""Looking through source for execs of Python, whatever the source is."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plover_tray.facts.reexec import MAX_SOURCE, SourceError, in_source

WORDS = st.sampled_from(
    [
        *("import os", "import sys", "\n", "  ", "if ", "sys.platform", " == ", "'linux'", ":"),
        *("os.execv(", "sys.executable", ")", "def f():", "not ", " and ", "else:", "lambda: "),
        *("from . import x", "*", "(", "\0", "\x0c", "# coding: latin-1", "match x:", "case "),
    ]
)


@given(st.lists(WORDS, max_size=30).map("".join))
def test_any_text_is_read_or_refused_by_an_error_of_ours(text: str) -> None:
    with contextlib.suppress(SourceError):
        in_source(text.encode())


@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_refused_by_an_error_of_ours(data: bytes) -> None:
    with contextlib.suppress(SourceError):
        in_source(data)


@pytest.mark.parametrize(
    "data",
    [
        b"-" * 100_000 + b"1",
        b"(" * 100_000,
        b"x = " + b"[" * 150 + b"]" * 150,
        b"a" + b".a" * 50_000,
        b"1" + b"+1" * 50_000,
        b"x\n" * MAX_SOURCE,
        b"# coding: no-such-thing\n",
        b"\xff\xfe",
    ],
)
def test_absurd_source_ends_soon(data: bytes) -> None:
    with contextlib.suppress(SourceError):
        in_source(data)


def test_the_hosts_warnings_about_the_source_are_not_ours() -> None:
    assert in_source(b"x = '\\d'\nassert (1, 'x')\n").reexecs == ()


def test_every_place_is_told_by_its_function_and_line() -> None:
    source = (
        b"import os, sys\nPYTHON = sys.executable\nos.execv(PYTHON, [PYTHON])\n"
        b"def a():\n    def b():\n        os.execl(sys.executable, 'x')\n    return b\n"
        b"def c():\n    os.execv('/bin/ls', ['ls'])\n"
    )
    found = [(place.function, place.call, place.line) for place in in_source(source).reexecs]
    assert found == [("<module>", "os.execv", 3), ("b", "os.execl", 6)]


def test_imports_are_told_with_their_dots() -> None:
    source = b"from .cli import main\nfrom app.x import y as z\nfrom .. import w\nimport os\n"
    assert in_source(source).imports == {(".cli", "main"), ("app.x", "y"), ("..", "w")}
