"""`Contents/MacOS/python3.x`: a complete, plain Python for the app's children.

What "plain" means is asked of the Python's own interpreter: both run the same command.
"""

import json
import os
import signal
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from launcher.conftest import MakeBundle
from launcher.matrix import INITCONFIG, REPORT, Bundle, Case

STATE = """
import sys, os, json, sysconfig, site, faulthandler, tracemalloc
names = [n for n in dir(sys.flags) if not n.startswith(("_", "n_")) and n not in ("count", "index")]
paths = {k: v for k, v in sysconfig.get_paths().items()}
print(json.dumps({
    "flags": {name: getattr(sys.flags, name) for name in names},
    "xoptions": sys._xoptions, "warnoptions": sys.warnoptions,
    "argv": sys.argv, "orig_argv": getattr(sys, "orig_argv", [0])[1:], "path": sys.path,
    "prefix": sys.prefix, "base_prefix": sys.base_prefix,
    "exec_prefix": sys.exec_prefix, "base_exec_prefix": sys.base_exec_prefix,
    "platlibdir": sys.platlibdir, "paths": paths,
    "user": [site.getuserbase(), site.ENABLE_USER_SITE],
    "encodings": [sys.getfilesystemencoding(), sys.stdout.encoding, sys.stdout.errors],
    "buffering": [sys.stdout.line_buffering, getattr(sys.stdout, "write_through", None)],
    "fault": faulthandler.is_enabled(), "trace": tracemalloc.is_tracing(),
    "digits": getattr(sys, "get_int_max_str_digits", lambda: None)(),
    "dont_write": sys.dont_write_bytecode, "pycache": sys.pycache_prefix,
    "hash": hash("a") if os.environ.get("PYTHONHASHSEED") == "7" else None,
    "name": __name__, "file": globals().get("__file__"),
}))
"""

COMMAND_LINES: list[tuple[list[str], dict[str, str]]] = [
    ([], {}),
    (["-I"], {"PYTHONPATH": "/nowhere", "PYTHONHASHSEED": "random"}),
    (["-E", "-s", "-B"], {"PYTHONPATH": "/nowhere"}),
    (["-sEB", "-u"], {}),
    (["-X", "dev", "-W", "error"], {}),
    (["-Xutf8", "-Wignore", "-O", "-q"], {}),
    (["-X", "int_max_str_digits=5000", "-X", "tracemalloc=3", "-X", "faulthandler"], {}),
    (["-X", "pycache_prefix=/nowhere", "--check-hash-based-pycs", "always"], {}),
    ([], {"PYTHONPATH": "/nowhere:/elsewhere", "PYTHONHASHSEED": "7", "PYTHONOPTIMIZE": "1"}),
    ([], {"PYTHONDEVMODE": "1", "PYTHONUTF8": "1", "PYTHONWARNINGS": "ignore"}),
    ([], {"PYTHONNOUSERSITE": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}),
    ([], {"PYTHONUSERBASE": "/nowhere/base", "PYTHONIOENCODING": "latin1:replace"}),
    ([], {"LANG": "C", "LC_ALL": "C"}),
]


def both(bundle: Bundle, *arguments: str | bytes, **options: Any) -> tuple[Any, Any]:
    """Run the Python's own interpreter and the bundle's; return what came of both."""
    case = bundle.case
    environment = options.pop("env", {})
    own = bundle.run(
        case.python.executable, *arguments, env={**case.bare(), **environment}, **options
    )
    return own, bundle.run(bundle.interpreter, *arguments, env=environment, **options)


def outcome(done: subprocess.CompletedProcess[str], bundle: Bundle) -> tuple[int, str, str]:
    """Status and output, with the interpreter's own name taken out."""

    def same(text: str) -> str:
        for program in (bundle.interpreter, bundle.case.python.executable):
            text = text.replace(str(program), "PYTHON")
        return text

    return done.returncode, same(done.stdout), same(done.stderr)


def test_its_state_is_that_of_the_pythons_own_interpreter(
    python: Case, make_bundle: MakeBundle
) -> None:
    bundle = make_bundle(python)
    for arguments, environment in COMMAND_LINES:
        command = [*arguments, "-c", STATE, "-s", "x", "", "é\n"]
        own, ours = both(bundle, *command, env=environment)
        assert own.returncode == 0, own.stderr
        assert ours.returncode == 0, (arguments, environment, ours.stderr)
        assert json.loads(ours.stdout) == json.loads(own.stdout), (arguments, environment)
        assert ours.stderr == own.stderr


def test_it_says_who_it_is(python: Case, make_bundle: MakeBundle) -> None:
    bundle = make_bundle(python)
    found = bundle.report(bundle.interpreter, "-c", REPORT)
    assert found["executable"] == str(bundle.interpreter)
    assert found["process"] == str(bundle.interpreter)
    assert found["prefix"] == found["base_prefix"] == str(python.home)


def test_it_makes_no_application_and_opens_no_appkit(python: Case, make_bundle: MakeBundle) -> None:
    bundle = make_bundle(python)
    assert bundle.report(bundle.interpreter, "-c", REPORT)["appkit"] is False


def test_everything_that_python_runs_it_runs(
    python: Case, make_bundle: MakeBundle, tmp_path: Path
) -> None:
    bundle = make_bundle(python)
    script = tmp_path / "script.py"
    script.write_text(STATE)
    folder = tmp_path / "program"
    folder.mkdir()
    (folder / "__main__.py").write_text(STATE)
    with zipfile.ZipFile(tmp_path / "program.zip", "w") as archive:
        archive.writestr("__main__.py", STATE)
    (tmp_path / "module.py").write_text(STATE)
    for arguments, source in [
        (["script.py", "-m", "x"], ""),
        ([str(script), "-I"], ""),
        (["-B", str(script)], ""),
        ([str(folder), "a"], ""),
        (["-I", str(tmp_path / "program.zip"), "a"], ""),
        (["-Bm", "module", "a", "-c"], ""),
        ([], STATE),
        (["-", "a"], STATE),
        (["-s", "-"], STATE),
    ]:
        own, ours = both(bundle, *arguments, input=source, cwd=tmp_path)
        assert ours.returncode == 0, (arguments, ours.stderr)
        assert json.loads(ours.stdout) == json.loads(own.stdout), arguments


def test_it_ends_as_python_ends(python: Case, make_bundle: MakeBundle) -> None:
    bundle = make_bundle(python)
    for arguments in [
        ["-c", "raise SystemExit(3)"],
        ["-c", "import sys; sys.exit()"],
        ["-c", "import sys; sys.exit('a reason')"],
        ["-c", "import sys; sys.exit(-1)"],
        ["-c", "1/0"],
        ["-c", "import os; os._exit(9)"],
        ["-c", "import atexit; atexit.register(print, 'end'); raise SystemExit(4)"],
        ["-c", "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"],
        ["-c", "import os, signal; os.kill(os.getpid(), signal.SIGINT); input()"],
        ["-c", "syntax error"],
        ["-m", "no_such_module"],
        ["no such script"],
        ["-V"],
        ["-VV"],
        ["--version"],
        ["-c"],
    ]:
        own, ours = both(bundle, *arguments)
        assert outcome(ours, bundle) == outcome(own, bundle), arguments
    own, ours = both(bundle, "--no-such-option")
    assert ours.returncode == own.returncode == 2
    assert bundle.run(bundle.interpreter, "-h").stdout.startswith("usage: ")
    assert bundle.run(bundle.interpreter, "-h").returncode == 0


def test_arguments_that_are_no_text_arrive(python: Case, make_bundle: MakeBundle) -> None:
    bundle = make_bundle(python)
    own, ours = both(bundle, "-c", "import sys; print(ascii(sys.argv))", b"\xff\xfe")
    if python.name == INITCONFIG:  # PyInitConfig takes UTF-8 only
        assert ours.returncode == 70
        assert "decoding error" in ours.stderr
        return
    assert ours.stdout == own.stdout == "['-c', '\\udcff\\udcfe']\n"


def test_variables_that_would_make_it_another_python_do_not(
    python: Case, make_bundle: MakeBundle
) -> None:
    bundle = make_bundle(python)
    foreign = {
        "PYTHONHOME": "/nowhere",
        "PYTHONEXECUTABLE": "/nowhere/python",
        "__PYVENV_LAUNCHER__": "/nowhere/python",
    }
    found = bundle.report(bundle.interpreter, "-c", REPORT, env=foreign)
    assert found["executable"] == str(bundle.interpreter)
    assert found["prefix"] == str(python.home)


def test_the_apps_settings_are_not_for_its_children(newest: Case, make_bundle: MakeBundle) -> None:
    bundle = make_bundle(
        newest,
        settings={
            "Flags": ["-s", "-O"],
            "Environment": {"ADDED": "by the app"},
            "UnsetEnvironment": ["REMOVED"],
            "WorkingDirectory": "Resources",
        },
    )
    found = bundle.report(bundle.interpreter, "-c", REPORT, env={"REMOVED": "not"}, cwd="/")
    assert "ADDED" not in found["environment"]
    assert found["environment"]["REMOVED"] == "not"
    assert found["cwd"] == "/"
    assert found["flags"]["no_user_site"] == found["flags"]["optimize"] == 0


CHILDREN = """
import concurrent.futures, multiprocessing, os, subprocess, sys

def who(_=None):
    return sys.executable, os.readlink("/proc/self/exe"), sys.prefix

def tell(queue):
    queue.put(who())

if __name__ == "__main__":
    mine = sys.executable, sys.executable, sys.prefix
    for method in ("spawn", "forkserver", "fork"):
        context = multiprocessing.get_context(method)
        queue = context.Queue()
        process = context.Process(target=tell, args=(queue,))
        process.start()
        assert queue.get() == mine, method
        process.join()
        assert process.exitcode == 0
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        assert set(pool.map(who, range(4))) == {mine}
    question = "import sys; print(sys.executable)"
    told = subprocess.check_output([sys.executable, "-I", "-c", question])
    assert told.decode().strip() == sys.executable
    print("all children are", sys.executable)
"""


def test_its_own_children_are_it_again(
    python: Case, make_bundle: MakeBundle, tmp_path: Path
) -> None:
    bundle = make_bundle(python)
    script = tmp_path / "children.py"
    script.write_text(CHILDREN)
    done = bundle.run(bundle.interpreter, "-I", "-X", "dev", "-W", "default", script)
    assert done.stdout == f"all children are {bundle.interpreter}\n", done.stderr


@pytest.mark.parametrize("way", ["absolute", "relative", "PATH", "symlink", "another argv[0]"])
def test_it_knows_itself_however_it_is_started(
    newest: Case, make_bundle: MakeBundle, tmp_path: Path, way: str
) -> None:
    bundle = make_bundle(newest)
    link = tmp_path / "python"
    link.symlink_to(bundle.interpreter)
    ways: dict[str, tuple[Path, dict[str, Any], Path]] = {
        "absolute": (bundle.interpreter, {}, bundle.interpreter),
        "relative": (
            Path(bundle.interpreter.name),
            {"cwd": bundle.interpreter.parent, "executable": f"./{bundle.interpreter.name}"},
            bundle.interpreter.parent / "." / bundle.interpreter.name,
        ),
        "PATH": (
            Path(bundle.interpreter.name),
            {"env": {"PATH": str(bundle.interpreter.parent)}},
            bundle.interpreter,
        ),
        "symlink": (link, {}, link),
        "another argv[0]": (
            Path("/usr/bin/false"),
            {"executable": bundle.interpreter},
            bundle.interpreter,
        ),
    }
    program, options, known = ways[way]
    found = bundle.report(program, "-c", REPORT, **options)
    assert os.path.normpath(found["executable"]) == str(known)
    assert found["prefix"] == str(newest.home)
    assert found["orig_argv"][0] == str(program)


def test_its_name_is_absolute_though_it_was_started_by_a_relative_one(
    python: Case, make_bundle: MakeBundle
) -> None:
    bundle = make_bundle(python)
    found = bundle.report(
        f"./{bundle.interpreter.name}", "-c", REPORT, cwd=bundle.interpreter.parent
    )
    assert Path(found["executable"]).is_absolute()
    assert Path(found["executable"]).samefile(bundle.interpreter)


def test_it_can_be_a_scripts_first_line(newest: Case, tmp_path: Path) -> None:
    from launcher.matrix import lay_bundle

    bundle = lay_bundle(tmp_path, newest)  # a first line allows no space in the path
    script = tmp_path / "script"
    script.write_text(f"#!{bundle.interpreter} -s\n{REPORT}")
    script.chmod(0o755)
    found = bundle.report(script, "-c", "x")
    assert found["executable"] == str(bundle.interpreter)
    assert found["argv"] == [str(script), "-c", "x"]
    assert found["flags"]["no_user_site"] == 1


def test_an_interrupt_ends_it_as_it_ends_python(newest: Case, make_bundle: MakeBundle) -> None:
    bundle = make_bundle(newest)
    process = subprocess.Popen(
        [bundle.interpreter, "-c", "print(flush=True); import signal; signal.pause()"],
        env=bundle.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert b"KeyboardInterrupt" in errors
    assert process.returncode == -signal.SIGINT


def test_a_failure_shows_no_dialog_and_names_the_log(
    newest: Case, make_bundle: MakeBundle, x_display: str
) -> None:
    bundle = make_bundle(newest, settings={"Library": "no/such/library"})
    env = {"DISPLAY": x_display, "PLOVER_TRAY_HEADLESS": ""}
    done = bundle.run(bundle.interpreter, "-c", "", env=env)
    assert done.returncode == 70
    assert len(done.stderr.splitlines()) == 1
    assert "launcher.log" in done.stderr
