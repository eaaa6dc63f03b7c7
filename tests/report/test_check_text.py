"""Text for people: what stands where, and what never reaches a terminal."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from apps.broken import sound

from plover_tray import rules
from plover_tray.bundle.app_bundle import AppBundle
from plover_tray.checking import CheckResult
from plover_tray.report import explain_text
from report.results import FORMATS, with_hostile_names, write, written


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def text(result: CheckResult, verbosity: int = 0) -> str:
    return written(result, "text", verbosity)


def test_the_head_says_what_was_checked(result: CheckResult) -> None:
    first, second, *_ = text(result).splitlines()
    assert first == "Hello Tray.app  org.example.hello-tray  1.2.3"
    assert second == "exec stub · Python 3.13 · x86_64, arm64"


def test_each_finding_has_its_message_what_was_read_and_what_is_next(result: CheckResult) -> None:
    lines = text(result).splitlines()
    at = lines.index("ERROR  ID101  Contents/MacOS/Hello Tray")
    assert lines[at + 1] == f"  {result.findings[0].message}"
    assert lines[at + 2].startswith("  read  arm64 and x86_64: execv")
    assert lines[at + 3].startswith("  next  Run `plover-tray fix")


def test_the_end_counts_and_points_to_more(result: CheckResult) -> None:
    assert text(result).splitlines()[-1] == (
        "2 errors, 1 warning, 1 note. `plover-tray explain ID101` says more."
    )


def test_a_clean_bundle_is_said_to_be_clean(tmp_path: Path) -> None:
    lines = text(CheckResult(AppBundle.open(sound(tmp_path)), None, ())).splitlines()
    assert lines[-1] == "Nothing found."


def test_quiet_is_one_line_a_finding_and_verbose_says_why(result: CheckResult) -> None:
    assert len(text(result, -1).splitlines()) == len(result.findings)
    assert text(result, -1).startswith(
        "Hello Tray.app/Contents/MacOS/Hello Tray: error ID101: The main executable"
    )
    assert "why   Since macOS 26" in text(result, 1)
    assert "why   " not in text(result)


def test_lines_are_whole_where_there_is_no_terminal(result: CheckResult) -> None:
    assert all("; ".join(finding.evidence) in text(result) for finding in result.findings)


@pytest.mark.parametrize("verbosity", [-1, 0, 1])
def test_hostile_names_are_shown_and_not_obeyed(result: CheckResult, verbosity: int) -> None:
    shown = text(with_hostile_names(result), verbosity)
    assert all(line.isprintable() for line in shown.split("\n"))
    assert "[bold]" in shown
    assert "\\x1b" in shown
    assert "\\udcff" in shown
    shown.encode()


def test_a_terminal_gets_colour_unless_no_color_says_no(
    result: CheckResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "72")
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured, plain = Terminal(), Terminal()
    write(result, "text", coloured)
    monkeypatch.setenv("NO_COLOR", "1")
    write(result, "text", plain)
    assert "\x1b[" in coloured.getvalue()
    assert "\x1b[3" not in plain.getvalue()


def test_on_a_terminal_lines_are_broken_at_its_width(
    result: CheckResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "60")
    stream = Terminal()
    write(result, "text", stream)
    assert max(map(len, stream.getvalue().splitlines())) <= 60


@pytest.mark.parametrize("format_", FORMATS)
def test_an_encoding_that_lacks_a_letter_is_no_error(format_: str, result: CheckResult) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", write_through=True)
    write(with_hostile_names(result), format_, stream)
    assert raw.getvalue().isascii()


@pytest.mark.parametrize("rule", rules.REGISTRY.values(), ids=lambda rule: rule.code)
def test_explain_shows_all_that_a_rule_says_of_itself(
    rule: rules.Rule, capsys: pytest.CaptureFixture[str]
) -> None:
    explain_text.show(rule)
    said = capsys.readouterr().out
    for part in (rule.code, rule.title, rule.meaning, rule.why, rule.mend, rule.source):
        assert part in said
    assert all(line in said for line in rule.example.splitlines())


def test_the_list_has_every_rule_under_its_family(capsys: pytest.CaptureFixture[str]) -> None:
    explain_text.show_list()
    said = capsys.readouterr().out
    for code, rule in rules.REGISTRY.items():
        assert f"  {code}  {rule.title}\n" in said
    assert said.startswith("ID  identity of the process\n")


def test_nothing_heavy_is_imported_before_it_is_used() -> None:
    asked = (
        "import sys; import plover_tray.report, plover_tray.rules, plover_tray.schemas;"
        "print([m for m in ('rich', 'lief', 'unicorn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
