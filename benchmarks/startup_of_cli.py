"""What the command line costs before it does anything.

    python benchmarks/startup_of_cli.py [RUNS]

Goes out: the CPU time of `plover-tray --help` and of `import plover_tray`, the least of RUNS (20)
runs taken in turn, in seconds and as a ratio to `python -c pass`; `--help` keeps its bound or not.
"""

import os
import subprocess
import sys
from collections.abc import Sequence

BOUND = 0.15
"""Seconds of CPU for `--help`."""

COMMANDS = {
    "python -c pass": ("-c", "pass"),
    "import plover_tray": ("-c", "import plover_tray"),
    "plover-tray --help": ("-m", "plover_tray", "--help"),
}


def cpu_of(arguments: Sequence[str]) -> float:
    """Seconds of CPU that this Python takes with the arguments, in user and system together."""
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"python {' '.join(arguments)} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def main() -> int:
    """Return 1 if the bound is not kept."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    least = dict.fromkeys(COMMANDS, float("inf"))
    for _ in range(runs + 1):
        for name, arguments in COMMANDS.items():
            least[name] = min(least[name], cpu_of(arguments))
    bare = least["python -c pass"]
    for name, seconds in least.items():
        print(f"{name:<20} {seconds:6.3f} s  {seconds / bare:5.1f} of python -c pass")
    kept = least["plover-tray --help"] <= BOUND
    print(f"--help takes at most {BOUND} s of CPU: {'kept' if kept else 'NOT KEPT'}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
