"""How long a rehearsal takes: an exec stub's two slices, in this process and as a process.

    python benchmarks/rehearse.py [BUNDLE] [--rounds N]

Without BUNDLE it takes the tests' stub in the style of Plover 5.2. Each line is the fastest, the
median and the slowest of N rounds (other work on the machine only ever adds), then the bound that
the project has set itself, and what that is in starts of a bare Python here, measured in the same
run. `first` is the first rehearsal of a process, which loads LIEF, unicorn and the models.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from apps.bundles import make_bundle

BOUNDS = {"both slices": 0.5, "process": 2.0}
"""Seconds."""

FIRST = (
    "import sys, time; from plover_tray.rehearsal import rehearse; start = time.perf_counter();"
    "rehearse(sys.argv[1], ['a', 'b']); print(time.perf_counter() - start)"
)


def timed(rounds: int, action: Callable[[], float | None]) -> list[float]:
    """Seconds of each round; what `action` gives counts where it measures itself."""
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        own = action()
        found.append(time.perf_counter() - start if own is None else own)
    return sorted(found)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("bundle", nargs="?", type=Path)
    arguments.add_argument("--rounds", type=int, default=7)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bundle = given.bundle or make_bundle(Path(folder) / "Stub.app", "plover-5.2")

        def printed(*words: str) -> str:
            command = [sys.executable, *words]
            return subprocess.run(command, check=True, capture_output=True, text=True).stdout

        def run(*words: str) -> None:
            printed(*words)

        def rehearse_again() -> None:
            from plover_tray.rehearsal import rehearse  # noqa: PLC0415 - its loading is measured

            rehearse(bundle, ["a", "b"])

        bare = timed(given.rounds, lambda: run("-c", "pass"))
        rehearse_again()
        lines = {
            "both slices": timed(given.rounds, rehearse_again),
            "first": timed(given.rounds, lambda: float(printed("-c", FIRST, str(bundle)))),
            "process": timed(
                given.rounds, lambda: run("-m", "plover_tray", "rehearse", str(bundle))
            ),
        }
    print(f"{'':12} {'min':>8} {'median':>8} {'max':>8}   bound   of a bare Python's start")
    for name, times in {"bare Python": bare, **lines}.items():
        bound = BOUNDS.get(name)
        shown = f"{bound:5.1f} s" if bound else "       "
        figures = " ".join(f"{t:7.3f}s" for t in (times[0], statistics.median(times), times[-1]))
        print(f"{name:12} {figures}  {shown}  {times[0] / bare[0]:6.2f}")


if __name__ == "__main__":
    main()
