"""Other programs, run for real: what they say, how long they may take, what they may know."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from stand_ins import StandIns

from plover_tray.errors import ToolError
from plover_tray.tools.program import MAX_OUTPUT, SECRET, Program, Ran, find_program
from plover_tray.tools.secret import SECRET_VARIABLES, Secret

SH = Program("sh", Path("/bin/sh"))
SOON = 20.0
"""Seconds within which a test must be through; the programs below would take minutes."""


def sh(script: str, **how: object) -> Ran:
    how.setdefault("timeout", 60.0)
    return SH.run(["-c", script], **how)  # type: ignore[arg-type]


def gone(pid: int) -> bool:
    """Whether the process has ended, given a moment for it; one that nobody waited for has too."""
    for _ in range(100):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
            os.kill(pid, 0)
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.05)
    return False


def test_both_streams_and_the_exit_code_are_kept() -> None:
    ran = sh("echo out; echo wrong >&2; exit 3")
    assert ran == Ran("sh", 3, "out\n", "wrong\n")
    assert ran.text == "out\n\nwrong"


def test_a_signal_is_a_negative_exit_code() -> None:
    assert sh("kill -9 $$").code == -signal.SIGKILL


def test_lines_are_told_while_the_program_runs(tmp_path: Path) -> None:
    """The program waits for what its first line brings about."""
    told: list[str] = []

    def line(text: str) -> None:
        told.append(text)
        (tmp_path / "go").touch()

    wait = f"until [ -e '{tmp_path}/go' ]; do sleep 0.01; done"
    ran = sh(f"printf 'one\\r\\ntw'; {wait}; printf 'o\\nend'", on_line=line)
    assert told == ["one", "two", "end"]
    assert ran.stdout == "one\r\ntwo\nend"


def test_a_late_program_is_ended_and_the_error_has_what_it_said() -> None:
    with pytest.raises(ToolError, match="sh did not finish within 0 seconds") as caught:
        sh("echo $$; exec sleep 600", timeout=0.4, if_late="Look at the network.")
    assert caught.value.mend == "Look at the network."
    assert gone(int(caught.value.output))


def test_a_late_program_that_closed_its_output_is_ended_too() -> None:
    start = time.monotonic()
    with pytest.raises(ToolError, match="did not finish"):
        sh("exec >/dev/null 2>&1 sleep 600", timeout=0.3)
    assert time.monotonic() - start < SOON


def test_nobody_waits_for_what_a_program_left_behind_with_its_pipes() -> None:
    start = time.monotonic()
    ran = sh("sleep 600 & echo $!", timeout=300)
    os.kill(int(ran.stdout), signal.SIGKILL)
    assert time.monotonic() - start < SOON


def test_nobody_waits_for_what_a_late_program_left_behind_with_its_pipes() -> None:
    start = time.monotonic()
    with pytest.raises(ToolError, match="did not finish") as caught:
        sh("sleep 600 & echo $!; wait", timeout=0.5)
    os.kill(int(caught.value.output), signal.SIGKILL)
    assert time.monotonic() - start < SOON


@pytest.mark.parametrize("kind", ["on_line", "on_poll"])
def test_what_a_listener_raises_ends_the_program(kind: str, tmp_path: Path) -> None:
    pid = tmp_path / "pid"

    def interrupt(*_: object) -> None:
        if pid.exists() and pid.read_text().endswith("\n"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sh(f"echo $$ > '{pid}'; echo said; exec sleep 600", **{kind: interrupt})
    assert gone(int(pid.read_text()))


def test_a_program_is_looked_at_while_it_runs_and_at_its_end(tmp_path: Path) -> None:
    seen: list[int] = []
    file = tmp_path / "file"
    file.touch()
    sh(
        f"echo x > '{file}'; sleep 0.5; echo yz >> '{file}'",
        on_poll=lambda: seen.append(file.stat().st_size),
    )
    assert 2 in seen
    assert seen[-1] == 5


def test_input_larger_than_a_pipe_arrives_whole() -> None:
    text = "line of the input\n" * 50_000
    assert sh("cat", stdin=text.encode()).stdout == text
    assert sh("cat").stdout == ""


def test_output_without_end_is_cut_and_read_to_its_end() -> None:
    ran = sh(f"head -c {MAX_OUTPUT + 5_000_000} /dev/zero | tr '\\0' x; echo end >&2")
    assert len(ran.stdout) == MAX_OUTPUT
    assert ran.stderr == "end\n"


def test_output_that_is_no_utf_8_is_shown_as_far_as_it_goes() -> None:
    assert sh("printf 'a\\377b'").stdout == "a\ufffdb"


def test_a_secret_is_read_from_a_path_and_shown_nowhere() -> None:
    told: list[str] = []
    reads = ["-c", 'cat "$1"; cat "$1" >&2; [ "$2" ] && exec sleep 600', "sh", SECRET]
    ran = SH.run(reads, timeout=60, secret=Secret("pass word"), on_line=told.append)
    assert ran.stdout == "<secret>"
    assert told == ["<secret>"]
    with pytest.raises(ToolError) as caught:
        SH.run([*reads, "late"], timeout=0.5, secret=Secret("pass word"))
    assert "<secret>" in caught.value.output
    assert "pass word" not in f"{caught.value}{caught.value.output}"


def test_a_program_gets_no_secret_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRET_VARIABLES:
        monkeypatch.setenv(name, "very secret")
    monkeypatch.setenv("TAKEN_AWAY", "1")
    monkeypatch.setenv("KEPT", "2")
    said = sh("env", environment={"TAKEN_AWAY": None, "MORE": "3"}).stdout.splitlines()
    assert {"KEPT=2", "MORE=3"} <= set(said)
    assert not [line for line in said if "very secret" in line or "TAKEN_AWAY" in line]


def test_a_program_that_runs_beside_us_gets_none_either(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRET_VARIABLES:
        monkeypatch.setenv(name, "very secret")
    with tempfile.TemporaryFile() as output:
        child = Program("env", Path("/usr/bin/env")).start(output=output)
        assert gone(child.pid)
        child.end(SOON)
        output.seek(0)
        said = output.read()
    assert b"PATH=" in said
    assert b"very secret" not in said


@pytest.mark.parametrize(
    ("path", "arguments"), [("/nowhere/tool", []), ("/etc/passwd", []), ("/bin/sh", ["a\0b"])]
)
def test_what_cannot_be_started_is_said(path: str, arguments: list[str]) -> None:
    program = Program("tool", Path(path))
    with pytest.raises(ToolError, match=r"^tool could not be started: .*\w\.$"):
        program.run(arguments, timeout=5)
    with pytest.raises(ToolError, match="tool could not be started") as caught:
        program.start(arguments)
    assert isinstance(caught.value.__cause__, OSError | ValueError)


def test_a_program_beside_us_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    file = tmp_path / "pids"
    script = f"trap '' TERM; sleep 600 & echo $$ $! > '{file}.new'; mv '{file}.new' '{file}'; wait"
    child = SH.start(["-c", script])
    while not file.exists():
        time.sleep(0.01)
    assert child.ended() is None
    start = time.monotonic()
    child.end(0.2)
    assert time.monotonic() - start < SOON
    assert child.ended() == -signal.SIGKILL
    assert all(gone(int(pid)) for pid in file.read_text().split())
    child.end(0.2)  # twice does no harm


def test_a_program_beside_us_has_the_descriptors_that_it_is_handed() -> None:
    reader, writer = os.pipe()
    child = SH.start(["-c", f"echo :7 > /dev/fd/{writer}"], handed=(writer,))
    os.close(writer)
    with os.fdopen(reader) as said:
        assert said.read() == ":7\n"
    child.end(SOON)


def test_a_missing_program_is_named_with_what_it_is_for_and_where_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ToolError, match=r"^tool is not on PATH\. Install it\.$"):
        find_program("tool", "Install it.")
    with pytest.raises(ToolError, match=r"^tool, which packs the app, is not on PATH\.$"):
        find_program("tool", "", purpose="packs the app")
    with pytest.raises(ToolError, match=r"^/nowhere/tool is not on PATH\.$"):
        find_program("/nowhere/tool", "")


def test_a_program_is_found_on_path_or_where_it_is_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "tool"
    tool.write_text("#!/bin/sh\necho found\n")
    tool.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    assert find_program("./tool", "").run([], timeout=60).stdout == "found\n"
    assert find_program(str(tool), "") == Program("tool", tool)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_program("tool", "") == Program("tool", tool)


def test_a_stand_in_is_found_under_a_name_and_under_a_path(stand_ins: StandIns) -> None:
    stand_ins.put("codesign", "echo stands in")
    stand_ins.put("/bin/ps", "exit 4")
    assert find_program("codesign", "").run(["a", "b c"], timeout=60).stdout == "stands in\n"
    assert stand_ins.calls("codesign") == ["a b c"]
    assert find_program("/bin/ps", "").run([], timeout=60).code == 4
    assert find_program("sh", "").path != find_program("/bin/ps", "").path


@pytest.mark.parametrize(
    ("script", "message", "mend"),
    [
        ("echo 'Error: locked'; echo x; exit 2", "sh failed with 2: Error: locked", "Unlock it."),
        ("echo 'the last line' >&2; exit 1", "sh failed with 1: the last line", ""),
        ("exit 7", "sh failed with 7.", ""),
        ("printf 'error \\033[31m\\n'; exit 1", r"sh failed with 1: error \x1b[31m", ""),
    ],
)  # fmt: skip
def test_a_failure_says_what_the_program_said_and_what_to_do(
    script: str, message: str, mend: str
) -> None:
    ran = sh(script)
    error = ran.failure({"locked": "Unlock it.", "never": "Nothing."})
    assert (error.message, error.mend, error.output) == (message, mend, ran.text)


def test_another_program_can_take_this_ones_place() -> None:
    code = "from plover_tray.tools.program import become; become('/bin/sh', ['-c', 'echo $$'])"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.communicate()[0] == f"{process.pid}\n".encode()
