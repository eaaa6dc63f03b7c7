"""Restarts of a bundle's app: in the process before a user interface, started anew after it."""

import marshal
import os
import select
import signal
import subprocess
from pathlib import Path

import pytest
from launcher.matrix import Case

from payload.bundles import MakeApp, ended, heard

AGAIN = """
if "again" in sys.argv:
    tell(); sys.exit(0)
"""
"""The program's first lines: its second run tells what it sees."""

LACKED = ("json", "tempfile")
"""What a bundle's builder may have left out of the standard library."""


def test_exec_of_the_interpreter_stays_in_the_launchers_process(
    case: Case, make_app: MakeApp
) -> None:
    app = make_app(
        case,
        AGAIN + "os.environ['NEW'] = 'ü'\n"
        "os.execv(exe, [exe, '-W', 'error', '-m', 'other', *sys.argv[1:], 'again'])",
        files={"other.py": "tell()"},
        settings={"Flags": ["-s"], "WorkingDirectory": "Resources/app"},
    )
    process = app.start("--flag", "-c")
    told = app.told()
    assert ended(process) == 0
    assert told["pid"] == process.pid
    assert told["image"] == app.launcher
    assert told["argv"] == [str(app.code / "other.py"), "--flag", "-c", "again"]
    assert told["environ"]["NEW"] == "ü"
    assert told["flags"] == [0, 0]  # -s was for the first program
    assert told["warnoptions"] == ["error"]


def test_a_restart_in_the_process_has_its_own_values_for_placeholders(
    newest: Case, make_app: MakeApp
) -> None:
    app = make_app(
        newest,
        AGAIN + "os.environ.update(HOME='/other home', TMPDIR='/other/')\n"
        "os.execv(launcher, ['x', *sys.argv[1:], 'again'])",
        settings={
            "Arguments": ["${HOME}/.cfg", "a${DOLLAR}{HOME}", "${UID}${NONE}"],
            "Environment": {"TMPDIR": "${TMPDIR}sub/", "PLACE": "${HOME}:${BUNDLE_FOLDER}"},
        },
    )
    process = app.start("user's")
    told = app.told()
    assert ended(process) == 0
    assert told["pid"] == process.pid
    own = ["/other home/.cfg", "a${HOME}", f"{os.getuid()}${{NONE}}"]
    first = [f"{app.environment['HOME']}/.cfg", *own[1:]]
    assert told["argv"][1:] == [*own, *first, "user's", "again"]  # as an exec of a script would
    assert told["environ"]["TMPDIR"] == "/other/sub/"
    assert told["environ"]["PLACE"] == f"/other home:{app.folder}"


def test_arguments_with_placeholders_that_the_app_hands_to_its_interpreter_are_not_given_twice(
    newest: Case, make_app: MakeApp
) -> None:
    app = make_app(
        newest,
        AGAIN + "os.environ['HOME'] = '/other'\n"
        "os.execv(exe, [exe, launcher, *sys.argv[1:], 'again'])",
        settings={"Arguments": ["--config=${HOME}/a b", "x"]},
    )
    process = app.start("user's")
    told = app.told()
    assert ended(process) == 0
    assert told["argv"][1:] == ["--config=/other/a b", "x", "user's", "again"]


@pytest.mark.parametrize("call", ["launcher", "os.path.dirname(launcher) + '/./Demo'"])
def test_exec_of_the_launcher_runs_the_configured_program(
    newest: Case, make_app: MakeApp, call: str
) -> None:
    app = make_app(
        newest,
        AGAIN + "os.environ.update(PYTHONPATH='/foreign', KEPT='1', GONE='1')\nos.chdir('/')\n"
        f"os.execv({call}, ['any name', 'x y', 'again'])",
        settings={
            "Flags": ["-s", "-W", "error::UserWarning"],
            "Arguments": ["fixed", "${CONTENTS}/a"],
            "Environment": {"SET": "${CONTENTS}"},
            "UnsetEnvironment": ["GONE"],
            "WorkingDirectory": "Resources",
        },
    )
    process = app.start()
    told = app.told()
    assert ended(process) == 0
    contents = str(app.bundle.contents)
    assert (told["pid"], told["image"]) == (process.pid, app.launcher)
    assert told["argv"] == [
        *(str(app.code / "main.py"), "fixed", contents + "/a", "x y", "again"),
    ]
    assert told["flags"] == [0, 1]
    assert told["warnoptions"] == ["error::UserWarning"]
    assert told["cwd"] == contents + "/Resources"
    environ = told["environ"]
    assert (environ["SET"], environ["KEPT"]) == (contents, "1")
    assert not {"PYTHONPATH", "GONE"} & set(environ)


def test_an_entry_point_that_starts_itself_again_is_found_by_its_first_argument(
    newest: Case, make_app: MakeApp
) -> None:
    app = make_app(
        newest,
        "",
        files={
            "mod.py": "def main():\n    if len(sys.argv) < 4:\n"
            "        os.execv(exe, [exe, *sys.argv, 'x'])\n    tell()\n"
        },
        settings={
            "Function": "mod:main",
            "Environment": {"PYTHONPATH": "${CONTENTS}/Resources/app"},
        },
    )
    process = app.start("a")
    told = app.told()
    assert ended(process) == 0
    assert told["argv"] == [app.launcher, "a", "x", "x"]
    assert told["orig_argv"][1:] == told["argv"]
    assert told["pid"] == process.pid


LATER = {
    "optimized": ("os.execv(exe, [exe, '-O', *sys.argv, 'again'])", {}),
    "a changed allocator": (
        "os.environ['PYTHONMALLOC'] = 'malloc'\nos.execv(exe, [exe, *sys.argv, 'again'])",
        {"PYTHONMALLOC": "malloc"},
    ),
    "in a thread": (
        (
            "import threading\n"
            "def work():\n    os.environ['NEW'] = '1'; os.execv(exe, [exe, *sys.argv, 'again'])\n"
            "threading.Thread(target=work).start()\ntime.sleep(600)"
        ),
        {"NEW": "1"},
    ),
    "beside a thread": (
        (
            "import threading\nthreading.Thread(target=time.sleep, args=(600,)).start()\n"
            "os.execl(exe, exe, *sys.argv, 'again')"
        ),
        {},
    ),
    "as an exit handler": (
        "import atexit\natexit.register(os.execv, exe, [exe, *sys.argv, 'again'])",
        {},
    ),
    "of the launcher, beside a thread": (
        (
            "import threading\nthreading.Thread(target=time.sleep, args=(600,)).start()\n"
            "os.execv(launcher, [launcher, *sys.argv[1:], 'again'])"
        ),
        {},
    ),
    "with another environment": (
        (
            "import threading\nthreading.Thread(target=time.sleep, args=(600,)).start()\n"
            "os.execve(exe, [exe, *sys.argv, 'again'], {**os.environ, 'NEW': 'a\\nb=c é'})"
        ),
        {"NEW": "a\nb=c é"},
    ),
}


@pytest.mark.parametrize(("code", "variables"), LATER.values(), ids=LATER)
def test_what_needs_a_new_process_starts_the_app_anew(
    newest: Case, make_app: MakeApp, code: str, variables: dict[str, str]
) -> None:
    app = make_app(newest, AGAIN + "os.chdir('/')\n" + code, settings={"Flags": ["-s"]})
    process = app.start("a b", "-c", "\n")
    told = app.told()
    out, err = heard(process)
    assert (process.returncode, out, err) == (0, "", "")
    assert told["pid"] != process.pid
    assert told["image"] == app.launcher
    assert told["argv"][1:] == ["a b", "-c", "\n", "again"]
    assert Path(told["argv"][0]) == app.code / "main.py"
    assert told["cwd"] == "/"
    assert variables.items() <= told["environ"].items()
    assert not [name for name in told["environ"] if name.startswith("PLOVER_TRAY_RES")]
    assert told["flags"][0] == (1 if "'-O'" in code else 0)
    assert [path.name for path in app.folder.glob("*restart*")] == []


GUI = """
from PySide6.QtCore import QCoreApplication, QTimer
import atexit
application = QCoreApplication([])
atexit.register(lambda: os.write(1, b"exit handler\\n"))
def restart():
    try:
        print("unflushed", end="")
        os.execv(exe, [exe, "-u", *sys.argv, "again"])
    except BaseException as error:
        print("caught", error)
    finally:
        print("finally")
"""

AFTER_GUI = {
    "while it runs": GUI + "QTimer.singleShot(0, restart)\napplication.exec()",
    "before its loop": GUI + "restart()",
    "after its loop": GUI + "QTimer.singleShot(0, application.quit)\napplication.exec()\nrestart()",
    "after it is gone": GUI
    + "QTimer.singleShot(0, application.quit)\napplication.exec()\n"
    + "application.shutdown()\ndel application\nassert not QCoreApplication.instance()\nrestart()",
}


@pytest.mark.parametrize("code", AFTER_GUI.values(), ids=AFTER_GUI)
def test_once_qt_has_run_the_app_is_started_anew(
    qt_case: Case, make_app: MakeApp, linux_plover_packages: Path, code: str
) -> None:
    app = make_app(
        qt_case,
        AGAIN + code,
        settings={"Environment": {"PYTHONPATH": str(linux_plover_packages)}},
    )
    process = app.start("x")
    told = app.told()
    out, err = heard(process)
    assert (process.returncode, err) == (0, "")
    assert out in ("exit handler\nunflushed", "unflushedexit handler\n")
    assert told["pid"] != process.pid
    assert told["image"] == app.launcher
    assert told["argv"][1:] == ["x", "again"]


def test_before_qt_has_run_its_modules_may_be_there(
    qt_case: Case, make_app: MakeApp, linux_plover_packages: Path
) -> None:
    app = make_app(
        qt_case,
        "import PySide6.QtWidgets as W, PySide6.QtCore as C, enum, other\n"
        "if 'again' in sys.argv:\n"
        "    a = W.QApplication(['x', '-platform', 'offscreen'])\n"
        "    tell(same=isinstance(C.Qt.AlignmentFlag.AlignLeft, enum.Enum), n=other.n,\n"
        "         title=W.QLabel('text').text()); sys.exit(0)\n"
        "other.n = 2\nos.execv(exe, [exe, *sys.argv, 'again'])",
        files={"other.py": "n = 1"},
        settings={"Environment": {"PYTHONPATH": str(linux_plover_packages)}},
    )
    # PYTHONPATH is the launcher's own: an interpreter of this environment has it as well
    process = app.start()
    told = app.told()
    assert ended(process) == 0
    assert told["pid"] == process.pid
    assert (told["same"], told["n"], told["title"]) == (True, 1, "text")


def test_a_spawned_copy_of_a_program_that_ends_becomes_the_app_anew(
    newest: Case, make_app: MakeApp
) -> None:
    app = make_app(
        newest,
        AGAIN + "os.environ['NEW'] = '1'\n"
        "pid = os.posix_spawn(exe, [exe, '-B', *sys.argv, 'again'], os.environ)\n"
        "print(pid)",
    )
    process = app.start("x y")
    told = app.told()
    out, err = heard(process)
    assert (process.returncode, err) == (0, "")
    assert told["image"] == app.launcher
    assert told["argv"][1:] == ["x y", "again"]
    assert told["environ"]["NEW"] == "1"
    assert told["pid"] == int(out)  # the stand-in's, which is the launcher off a Mac
    assert [path.name for path in app.folder.glob("*restart*")] == []


def test_a_spawned_copy_of_a_program_that_stays_is_its_child(
    newest: Case, make_app: MakeApp
) -> None:
    app = make_app(
        newest,
        AGAIN + "pid = os.posix_spawn(exe, [exe, *sys.argv, 'again'], {**os.environ, 'A': 'b'})\n"
        "print(pid, os.waitpid(pid, 0)[1])",
    )
    deferred = app.boot / "deferred_spawn.py"
    text = deferred.read_text()
    assert "PARENT_TIMEOUT = 10.0" in text
    deferred.write_text(text.replace("PARENT_TIMEOUT = 10.0", "PARENT_TIMEOUT = 0.1"))
    process = app.start("x")
    told = app.told()
    out, _ = heard(process)
    assert out.split() == [str(told["pid"]), "0"]
    assert told["image"] == app.interpreter
    assert told["environ"]["A"] == "b"
    assert not [name for name in told["environ"] if name.startswith("PLOVER_TRAY_RES")]
    assert [path.name for path in app.folder.glob("*restart*")] == []


def test_a_child_that_subprocess_starts_is_never_waited_for(
    newest: Case, make_app: MakeApp
) -> None:
    # Without closing files subprocess calls posix_spawn, here for the very program that runs.
    app = make_app(
        newest,
        AGAIN + "import subprocess\n"
        "print(subprocess.run([exe, *sys.argv, 'again'], close_fds=False).returncode)",
    )
    deferred = app.boot / "deferred_spawn.py"
    deferred.write_text(
        deferred.read_text().replace("PARENT_TIMEOUT = 10.0", "PARENT_TIMEOUT = 1e6")
    )
    process = app.start()
    told = app.told()
    out, _ = heard(process)
    assert out == "0\n"
    assert told["image"] == app.interpreter


def test_a_signal_that_ends_the_stand_in_leaves_no_record(newest: Case, make_app: MakeApp) -> None:
    app = make_app(
        newest,
        "import signal\n"
        "pid = os.posix_spawn(exe, [exe, *sys.argv], os.environ)\n"
        "def handlers():\n"
        "    with open(f'/proc/{pid}/status') as status:\n"
        "        return int(status.read().split('SigCgt:')[1].split()[0], 16)\n"
        "while not handlers() >> signal.SIGTERM - 1 & 1: time.sleep(0.001)\n"
        "os.kill(pid, signal.SIGTERM)\nprint(os.waitpid(pid, 0)[1])",
    )
    deferred = app.boot / "deferred_spawn.py"
    deferred.write_text(
        deferred.read_text().replace("PARENT_TIMEOUT = 10.0", "PARENT_TIMEOUT = 1e6")
    )
    done = app.run()
    assert done.stdout == f"{signal.SIGTERM.value}\n"
    assert [path.name for path in app.folder.glob("*restart*")] == []


def test_a_restart_does_not_wait_for_children_of_multiprocessing(
    newest: Case, make_app: MakeApp
) -> None:
    app = make_app(
        newest,
        AGAIN + "import multiprocessing, threading\n"
        "child = multiprocessing.get_context('fork').Process(target=time.sleep, args=(1e6,))\n"
        "child.start()\n"
        "threading.Thread(target=time.sleep, args=(1e6,)).start()\n"
        "os.environ['CHILD'] = str(child.pid)\n"
        "os.execv(exe, [exe, *sys.argv, 'again'])",
    )
    process = app.start()
    told = app.told()
    os.kill(int(told["environ"]["CHILD"]), signal.SIGKILL)
    assert ended(process) == 0
    assert told["image"] == app.launcher


def test_an_exit_handler_that_does_not_end_is_left_behind(newest: Case, make_app: MakeApp) -> None:
    app = make_app(
        newest,
        AGAIN + "import atexit, threading\n"
        "lock = threading.Lock()\nlock.acquire()\natexit.register(lock.acquire)\n"
        "threading.Thread(target=time.sleep, args=(1e6,), daemon=True).start()\n"
        "os.execv(exe, [exe, *sys.argv, 'again'])",
    )
    relaunch = app.boot / "relaunch.py"
    assert "EXIT_TIMEOUT = 10.0" in relaunch.read_text()
    relaunch.write_text(relaunch.read_text().replace("EXIT_TIMEOUT = 10.0", "EXIT_TIMEOUT = 0.1"))
    process = app.start()
    assert app.told()["image"] == app.launcher
    assert ended(process) == 0


def test_an_exit_handler_that_restarts_the_app_runs_once(newest: Case, make_app: MakeApp) -> None:
    app = make_app(
        newest,
        AGAIN + "import atexit\n"
        "def restart():\n"
        "    print('restart', flush=True)\n"
        "    os.execv(exe, [exe, *sys.argv, 'again'])\n"
        "atexit.register(restart)",
    )
    process = app.start()
    assert app.told()["image"] == app.launcher
    out, _ = heard(process)
    assert out == "restart\n"


def test_a_restart_needs_no_module_that_the_bundle_may_lack(
    newest: Case, make_app: MakeApp
) -> None:
    app = make_app(
        newest,
        AGAIN.replace("tell()", "os.write(1, b'came back')") + "import threading\n"
        "threading.Thread(target=time.sleep, args=(1e6,), daemon=True).start()\n"
        "os.execv(exe, [exe, *sys.argv, 'again'])",
    )
    private = app.boot / "private_stdlib.py"
    lacks = 'def load(name: str) -> "Any":'
    assert lacks in private.read_text()
    private.write_text(
        private.read_text().replace(
            lacks,
            f"def load(name):\n    return None if name in {LACKED} else load_it(name)\n\n"
            "def load_it(name):",
        )
    )
    process = app.start()
    out, err = heard(process)
    assert (process.returncode, err) == (0, "")
    assert out == "came back"


@pytest.mark.parametrize("threads", [False, True])
def test_a_function_gets_its_arguments_once_however_often_it_restarts(
    newest: Case, make_app: MakeApp, threads: bool
) -> None:
    app = make_app(
        newest,
        "",
        files={
            "entry.py": "def main():\n    import threading\n"
            "    again = int(os.environ.get('AGAIN', 0))\n"
            "    if again == 2: tell(); return 0\n"
            "    os.environ['AGAIN'] = str(again + 1)\n"
            + "    threading.Thread(target=time.sleep, args=(1e6,), daemon=True).start()\n"
            * threads
            + "    os.execv(exe, [exe, *sys.argv])\n"
        },
        settings={
            "Function": "entry:main",
            "Arguments": ["--gui", "qt"],
            "Environment": {"PYTHONPATH": "${CONTENTS}/Resources/app"},
        },
    )
    process = app.start("user's")
    told = app.told()
    assert ended(process) == 0
    assert told["image"] == app.launcher
    assert told["argv"] == [app.launcher, "--gui", "qt", "user's"]


def test_any_other_spawned_program_starts_at_once(newest: Case, make_app: MakeApp) -> None:
    app = make_app(
        newest,
        "pid = os.posix_spawn(exe, [exe, '-c', 'import sys; sys.exit(7)'], os.environ)\n"
        "print(os.waitpid(pid, 0)[1] >> 8)\n"
        "actions = [(os.POSIX_SPAWN_OPEN, 1, '/dev/null', os.O_WRONLY, 0)]\n"
        "pid = os.posix_spawn(exe, [exe, '-m', 'this'], os.environ, file_actions=actions)\n"
        "print(os.waitpid(pid, 0)[1])\n"
        "pid = os.posix_spawnp('echo', ['echo', 'other'], os.environ)\nos.waitpid(pid, 0)\n"
        "import subprocess\n"
        "print(subprocess.run([exe, '-c', 'print(1)'], close_fds=False).returncode)",
    )
    done = app.run()
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.split()) == ["0", "0", "1", "7", "other"]


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_a_record_is_believed_only_if_nobody_else_could_have_written_it(
    newest: Case, make_app: MakeApp, mode: int
) -> None:
    app = make_app(newest, "tell()")
    record = app.folder / "record"
    record.write_bytes(
        marshal.dumps(
            {
                "kind": "-c",
                "target": "import sys; sys.exit(9)",
                "arguments": [],
                "words": [app.interpreter, "-c", "import sys; sys.exit(9)"],
                "environ": app.environment,
                "folder": "/",
            }
        )
    )
    record.chmod(mode)
    process = app.start(env={**app.environment, "PLOVER_TRAY_RESTART": str(record)})
    if mode == 0o600:
        assert ended(process) == 9
        assert not record.exists()
    else:
        assert "PLOVER_TRAY_RESTART" not in app.told()["environ"]
        assert ended(process) == 0


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"kind": 1}', "\0"])
def test_a_broken_record_starts_the_app_as_configured(
    newest: Case, make_app: MakeApp, content: str
) -> None:
    app = make_app(newest, "tell()")
    record = app.folder / "record"
    record.write_text(content)
    record.chmod(0o600)
    process = app.start(env={**app.environment, "PLOVER_TRAY_RESTART": str(record)})
    assert app.told()["argv"] == [str(app.code / "main.py")]
    assert ended(process) == 0


def test_an_app_that_was_started_anew_ends_by_a_signal_as_any_other(
    newest: Case, make_app: MakeApp
) -> None:
    app = make_app(
        newest,
        "if 'again' in sys.argv:\n    tell(); time.sleep(600)\n"
        "import threading\nthreading.Thread(target=time.sleep, args=(600,)).start()\n"
        "os.execv(exe, [exe, *sys.argv, 'again'])",
    )
    process = app.start(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    pid = app.told()["pid"]
    assert ended(process) == 0
    handle = os.pidfd_open(pid)
    os.kill(pid, signal.SIGTERM)
    assert select.select([handle], [], [], 60)[0]
    os.close(handle)
