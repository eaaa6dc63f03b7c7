"""A program started by the boot module ends as it ends under Python itself."""

import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from apps.pythons import SharedPython

from payload.programs import BOOT_SCRIPT, Outcome, environment, run

ENDINGS = {
    "at its last line": "print('done')",
    "by SystemExit without a code": "raise SystemExit",
    "by SystemExit with None": "import sys; sys.exit(None)",
    "by an exit status": "import sys; sys.exit(3)",
    "by a negative exit status": "import sys; sys.exit(-1)",
    "by a large exit status": "import sys; sys.exit(2**40)",
    "by a message": "import sys; sys.exit('what went wrong é')",
    "by an odd object": "import sys; sys.exit(['a', 1])",
    "by true": "import sys; sys.exit(True)",
    "by a subclass": "class Stop(SystemExit): pass\nraise Stop(5)",
    "by an exception": "def deep(n):\n    return deep(n - 1) if n else 1 / 0\ndeep(3)",
    "by a chained exception": (
        "def f():\n    raise KeyError('first')\n"
        "try:\n    f()\nexcept KeyError as e:\n    raise ValueError('second') from e"
    ),
    "by an exception group": (
        "import sys\nif sys.version_info >= (3, 11):\n"
        "    raise ExceptionGroup('all', [ValueError(1), TypeError(2)])"
    ),
    "by an assertion": "assert 0, 'why'",
    "by a generator's end": "raise GeneratorExit('x')",
    "by an exception of its own": "class E(BaseException):\n    pass\nraise E",
    "by a syntax error": "def broken(:\n    pass",
    "by recursion": "import sys\ndef f(): f()\ntry:\n    f()\nexcept RecursionError: sys.exit(9)",
    "with a hook": (
        "import sys\ndef hook(kind, value, trace):\n"
        "    import traceback\n    print('HOOK', kind, traceback.extract_tb(trace)[-1].name,\n"
        "          len(traceback.extract_tb(trace)), value.__traceback__ is trace,\n"
        "          sys.last_value is value, sys.last_traceback is trace)\n"
        "sys.excepthook = hook\ndef f(): 1 / 0\nf()"
    ),
    "with a hook that fails": (
        "import sys\ndef hook(*a): raise TypeError('in the hook')\nsys.excepthook = hook\n1 / 0"
    ),
    "with a hook that exits": (
        "import sys\ndef hook(*a): sys.exit(6)\nsys.excepthook = hook\n1 / 0"
    ),
    "with no hook": "import sys\ndel sys.excepthook\n1 / 0",
    "with its last exception set": (
        "import atexit, sys, traceback\n"
        "atexit.register(lambda: print([f.name for f in traceback.extract_tb(sys.last_traceback)],"
        " sys.last_type))\n1 / 0"
    ),
    "with exit handlers": (
        "import atexit, sys\natexit.register(print, 'handler', sys.argv)\n"
        "atexit.register(lambda: print(sorted(n for n in sys.modules['__main__'].__dict__"
        " if n in ('__name__', '__spec__', 'atexit'))))\nsys.exit(2)"
    ),
    "with a failing exit handler": "import atexit\natexit.register(lambda: 1 / 0)\nprint(1)",
    "with threads": (
        "import threading, time, sys\n"
        "go = threading.Event()\n"
        "def late():\n    go.wait(); print('thread', threading.main_thread().is_alive())\n"
        "threading.Thread(target=late).start()\n"
        "threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()\n"
        "threading._register_atexit(go.set) if hasattr(threading, '_register_atexit') else go.set()"
        "\nprint('main ends'); sys.exit(4)"
    ),
    "with a failing thread": (
        "import threading\nt = threading.Thread(target=lambda: 1 / 0, name='worker')\n"
        "t.start(); t.join(); print('joined')"
    ),
    "with finalizers": (
        "class Last:\n    def __del__(self): print('finalized')\nlast = Last()\n"
        "import weakref\nw = weakref.finalize(last, print, 'weak')"
    ),
    "with unflushed output": "import sys\nsys.stdout.write('no newline'); sys.stderr.write('err')",
    "with a file left open": "f = open('left.txt', 'w'); f.write('text')\nprint(f.name)",
    "at once": "import os, sys\nsys.stdout.write('lost'); os._exit(8)",
    "by abort in a child": (
        "import os\npid = os.fork()\nif pid == 0:\n    os.abort()\n"
        "print(os.WTERMSIG(os.waitpid(pid, 0)[1]))"
    ),
    "by a warning as an error": "import warnings\nwarnings.warn('w', stacklevel=1)",
    "by an interrupt": "raise KeyboardInterrupt",
    "by an interrupt with handlers": (
        "import atexit, os, signal\natexit.register(print, 'handler')\n"
        "os.kill(os.getpid(), signal.SIGINT)\nimport time; time.sleep(60)"
    ),
    "by a signal": "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)",
    "with a closed stdout": "import os\nprint('x')\nos.close(1)",
}


def both(
    python: SharedPython, folder: Path, words: list[str], flags: Sequence[str] = ()
) -> tuple[Outcome, Outcome]:
    """The outcome of Python itself, and that of Python with the boot module."""
    itself = run([python.executable, *flags, *words], folder)
    kind = [] if words[0].startswith("-") else ["script"]
    booted = run([python.executable, *flags, BOOT_SCRIPT, *kind, *words], folder)
    return itself, booted


@pytest.mark.parametrize("code", ENDINGS.values(), ids=ENDINGS)
def test_a_program_ends_as_under_python_itself(
    python: SharedPython, folder: Path, code: str
) -> None:
    (folder / "ends.py").write_text(code)
    as_module = "hook" in code or "exit" in code  # the tracebacks and the ends that differ most
    words = ["-m", "ends", "x"] if as_module else ["ends.py", "x"]
    itself, booted = both(python, folder, words)
    assert booted == itself


def test_an_error_in_a_package_it_needs_is_shown_as_by_python(
    python: SharedPython, folder: Path
) -> None:
    (folder / "package" / "bad.py").write_text("import no_such_thing\n")
    (folder / "package" / "worse.py").write_text("from . import bad\n")
    (folder / "broken").mkdir()
    (folder / "broken" / "__init__.py").write_text("raise ImportError('no')\n")
    (folder / "broken" / "__main__.py").write_text("")
    for words in (["-m", "package.worse"], ["-m", "broken"], ["-c", "import package.bad"]):
        itself, booted = both(python, folder, words)
        assert booted == itself
        assert itself.status == 1


def test_a_warning_names_the_programs_own_line(python: SharedPython, folder: Path) -> None:
    (folder / "warns.py").write_text(
        "import warnings\ndef f():\n    warnings.warn('mine', DeprecationWarning, stacklevel=2)\n"
        "f()\nwarnings.warn('too far', stacklevel=50)\n"
    )
    itself, booted = both(python, folder, ["warns.py"])
    assert booted.stderr.splitlines()[:2] == itself.stderr.splitlines()[:2]
    assert "boot.py" not in booted.stderr


def test_children_of_multiprocessing_find_the_main_module(
    python: SharedPython, folder: Path
) -> None:
    (folder / "package" / "many.py").write_text(
        "import multiprocessing, sys\n"
        "class Thing:\n    def __init__(self, n): self.n = n\n"
        "def work(thing):\n    return thing.n * 2, __name__\n"
        "if __name__ == '__main__':\n"
        "    for method in sys.argv[1:]:\n"
        "        with multiprocessing.get_context(method).Pool(2) as pool:\n"
        "            print(method, pool.map(work, [Thing(1), Thing(2)]))\n"
    )
    methods = ["spawn", "forkserver", "fork"]
    for words in (["-m", "package.many", *methods], ["package/many.py", *methods]):
        flags = ["-W", "ignore"]
        itself, booted = both(python, folder, words, flags)
        results = [
            [line for line in outcome.stdout.splitlines() if not line.startswith("package")]
            for outcome in (itself, booted)
        ]
        assert results[0] == results[1]
        assert booted.stderr == itself.stderr == ""
        assert "spawn [(2, '__mp_main__'), (4, '__mp_main__')]" in booted.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_from_outside_ends_it_with_the_right_status(
    python: SharedPython, folder: Path, number: signal.Signals
) -> None:
    (folder / "waits.py").write_text("print('up', flush=True)\nimport time\ntime.sleep(600)\n")
    for words in (["waits.py"], [str(BOOT_SCRIPT), "-m", "waits"]):
        process = subprocess.Popen(
            [python.executable, *words],
            cwd=folder,
            env=environment(folder),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Under nohup one of them is ignored.
            preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # noqa: PLW1509
        )
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"up\n"
            process.send_signal(number)
            _, errors = process.communicate(timeout=60)
        finally:
            process.kill()
        assert process.returncode == -number
        assert b"boot.py" not in errors
