"""Lines on a terminal hang below their beginning; elsewhere each text keeps its line."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from apps.broken import BROKEN
from rich.console import Console

import plover_tray
from plover_tray.report.terminal import console, print_hanging
from report.results import write

TEXT = "The main executable replaces itself with another program, so it is not the app."


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return Terminal()


def test_what_does_not_fit_hangs_below_the_texts_beginning(narrow: Terminal) -> None:
    print_hanging(console(narrow), "  next  ", TEXT)
    first, *others = narrow.getvalue().splitlines()
    assert first.startswith("  next  The main")
    assert len(others) >= 2
    assert all(line.startswith("        ") and line[8] != " " for line in others)
    assert all(len(line) <= 40 for line in [first, *others])


def test_a_word_that_does_not_fit_leaves_no_line_empty(narrow: Terminal) -> None:
    print_hanging(console(narrow), "  read  ", "x" * 50)
    assert narrow.getvalue().startswith("  read  x")


def test_off_a_terminal_each_text_keeps_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    stream = io.StringIO()
    print_hanging(Console(file=stream), "  next  ", TEXT)
    assert stream.getvalue() == f"  next  {TEXT}\n"


def test_no_color_is_no_escape_sequence_at_all(
    narrow: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = plover_tray.check(BROKEN["no-runtime"](tmp_path))
    write(result, "text", narrow)
    assert "\x1b[" in narrow.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    plain = Terminal()
    write(result, "text", plain)
    assert "\x1b" not in plain.getvalue()
    assert "NOTE" in plain.getvalue()


def test_a_long_list_is_cut_for_people_and_whole_for_machines(tmp_path: Path) -> None:
    result = plover_tray.check(BROKEN["no-runtime"](tmp_path))
    paths = [f"Contents/Frameworks/a/rather/long/folder/lib{n}.dylib" for n in range(9)]
    findings = (replace(result.findings[0], evidence=tuple(paths)),)
    result = replace(result, findings=findings)
    texts = {}
    for format_, verbosity in (("text", 0), ("text", 1), ("json", 0)):
        stream = io.StringIO()
        write(result, format_, stream, verbosity=verbosity)
        texts[format_, verbosity] = stream.getvalue()
    assert "lib2.dylib ... (-v shows all)" in texts["text", 0]
    assert "lib3.dylib" not in texts["text", 0]
    assert all(path in texts["text", 1] and path in texts["json", 0] for path in paths)
