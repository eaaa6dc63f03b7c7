"""The output of an app without a terminal goes to its log, which stays small and breaks nothing."""

import os
import pty
import subprocess
from collections.abc import Callable

import pytest
from launcher.matrix import Case

from payload.bundles import App, MakeApp, ended, heard

LIMIT = 1 << 20

SPEAKS = """
print("printed")
sys.stderr.write("complained\\n")
os.write(2, b"written by C code\\n")
import subprocess
subprocess.run([exe, "-c", "print('by a child')"])
print(sys.stdout.encoding, sys.stdout.isatty(), sys.stdout.fileno(), sys.stdout.name,
      sys.stdout.mode, sys.stdout is sys.__stdout__, sys.stdin.read() == "")
os._exit(3)
"""

NULL = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def log_of(app: App) -> str:
    """The text of the log, without GNUstep's complaints about the display."""
    lines = (app.logs / "app.log").read_text(errors="replace").splitlines(keepends=True)
    return "".join(line for line in lines if "Failed to determine offsets" not in line)


def test_output_that_nobody_reads_goes_to_the_log(case: Case, make_app: MakeApp) -> None:
    app = make_app(case, SPEAKS)
    process = app.start(**NULL)
    assert process.wait(60) == 3
    assert log_of(app).splitlines() == [
        *("printed", "complained", "written by C code", "by a child"),
        "utf-8 False 1 <stdout> w True True",
    ]
    assert (app.logs / "app.log").stat().st_mode & 0o777 == 0o600


def test_closed_output_goes_to_the_log(newest: Case, make_app: MakeApp) -> None:
    app = make_app(newest, SPEAKS)
    done = subprocess.run(
        [
            *("/bin/sh", "-c", 'exec "$0" "$@" </dev/null >&- 2>&-'),
            *(app.interpreter, app.boot / "boot.py", "script", app.code / "main.py"),
        ],
        env=app.environment,
        start_new_session=True,
        check=False,
    )
    assert done.returncode == 3
    assert log_of(app).splitlines()[0] == "printed"


def test_output_that_a_parent_reads_is_left_alone(newest: Case, make_app: MakeApp) -> None:
    app = make_app(newest, "print('out'); sys.stderr.write('err')")
    out, err = heard(app.start())
    assert (out, err) == ("out\n", "err")
    with (app.folder / "file").open("w") as file:
        assert ended(app.start(stdout=file, stderr=subprocess.DEVNULL)) == 0
        assert ended(app.start(stdout=subprocess.DEVNULL, stderr=file)) == 0
    assert "out\n" in (app.folder / "file").read_text()
    assert not app.logs.exists()


def test_output_thrown_away_on_a_terminal_is_thrown_away(newest: Case, make_app: MakeApp) -> None:
    app = make_app(newest, "print('out')")
    pid, terminal = pty.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 1)
        os.dup2(null, 2)
        os.execve(app.launcher, [app.launcher], app.environment)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    os.close(terminal)
    assert not app.logs.exists()


def test_the_next_program_in_the_process_writes_to_the_log(case: Case, make_app: MakeApp) -> None:
    app = make_app(
        case,
        "print('first')\nos.execv(exe, [exe, '-u', '-c', 'import sys, os; print(\"second\");"
        ' print("too", file=sys.stderr); os._exit(0)\'])',
    )
    assert app.start(**NULL).wait(60) == 0
    assert log_of(app).splitlines() == ["first", "second", "too"]


def test_the_log_never_grows_without_bound(newest: Case, make_app: MakeApp) -> None:
    app = make_app(newest, "for n in range(90_000): print(n, 'x' * 90)\nprint('the end')")
    assert app.start(**NULL).wait(60) == 0
    sizes = {path.name: path.stat().st_size for path in app.logs.iterdir()}
    assert sorted(sizes) == ["app.1.log", "app.2.log", "app.3.log", "app.log"]
    assert max(sizes.values()) < LIMIT + 10_000
    texts = [(app.logs / name).read_text() for name in sorted(sizes, reverse=True)]
    assert log_of(app).endswith("the end\n")
    numbers = [int(line.split()[0]) for line in "".join(texts[1:] + texts[:1]).splitlines()[:-1]]
    assert sorted(numbers) == list(range(90_000 - len(numbers), 90_000))


def test_output_of_c_code_is_bounded_as_well(newest: Case, make_app: MakeApp) -> None:
    # It writes until the log was changed often enough, past Python's own counting.
    app = make_app(
        newest,
        "folder = os.path.dirname(os.readlink('/proc/self/fd/2'))\n"
        "line = b'x' * 999 + b'\\n'\n"
        "while len(os.listdir(folder)) < 4:\n    os.write(2, line)\n    time.sleep(0.0001)\n",
    )
    log = app.boot / "log.py"
    assert "LOOK_EVERY = 10.0" in log.read_text()
    log.write_text(log.read_text().replace("LOOK_EVERY = 10.0", "LOOK_EVERY = 0.001"))
    assert app.start(**NULL).wait(60) == 0
    names = sorted(path.name for path in app.logs.iterdir())
    assert names == ["app.1.log", "app.2.log", "app.3.log", "app.log"]


CHILD = """
while os.read(0, 1):
    os.write(1, (b"y" * 99 + b"\\n") * 32_000)
"""

PARENT = """
import subprocess
child = subprocess.Popen([exe, sys.path[0] + "/child.py"], stdin=subprocess.PIPE, bufsize=0)
for part in range(6):
    print("part", part)
    child.stdin.write(b"x")
    while os.fstat(2).st_size < 3_200_000:
        time.sleep(0.001)
child.stdin.close()
child.wait()
print("the end")
"""


def test_output_of_children_is_bounded_as_well(newest: Case, make_app: MakeApp) -> None:
    # A child knows nothing of the log; it keeps the descriptor that it was started with.
    app = make_app(newest, PARENT, files={"child.py": CHILD})
    log = app.boot / "log.py"
    assert "LOOK_EVERY = 10.0" in log.read_text()
    log.write_text(log.read_text().replace("LOOK_EVERY = 10.0", "LOOK_EVERY = 1e6"))
    assert app.start(**NULL).wait(60) == 0
    sizes = {path.name: path.stat().st_size for path in app.logs.iterdir()}
    assert sorted(sizes) == ["app.1.log", "app.2.log", "app.3.log", "app.log"]
    assert max(sizes.values()) < LIMIT + 100_000
    assert log_of(app).endswith("the end\n")


def test_several_processes_write_to_one_log(newest: Case, make_app: MakeApp) -> None:
    app = make_app(newest, "for n in range(6000): print(sys.argv[1], n, 'y' * 60)")
    processes = [app.start(str(number), **NULL) for number in range(4)]
    assert [process.wait(60) for process in processes] == [0] * 4
    names = sorted(path.name for path in app.logs.iterdir())
    assert set(names) <= {"app.log", "app.1.log", "app.2.log", "app.3.log"}
    lines = [line for name in names for line in (app.logs / name).read_text().splitlines()]
    assert all(line.endswith("y" * 60) for line in lines if "offsets" not in line)
    found = {tuple(line.split()[:2]) for line in lines if line.endswith("y")}
    assert len(found) == 4 * 6000


def test_a_full_log_from_before_makes_room(newest: Case, make_app: MakeApp) -> None:
    app = make_app(newest, "print('new')")
    app.logs.mkdir(parents=True)
    (app.logs / "app.log").write_text("old\n" * LIMIT)
    assert app.start(**NULL).wait(60) == 0
    assert log_of(app) == "new\n"
    assert (app.logs / "app.1.log").read_text().startswith("old\n")


def a_file(app: App) -> None:
    app.logs.parent.mkdir(parents=True, exist_ok=True)
    app.logs.write_text("no folder")


def a_full_disk(app: App) -> None:
    app.logs.mkdir(parents=True)
    (app.logs / "app.log").symlink_to("/dev/full")


def a_folder(app: App) -> None:
    (app.logs / "app.log").mkdir(parents=True)


def a_pipe(app: App) -> None:
    app.logs.mkdir(parents=True)
    os.mkfifo(app.logs / "app.log")


def a_loop(app: App) -> None:
    app.logs.parent.mkdir(parents=True, exist_ok=True)
    app.logs.symlink_to(app.logs)


@pytest.mark.parametrize("damage", [a_file, a_full_disk, a_folder, a_pipe, a_loop])
def test_a_log_that_cannot_be_written_breaks_nothing(
    newest: Case,
    make_app: MakeApp,
    damage: Callable[[App], None],
) -> None:
    app = make_app(newest, "print('x' * 100_000); sys.stdout.flush()\ntell()")
    damage(app)
    process = app.start(**NULL)
    app.told()
    assert process.wait(60) == 0


def test_a_folder_that_cannot_be_made_breaks_nothing(newest: Case, make_app: MakeApp) -> None:
    app = make_app(newest, "print(1)\ntell()")
    environment = {**app.environment, "XDG_STATE_HOME": "/proc/self"}
    process = app.start(env=environment, **NULL)
    app.told()
    assert process.wait(60) == 0
