"""How long a fix of the demo bundle takes beside `cp -a` of it.

    PYTHONPATH=tests python benchmarks/fix.py [ROUNDS] [FOLDER]

Comes in: the Plover bundle of the demo (some 480 MB). Goes out: medians, and how `fix --no-seal`
stands to its bound of 1.5 times `cp -a` plus one second; a whole `fix`, which also mends and seals,
is shown beside. The two copies take turns, so that both meet the same machine.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from apps.bundles import plover_bundle

BOUND_FACTOR, BOUND_EXTRA = 1.5, 1.0


def timed(call: Callable[[], object], made: Path) -> float:
    """Seconds of `call`, on a disk with nothing waiting to be written; what it made goes away."""
    os.sync()
    start = time.perf_counter()
    call()
    seconds = time.perf_counter() - start
    shutil.rmtree(made)
    return seconds


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    bundle = plover_bundle()
    with tempfile.TemporaryDirectory(dir=sys.argv[2] if len(sys.argv) > 2 else None) as folder:
        made = Path(folder, "Plover.app")

        def copy() -> None:
            subprocess.run(["cp", "-a", bundle, made], check=True)

        def fix(*options: str) -> None:
            command = [
                sys.executable,
                "-m",
                "plover_tray",
                "fix",
                "-q",
                str(bundle),
                "-o",
                str(made),
            ]
            subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL)

        calls: dict[str, Callable[[], object]] = {
            "cp -a": copy,
            "fix --no-seal": lambda: fix("--no-seal"),
            "fix": fix,
        }
        times: dict[str, list[float]] = {name: [] for name in calls}
        for number in range(rounds + 1):
            for name, call in calls.items():
                seconds = timed(call, made)
                if number:  # the first round warms the disk's cache
                    times[name].append(seconds)
    medians = {name: statistics.median(seconds) for name, seconds in times.items()}
    bound = BOUND_FACTOR * medians["cp -a"] + BOUND_EXTRA
    for name, seconds in medians.items():
        print(f"{name:<14} {seconds:6.2f} s   {seconds / medians['cp -a']:5.2f} times cp -a")
    kept = "within" if medians["fix --no-seal"] <= bound else "OVER"
    print(f"fix --no-seal is {kept} the bound of 1.5 times cp -a + 1 s = {bound:.2f} s")


if __name__ == "__main__":
    main()
