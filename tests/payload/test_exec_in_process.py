"""An exec of the app's own interpreter runs in the same process what exec would have started."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from apps.pythons import SharedPython

from payload.programs import BOOT_SCRIPT, DUMP, Outcome, run
from payload.test_endings import ENDINGS
from payload.test_same_as_python import report

FIRST = '''\
"""Gets many things out of order, then execs."""
import atexit, json, os, sys
spoil = sys.argv[1] == "spoil"
words, environ = json.loads(sys.argv[2]), json.loads(sys.argv[3])
print("first", os.getpid(), flush=True)
if spoil:
    import asyncio, builtins, ctypes, decimal, gc, locale, logging, random, signal, socket, ssl
    import tempfile, threading, unittest, warnings, xml.etree.ElementTree
    sys.path.insert(0, "/spoiled"); sys.argv[:] = ["spoiled"]; sys.flags_of_mine = 1
    builtins._ = builtins.spoiled = print; del builtins.abs
    sys.stdout.reconfigure(encoding="ascii"); sys.excepthook = print; sys.ps1 = "spoiled"
    sys.stdin = None; sys.executable = "/spoiled"; sys.dont_write_bytecode = False
    signal.signal(signal.SIGTERM, lambda *a: None); signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    logging.basicConfig(level=1); logging.disable(50); logging.getLogger("a").propagate = False
    warnings.simplefilter("error"); warnings.showwarning = print
    decimal.getcontext().prec = 3; random.seed(1); socket.setdefaulttimeout(1)
    gc.disable(); gc.set_threshold(1); sys.setrecursionlimit(5000); sys.setswitchinterval(1)
    os.getlogin = print; os.environ["SPOILED"] = "1"; tempfile.tempdir = "/spoiled"
    sys.meta_path.insert(0, type("F", (), {"find_spec": lambda *a: None}))
    sys.path_hooks.clear(); sys.path_importer_cache.clear(); sys.modules["json"] = None
    sys.settrace(lambda *a: None); sys.warnoptions.append("error"); sys._xoptions["a"] = 1
    threading.excepthook = print; sys.unraisablehook = print; sys.breakpointhook = print
    os.register_at_fork(before=lambda: None)
    sys.modules["dump"] = sys.modules["package"] = sys
    if hasattr(sys, "set_int_max_str_digits"): sys.set_int_max_str_digits(0)
environ = {**{k: v for k, v in os.environ.items() if k != "SPOILED"}, **environ}
atexit.register(print, "the first program's exit handler")
class Finalized:
    def __del__(self): print("finalized")
finalized = Finalized()
try:
    os.execve(words[0], words, environ)
except BaseException as error:
    print("caught", error)
finally:
    print("finally")
'''

WORDS = {
    "a module": ["-m", "dump", "a b"],
    "a package": ["-m", "package"],
    "joined to its option": ["-smdump", "x"],
    "a script": ["dump.py", "-c", "--"],
    "a folder": ["application"],
    "a zip file": ["archive.zip", "x"],
    "code": ["-c", DUMP, "-m"],
    "after the options' end": ["-B", "--", "dump.py", "x"],
    "isolated": ["-I", "dump.py"],
    "without environment": ["-E", "dump.py"],
    "without user site": ["-s", "-m", "dump"],
    "without site": ["-S", "dump.py"],
    "unbuffered": ["-u", "dump.py"],
    "with warnings": ["-W", "error::UserWarning", "-Wdefault", "dump.py"],
    "with digits": ["-X", "int_max_str_digits=999", "dump.py"],
    "with a cache folder": ["-X", "pycache_prefix=/nowhere/cache", "dump.py"],
    "with tracemalloc": ["-X", "tracemalloc=3", "dump.py"],
    "with hash checks": ["--check-hash-based-pycs", "never", "dump.py"],
    "quiet": ["-qd", "dump.py"],
}

ENVIRONMENTS = {
    "more paths": {"PYTHONPATH": "/nowhere:package"},
    "a user base": {"PYTHONUSERBASE": "/nowhere/base"},
    "no user site": {"PYTHONNOUSERSITE": "1"},
    "bytecode": {"PYTHONDONTWRITEBYTECODE": ""},
    "an encoding": {"PYTHONIOENCODING": "latin-1:replace"},
    "only an error handler": {"PYTHONIOENCODING": ":replace"},
    "no buffers": {"PYTHONUNBUFFERED": "1"},
    "warnings": {"PYTHONWARNINGS": "ignore,error::UserWarning"},
    "digits": {"PYTHONINTMAXSTRDIGITS": "1000"},
    "something else": {"OTHER": "ü ñ\n"},
    "safe path": {"PYTHONSAFEPATH": "1"},
    "fault handler": {"PYTHONFAULTHANDLER": "1"},
}


def exec_both(
    python: SharedPython,
    folder: Path,
    words: list[str],
    environ: dict[str, str],
    *,
    how: str = "spoil",
    flags: Sequence[str] = (),
) -> tuple[Outcome, Outcome]:
    """Python's own exec, and that of the boot module: two programs each, one after the other."""
    (folder / "first.py").write_text(FIRST)
    last = [json.dumps([str(python.executable), *words]), json.dumps(environ)]
    options: dict[str, Any] = {"input": "some input"}
    itself = run([python.executable, *flags, "first.py", how, *last], folder, **options)
    booted = run(
        [python.executable, *flags, BOOT_SCRIPT, "script", "first.py", how, *last],
        folder,
        **options,
    )
    return itself, booted


def same(itself: Outcome, booted: Outcome) -> None:
    """Both programs saw the same, but for modules that cannot be imported twice."""
    expected, found = report(itself), report(booted)
    more = set(found.pop("modules")) - set(expected.pop("modules"))  # type: ignore[call-overload]
    assert "unittest" not in more
    found.pop("importer_cache"), expected.pop("importer_cache")
    assert found == expected
    assert booted.stderr == itself.stderr


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_the_next_program_sees_a_new_interpreter(
    python: SharedPython, folder: Path, words: list[str]
) -> None:
    itself, booted = exec_both(python, folder, words, {})
    same(itself, booted)
    pids = [outcome.stdout.split()[1] for outcome in (itself, booted)]
    assert "finally" not in booted.stdout
    assert "caught" not in booted.stdout
    assert "exit handler" not in booted.stdout
    assert "finalized" not in booted.stdout
    assert len(set(pids)) == 2


@pytest.mark.parametrize("environ", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_the_next_program_has_the_new_environment(
    some_python: SharedPython, folder: Path, environ: dict[str, str]
) -> None:
    words = ["-I", "dump.py"] if "OTHER" in environ else ["dump.py"]
    itself, booted = exec_both(some_python, folder, words, environ)
    same(itself, booted)


@pytest.mark.parametrize("flags", [["-s"], ["-I"], ["-E", "-S"], ["-Werror"], ["-u", "-B"]])
def test_the_first_programs_options_do_not_stay(
    some_python: SharedPython, folder: Path, flags: list[str]
) -> None:
    itself, booted = exec_both(
        some_python, folder, ["dump.py"], {"A": "b"}, flags=flags, how="spoil"
    )
    same(itself, booted)


def test_the_modules_of_the_first_program_are_imported_anew(
    python: SharedPython, folder: Path
) -> None:
    used = "argparse, collections, json, package.inner, plistlib, shutil, subprocess, threading"
    (folder / "light.py").write_text(
        f"import os, sys, {used}\nos.execv(sys.executable, [sys.executable, '-m', 'dump'])\n"
    )
    itself = run([python.executable, "light.py"], folder)
    booted = run([python.executable, BOOT_SCRIPT, "script", "light.py"], folder)
    texts = [outcome.stdout[outcome.stdout.rindex('{\n "argv"') :] for outcome in (itself, booted)]
    expected, found = (set(json.loads(text)["modules"]) for text in texts)
    assert expected - found <= {"keyword"}  # `from keyword import ...` leaves nothing to see
    python_only = {*used.replace(" ", "").split(","), "package", "signal", "selectors"}
    assert not (found - expected) & (python_only - {"collections"})
    assert len(found - expected) < 60


ENDINGS_AGAIN = [
    *("at its last line", "by an exit status", "by a message", "by an exception", "by recursion"),
    *("with a hook", "with a hook that fails", "with exit handlers", "with threads", "at once"),
    *("with finalizers", "with a file left open", "with a closed stdout", "by an interrupt"),
    "by an interrupt with handlers",
]


@pytest.mark.parametrize("ending", ENDINGS_AGAIN)
def test_the_next_program_ends_as_a_process_of_its_own(
    python: SharedPython, folder: Path, ending: str
) -> None:
    code = ENDINGS[ending]
    (folder / "ends.py").write_text(code)
    itself, booted = exec_both(python, folder, ["-m", "ends", "x"], {}, how="tidy")
    assert booted.status == itself.status
    if code == ENDINGS["with a closed stdout"]:  # the error stands where our call stands
        ends = [[*outcome.stderr.splitlines()] for outcome in (itself, booted)]
        assert (ends[0][0], ends[0][-1]) == (ends[1][0], ends[1][-1])
    else:
        assert booted.stderr == itself.stderr
    assert booted.stdout.splitlines()[1:] == itself.stdout.splitlines()[1:]
