"""How long it takes from a process's start to the first line of a module.

    python benchmarks/startup.py [RUNS]

Comes in: this machine's Python, the launcher built against GNUstep, the real Plover. Goes out:
medians of RUNS (20) runs taken in turn, as ratios to the bare interpreter on the same standard
library, with the bound that each has to keep. What GNUstep charges for an application, to open its
AppKit (the launcher does that for sharedApplication alone) and inside sharedApplication, is
measured in the process, reported by itself and taken off where a line says so. The boot module is
compiled as `fix` does it by default; what an app pays where it cannot be stands last, without a
bound.
"""

import os
import runpy
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "tests"))

from apps.linux_bundle import make_linux_bundle, plover_site_packages  # noqa: E402
from apps.pythons import SharedPython, shared_python  # noqa: E402

from plover_tray.tray.virtual_display import virtual_display  # noqa: E402

FIRST_LINE = """\
import time; now = time.monotonic_ns()
import os
value = os.environ.get
os.write(1, f"{now} {value('APPKIT_OPEN', 0)} {value('APPKIT_SHARED', 0)}\\n".encode())
os._exit(0)
"""
"""A module that says when its first line ran, and ends the process at once."""

OLD_STUB = """\
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    char **all = calloc(argc + 4, sizeof *all);
    int count = 0;
    all[count++] = INTERPRETER;
    all[count++] = "-s";
    all[count++] = "-m";
    all[count++] = "plover.scripts.dist_main";
    for (int i = 1; i < argc; i++) all[count++] = argv[i];
    return execv(INTERPRETER, all);
}
"""
"""What Plover's launcher did up to 5.2.2."""


@dataclass
class Way:
    """One way to the first line, and how long it took each time, in milliseconds."""

    name: str
    command: list[str]
    environment: dict[str, str]
    total: list[float] = field(default_factory=list)
    opening: list[float] = field(default_factory=list)
    shared: list[float] = field(default_factory=list)

    def run(self) -> None:
        """Run it once more."""
        start = time.monotonic_ns()
        done = subprocess.run(
            self.command, env=self.environment, stdout=subprocess.PIPE, check=True
        )
        end, opening, shared = map(int, done.stdout.split())
        self.total.append((end - start) / 1e6)
        self.opening.append(opening / 1e6)
        self.shared.append(shared / 1e6)

    def without_appkit(self) -> float:
        """The median, less what AppKit charges."""
        rows = zip(self.total, self.opening, self.shared, strict=True)
        return statistics.median(a - b - c for a, b, c in rows)


def in_turn(runs: int, *ways: Way) -> None:
    """Run all ways RUNS times, one after the other, after one round to warm up."""
    for number in range(runs + 1):
        for way in ways:
            way.run()
            if number == 0:
                way.total.clear()
                way.opening.clear()
                way.shared.clear()


def line(way: Way, base: Way, bound: float, of: Callable[[Way], float]) -> bool:
    """Print one result; return whether it keeps its bound."""
    ratio = of(way) / of(base)
    kept = ratio <= bound
    print(
        f"{way.name:<58} {of(way):7.2f} ms  {ratio:5.2f} of {of(base):6.2f} ms"
        f"  (at most {bound:.2f}: {'kept' if kept else 'NOT KEPT'})"
    )
    return kept


def median(way: Way) -> float:
    """The median of the whole time."""
    return statistics.median(way.total)


def bare_environment(python: SharedPython, home: Path, common: Mapping[str, str]) -> dict[str, str]:
    """What makes Python's own interpreter use the bundle's standard library."""
    library = str(python.library.parent)
    return {**common, "PYTHONHOME": str(home), "LD_LIBRARY_PATH": library}


def uncompiled_copy(program: Path) -> Path:
    """The launcher of a copy of its bundle, without the boot module's bytecode."""
    bundle = program.parents[2]
    copy = bundle.parent / "uncompiled" / bundle.name
    shutil.copytree(bundle, copy, symlinks=True)
    shutil.rmtree(copy / "Contents/Resources/plover-tray/__pycache__")
    return copy / program.relative_to(bundle)


def measure(runs: int, folder: Path, display: str) -> bool:
    """Make the bundle, run everything, print; return whether all bounds are kept."""
    python = shared_python()
    if python is None:
        sys.exit("no CPython with a shared libpython was found")
    packages = folder / "site-packages"
    source = plover_site_packages(python)
    shutil.copytree(source, packages, ignore=shutil.ignore_patterns("PySide6", "shiboken6"))
    (packages / "first_line.py").write_text(FIRST_LINE)
    (packages / "plover/scripts/main.py").write_text(FIRST_LINE)
    bundle = make_linux_bundle(
        folder, {"Module": "first_line"}, python=python, site_packages=packages
    )
    chain = make_linux_bundle(
        folder,
        {"Module": "plover.scripts.dist_main", "Flags": ["-s"]},
        python=python,
        site_packages=packages,
        name="Plover",
    )
    clock = folder / "launcher"
    flags = [str(PROJECT / "benchmarks/appkit_clock.c"), "-Wl,--wrap=dlopen"]
    build = runpy.run_path(str(PROJECT / "launcher/build.py"))
    build["build_gnustep"](clock, flags=flags)
    apps = {}
    for made in (bundle, chain):
        apps[made] = made / "Contents/MacOS" / made.stem
        shutil.copy2(clock, apps[made])
    interpreter = bundle / f"Contents/MacOS/python{python.version}"
    home = bundle / f"Contents/Frameworks/Python.framework/Versions/{python.version}"

    common = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "DISPLAY": display,
        "PLOVER_TRAY_HEADLESS": "1",
    }
    bare = bare_environment(python, home, common)
    stub = folder / "stub"
    (folder / "stub.c").write_text(OLD_STUB)
    macro = f'-DINTERPRETER="{python.executable}"'
    subprocess.run(["gcc", "-O2", macro, folder / "stub.c", "-o", stub], check=True)

    def way(name: str, environment: dict[str, str], *command: str | Path) -> Way:
        return Way(name, [str(word) for word in command], environment)

    own = way("bare interpreter", bare, python.executable, "-m", "first_line")
    child = way("interpreter role", common, interpreter, "-m", "first_line")
    app = way("app role, AppKit taken off", common, apps[bundle])
    old = way("stub, python, dist_main, python", bare, stub, "--gui", "none")
    new = way("app role through dist_main, AppKit taken off", common, apps[chain], "--gui", "none")
    uncompiled = [
        way("app role", common, uncompiled_copy(apps[bundle])),
        way("through dist_main", common, uncompiled_copy(apps[chain]), "--gui", "none"),
    ]
    in_turn(runs, own, child, app, old, new, *uncompiled)

    print(f"CPython {python.full_version}, medians of {runs} runs taken in turn\n")
    kept = [
        line(child, own, 1.10, median),
        line(app, own, 1.25, Way.without_appkit),
        line(new, old, 0.75, Way.without_appkit),
    ]
    opening, shared = statistics.median(app.opening), statistics.median(app.shared)
    print(
        f"\nGNUstep charges {opening:.1f} ms to be opened and {shared:.1f} ms in"
        f" sharedApplication; with both the app role takes {median(app):.1f} ms, through"
        f" dist_main {median(new):.1f} ms."
    )
    print("\nThe same with a boot module that is not compiled:")
    for slow, base in zip(uncompiled, (own, old), strict=True):
        took, whole = slow.without_appkit(), median(base)
        print(f"{slow.name:<58} {took:7.2f} ms  {took / whole:5.2f} of {whole:6.2f} ms")
    return all(kept)


def main() -> int:
    """Return 1 if a bound is not kept."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory(prefix="startup-") as folder, virtual_display() as display:
        return 0 if measure(runs, Path(folder), display) else 1


if __name__ == "__main__":
    sys.exit(main())
