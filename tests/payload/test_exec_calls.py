"""Which calls are carried out in the process, which reach the system, what they leave behind."""

from pathlib import Path

import pytest
from apps.pythons import SharedPython

from payload.programs import BOOT_SCRIPT, Outcome, run

WHO = "import os, sys; print('next', os.getpid(), sys.argv)"

BOTTOM = """\
import sys
frame = sys._getframe()
while frame.f_back: frame = frame.f_back
print(frame.f_code.co_filename, flush=True)
"""

CALLS = {
    "execv": "os.execv(exe, [exe, '-c', WHO, 'x'])",
    "execv with bytes": "os.execv(os.fsencode(exe), [b'name', '-c', WHO, 'x'])",
    "execv with a tuple": "os.execv(exe, (exe, '-c', WHO, 'x'))",
    "execv with a path object": (
        "import pathlib; os.execv(pathlib.Path(exe), [exe, '-c', WHO, 'x'])"
    ),
    "execve": "os.execve(exe, [exe, '-c', WHO, 'x'], os.environ)",
    "execve with bytes": "os.execve(exe, [exe, '-c', WHO, 'x'], {b'A': 'b', 'LANG': b'C.UTF-8'})",
    "execl": "os.execl(exe, exe, '-c', WHO, 'x')",
    "execle": "os.execle(exe, exe, '-c', WHO, 'x', os.environ)",
    "execlp": "os.execlp(exe, exe, '-c', WHO, 'x')",
    "execlpe": "os.execlpe(exe, exe, '-c', WHO, 'x', os.environ)",
    "execvp": "os.execvp(exe, [exe, '-c', WHO, 'x'])",
    "execvpe": "os.execvpe(exe, [exe, '-c', WHO, 'x'], os.environ)",
    "execvp by its name": (
        "os.environ['PATH'] = '/nowhere:' + os.path.dirname(exe)\n"
        "os.execvp(os.path.basename(exe), [exe, '-c', WHO, 'x'])"
    ),
    "the posix module": "import posix; posix.execv(exe, [exe, '-c', WHO, 'x'])",
    "an open file": "os.execve(os.open(exe, os.O_RDONLY), [exe, '-c', WHO, 'x'], os.environ)",
    "a crooked path": (
        "os.execv(os.path.dirname(exe) + '/../bin/' + os.path.basename(exe), [exe, '-c', WHO, 'x'])"
    ),
    "an import from os": "from os import execv as call; call(exe, [exe, '-c', WHO, 'x'])",
    "inside a running event loop": (
        "import asyncio\nasync def main(): os.execv(exe, [exe, '-c', WHO + '; import asyncio;"
        " asyncio.run(asyncio.sleep(0))', 'x'])\nasyncio.run(main())"
    ),
    "a generator": (
        "def g():\n    try:\n        yield os.execv(exe, [exe, '-c', WHO, 'x'])\n"
        "    finally:\n        print('finally')\nnext(g())"
    ),
    "a handler of a signal": (
        "import signal\nsignal.signal(signal.SIGUSR1, lambda *a: os.execv(exe, [exe, '-c', WHO,"
        " 'x']))\nos.kill(os.getpid(), signal.SIGUSR1)\nsignal.pause()"
    ),
}

REFUSED = {
    "no arguments": "os.execv(exe, [])",
    "an empty first argument": "os.execv(exe, ['', 'x'])",
    "a number": "os.execv(exe, [exe, 1])",
    "no list": "os.execv(exe, 'abc')",
    "a zero byte": "os.execv(exe, [exe, 'a\\0b'])",
    "an equals sign in a name": "os.execve(exe, [exe, '-V'], {'a=b': 'c'})",
    "no environment": "os.execve(exe, [exe, '-V'], None)",
    "a number in the environment": "os.execve(exe, [exe, '-V'], {'a': 1})",
    "no such file": "os.execv('/no/such/file', ['x'])",
    "a folder": "os.execv('/', ['x'])",
    "too few": "os.execv(exe)",
}

ELSEWHERE = {
    "another program": "os.execv('/bin/echo', ['echo', 'other'])",
    "the version": "os.execv(exe, [exe, '-V'])",
    "a program on stdin": "os.execv(exe, [exe, '-'])",
    "no program": "os.execv(exe, [exe, '-s'])",
    "help": "os.execv(exe, [exe, '-h'])",
    "a wrong option": "os.execv(exe, [exe, '-9'])",
    "an option without its value": "os.execv(exe, [exe, '-W'])",
    "a wrong long option": "os.execv(exe, [exe, '--check-hash-based-pycs', 'maybe', '-c', WHO])",
}

BEYOND = {
    "optimized": "os.execv(exe, [exe, '-O', '-c', WHO, 'x'])",
    "for developers": "os.execv(exe, [exe, '-X', 'dev', '-c', WHO, 'x'])",
    "another hash seed": "os.execve(exe, [exe, '-c', WHO, 'x'], {'PYTHONHASHSEED': '5'})",
    "import times": "os.execv(exe, [exe, '-X', 'frozen_modules=off', '-c', WHO, 'x'])",
    "another memory allocator": "os.execve(exe, [exe, '-c', WHO], {'PYTHONMALLOC': 'malloc'})",
    "a setting of a later Python": "os.execve(exe, [exe, '-c', WHO], {'PYTHONFUTURE': '1'})",
    "another locale": "os.execve(exe, [exe, '-c', WHO, 'x'], {'LC_ALL': 'POSIX'})",
    "bytes warnings": "os.execv(exe, [exe, '-b', '-c', WHO, 'x'])",
    "a thread": (
        "import threading\n"
        "t = threading.Thread(target=lambda: os.execv(exe, [exe, '-c', WHO, 'x']))"
        "\nt.start(); t.join()\nprint('after')"
    ),
    "beside a thread": (
        "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()\n"
        "os.execv(exe, [exe, '-c', WHO, 'x'])"
    ),
    "an exit handler": (
        "import atexit\natexit.register(print, 'not run')\n"
        "atexit.register(lambda: os.execv(exe, [exe, '-c', WHO, 'x']))"
    ),
    "a deep stack": (
        "def deep(n):\n    if n: deep(n - 1)\n    else: os.execv(exe, [exe, '-c', WHO, 'x'])\n"
        "deep(600)"
    ),
    "a forked child": (
        "if os.fork() == 0: os.execv(exe, [exe, '-c', WHO.replace('os.getpid()', '0'), 'x'])\n"
        "os.wait()"
    ),
    "a spawned child": (
        "sys.stdout.flush()\n"
        "os.spawnv(os.P_WAIT, exe, [exe, '-c', WHO.replace('os.getpid()', '0'), 'x'])"
    ),
}

LEFT_BEHIND = {
    "an exception that is being handled": (
        "try: 1/0\n"
        "except ZeroDivisionError: os.execv(exe, [exe, '-c', 'import sys; print(sys.exc_info());'"
        " 'exec(\"try: {}[1]\\\\nexcept KeyError as e: print(e.__context__)\")'])"
    ),
    "a timer that would end the process": (
        "import faulthandler\nfaulthandler.dump_traceback_later(0.1, exit=True)\n"
        "os.execv(exe, [exe, '-c', 'import time; time.sleep(0.5); print(\"alive\")'])"
    ),
    "a signal that faulthandler takes": (
        "import faulthandler, signal\nfaulthandler.register(signal.SIGUSR1)\n"
        "os.execv(exe, [exe, '-c', 'import os; os.kill(os.getpid(), 10); print(\"alive\")'])"
    ),
    "a time zone": (
        "import time\ntime.localtime()\nos.environ['TZ'] = 'Asia/Tokyo'\n"
        "os.execv(exe, [exe, '-c', 'import time; print(time.tzname, time.localtime(0)[:5])'])"
    ),
    "a time zone that is gone": (
        "import time\nos.environ['TZ'] = 'Asia/Tokyo'\ntime.tzset()\ndel os.environ['TZ']\n"
        "os.execv(exe, [exe, '-c', 'import time; print(time.tzname, time.localtime(0)[:5])'])"
    ),
    "tracemalloc": (
        "import tracemalloc\ntracemalloc.start()\n"
        "os.execv(exe, [exe, '-c', 'import tracemalloc; print(tracemalloc.is_tracing())'])"
    ),
    "a profiler": (
        "import cProfile\ncProfile.Profile().enable()\n"
        "os.execv(exe, [exe, '-c', 'import cProfile; cProfile.Profile().runcall(print, 1)'])"
    ),
    "patched modules": (
        "import io, time\ntime.time = io.open = os.path.join = None\n"
        "os.execv(exe, [exe, '-c', 'import io, os, time; print(time.time() > 0, io.open,'"
        ' \'os.path.join("a", "b"))\'])'
    ),
    "unverified certificates": (
        "import ssl\nssl._create_default_https_context = ssl._create_unverified_context\n"
        "os.execv(exe, [exe, '-c', 'import ssl; print(ssl._create_default_https_context)'])"
    ),
    "a pipe": (
        "import subprocess\nreading, writing = os.pipe()\n"
        "cat = subprocess.Popen(['cat'], stdin=reading)\n"
        "os.execv(exe, [exe, '-c', f'import os; print(os.waitpid({cat.pid}, 0)[1])'])"
    ),
    "a deep stack": (
        "def deep(n):\n"
        "    if n: deep(n - 1)\n"
        "    else: os.execv(exe, [exe, '-c', 'def f(n): return n and f(n - 1)\\nprint(f(900))'])\n"
        "deep(350)"
    ),
    "the site module": (
        "os.execv(exe, [exe, '-S', '-c', 'import sys; print(\"site\" in sys.modules,'"
        " 'getattr(sys.flags, \"int_max_str_digits\", 0))'])"
    ),
}


def call_both(python: SharedPython, folder: Path, code: str) -> tuple[Outcome, Outcome]:
    """What a program that calls exec does under Python itself, and under the boot module."""
    (folder / "calls.py").write_text(
        f"import os, sys\nexe, WHO = sys.executable, {WHO!r}\n"
        f"print('first', os.getpid(), flush=True)\n{code}\n"
    )
    itself = run([python.executable, "calls.py"], folder)
    booted = run([python.executable, BOOT_SCRIPT, "script", "calls.py"], folder)
    return itself, booted


def without_pids(outcome: Outcome) -> Outcome:
    """The same text with the process's number left out."""
    words = outcome.stdout.split()
    return Outcome(outcome.status, outcome.stdout.replace(words[1], "PID"), outcome.stderr)


@pytest.mark.parametrize("code", CALLS.values(), ids=CALLS)
def test_every_form_of_exec_stays_in_the_process(
    python: SharedPython, folder: Path, code: str
) -> None:
    itself, booted = call_both(python, folder, code)
    assert without_pids(booted) == without_pids(itself)
    assert booted.stdout.splitlines()[1].startswith("next " + booted.stdout.split()[1])
    # exec keeps the process id as well; only here the boot module is still at the stack's bottom.
    (folder / "bottom.py").write_text(BOTTOM)
    _, booted = call_both(python, folder, code.replace("'-c', WHO", "'-c', 'import bottom;' + WHO"))
    assert booted.stdout.splitlines()[1].endswith("boot.py")


@pytest.mark.parametrize("code", REFUSED.values(), ids=REFUSED)
def test_what_the_system_would_refuse_raises_as_it_always_did(
    some_python: SharedPython, folder: Path, code: str
) -> None:
    guarded = f"try:\n    {code}\nexcept Exception as error:\n    print(type(error), error)"
    itself, booted = call_both(some_python, folder, guarded)
    assert without_pids(booted) == without_pids(itself)
    assert "Error" in booted.stdout


@pytest.mark.parametrize("code", [*ELSEWHERE.values(), *BEYOND.values()], ids=[*ELSEWHERE, *BEYOND])
def test_outside_a_bundle_everything_else_is_the_systems_own_exec(
    some_python: SharedPython, folder: Path, code: str
) -> None:
    itself, booted = call_both(some_python, folder, code)
    assert without_pids(booted) == without_pids(itself)


def test_a_virtual_environments_link_is_another_interpreter(
    python: SharedPython, folder: Path
) -> None:
    environment = folder / "environment"
    (environment / "bin").mkdir(parents=True)
    link = environment / "bin" / "python"
    link.symlink_to(python.executable)
    (environment / "pyvenv.cfg").write_text(f"home = {python.executable.parent}\n")
    code = f"link = {str(link)!r}\nos.execv(link, [link, '-c', 'import sys; print(sys.prefix)'])"
    itself, booted = call_both(python, folder, code)
    assert without_pids(booted) == without_pids(itself)
    assert str(environment) in booted.stdout


def test_programs_may_follow_one_another_without_end(python: SharedPython, folder: Path) -> None:
    code = (
        "n = int(sys.argv[1]) if len(sys.argv) > 1 else 0\n"
        "print(n, flush=True)\n"
        "if n < 30: os.execv(exe, [exe, __file__, str(n + 1)])"
    )
    itself, booted = call_both(python, folder, code)
    assert without_pids(booted) == without_pids(itself)
    assert booted.stdout.split()[-1] == "30"


@pytest.mark.parametrize("code", LEFT_BEHIND.values(), ids=LEFT_BEHIND)
def test_nothing_of_the_first_program_reaches_the_next(
    python: SharedPython, folder: Path, code: str
) -> None:
    itself, booted = call_both(python, folder, code)
    assert without_pids(booted) == without_pids(itself)
    assert len(booted.stdout.splitlines()) > 1 or booted.status < 0


def test_files_that_are_not_inheritable_are_closed(python: SharedPython, folder: Path) -> None:
    code = """
import fcntl, json, socket
kept = os.open("kept", os.O_RDWR | os.O_CREAT); os.set_inheritable(kept, True)
lock = os.open("lock", os.O_RDWR | os.O_CREAT); fcntl.flock(lock, fcntl.LOCK_EX)
file = open("file", "w"); file.write("never flushed")
server = socket.socket(); server.bind(("127.0.0.1", 0)); server.listen()
port = server.getsockname()[1]
shared = socket.socket(); shared.set_inheritable(True)
os.execv(exe, [exe, "-c", '''
import fcntl, os, socket, sys
port, kept, shared = map(int, sys.argv[1:])
print({int(n) for n in os.listdir("/dev/fd") if os.path.exists("/dev/fd/" + n)} - {0, 1, 2}
      == {kept, shared})
fcntl.flock(os.open("lock", os.O_RDWR), fcntl.LOCK_EX | fcntl.LOCK_NB)
print(os.path.getsize("file"), os.fstat(kept).st_size)
s = socket.socket(); print(s.connect_ex(("127.0.0.1", port)) != 0)
''', str(port), str(kept), str(shared.fileno())])
"""
    itself, booted = call_both(python, folder, code)
    assert without_pids(booted) == without_pids(itself)
    assert booted.stdout.splitlines()[1:] == ["True", "0 0", "True"], booted
    assert (folder / "file").read_text() == ""


def test_what_exec_keeps_is_kept(python: SharedPython, folder: Path) -> None:
    code = """
import signal
os.chdir("package"); os.umask(0o27); signal.signal(signal.SIGUSR1, signal.SIG_IGN)
signal.signal(signal.SIGUSR2, lambda *a: None); signal.setitimer(signal.ITIMER_REAL, 1000)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])
os.execv(exe, [exe, "-c", '''
import os, signal
print(os.path.basename(os.getcwd()), oct(os.umask(0)), signal.getsignal(signal.SIGUSR1),
      signal.getsignal(signal.SIGUSR2), signal.getsignal(signal.SIGINT).__name__,
      signal.getitimer(signal.ITIMER_REAL)[0] > 900,
      signal.pthread_sigmask(signal.SIG_BLOCK, []))
'''])
"""
    itself, booted = call_both(python, folder, code)
    assert without_pids(booted) == without_pids(itself)
    assert booted.status == 0


def test_the_next_program_can_use_what_the_first_one_used(
    python: SharedPython, folder: Path
) -> None:
    busy = """
import asyncio, concurrent.futures, ctypes, datetime, decimal, json, logging, pickle, re, sqlite3
import ssl, subprocess, sys, tempfile, threading, xml.etree.ElementTree, zoneinfo
async def work():
    async def slow():
        try: await asyncio.sleep(100)
        except asyncio.CancelledError: return "cancelled"
    task = asyncio.ensure_future(slow()); await asyncio.sleep(0); task.cancel()
    done = await task
    loop = asyncio.get_running_loop()
    return done, await loop.run_in_executor(None, sum, [1, 2])
print(asyncio.run(work()))
with concurrent.futures.ThreadPoolExecutor() as pool: print(list(pool.map(abs, [-1, 2])))
print(pickle.loads(pickle.dumps(datetime.datetime(2020, 1, 1))))
print(datetime.datetime.strptime("2020", "%Y"))
print(decimal.Decimal(1) / 7, json.dumps({"a": decimal.getcontext().prec}))
print(sqlite3.connect(":memory:").execute("select 1").fetchone())
print(ctypes.c_int(5), ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 4)())
print(xml.etree.ElementTree.fromstring("<a><b/></a>").find("b"))
print(isinstance(re.I, __import__("enum").Enum))
logging.getLogger("x").warning("warned"); logging.basicConfig(format="%(message)s")
logging.info("no")
logging.getLogger("x").warning("again")
print(subprocess.run([sys.executable, "-c", "print('child')"], capture_output=True).stdout)
main = threading.main_thread()
t = threading.Thread(target=lambda: print(threading.current_thread() is not main))
t.start(); t.join(); print(threading.active_count(), threading.current_thread().name)
try: subprocess.run([sys.executable, "-c", "1/0"], check=True, stderr=subprocess.DEVNULL)
except subprocess.CalledProcessError as e: print("failed", e.returncode)
"""
    (folder / "busy.py").write_text(busy)
    code = "import busy\nsys.stdout.flush()\nos.execv(exe, [exe, 'busy.py'])"
    itself, booted = call_both(python, folder, code)
    assert without_pids(booted) == without_pids(itself)
    assert booted.status == 0, booted.stderr


def test_a_program_that_forks_after_exec_works(python: SharedPython, folder: Path) -> None:
    (folder / "forks.py").write_text(
        "import multiprocessing, os, sys\n"
        "def work(n): return n * 2\n"
        "if __name__ == '__main__':\n"
        "    for method in ('fork', 'spawn'):\n"
        "        with multiprocessing.get_context(method).Pool(1) as pool:\n"
        "            print(pool.map(work, [1, 2]))\n"
    )
    code = "import multiprocessing, random, logging\nos.execv(exe, [exe, '-Wi', '-m', 'forks'])"
    itself, booted = call_both(python, folder, code)
    assert without_pids(booted) == without_pids(itself)
    assert booted.status == 0, booted.stderr


def test_audit_hooks_see_the_exec(python: SharedPython, folder: Path) -> None:
    code = (
        "def hook(name, arguments):\n"
        "    if name == 'os.exec': print(arguments[1][1:], flush=True)\n"
        "sys.addaudithook(hook)\nos.execv(exe, [exe, '-c', '1', 'x'])"
    )
    itself, booted = call_both(python, folder, code)
    assert without_pids(booted) == without_pids(itself)


def test_os_looks_as_before(python: SharedPython, folder: Path) -> None:
    (folder / "looks.py").write_text(
        "import inspect, os, pickle, posix\n"
        "for name in ('execv', 'execve', 'posix_spawn'):\n"
        "    call = getattr(os, name)\n"
        "    print(call.__name__, call.__qualname__, call.__module__, call.__doc__,\n"
        "          inspect.signature(call), call is getattr(posix, name),\n"
        "          pickle.loads(pickle.dumps(call)) is call)\n"
        "print(os.execve in os.supports_fd)\n"
    )
    itself = run([python.executable, "looks.py"], folder)
    booted = run([python.executable, BOOT_SCRIPT, "script", "looks.py"], folder)
    assert booted == itself
