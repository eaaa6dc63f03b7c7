"""How long sealing and verifying a bundle take, against `sha256sum` over the same files.

    python benchmarks/signing.py [BUNDLE] [--rounds N] [--scratch FOLDER]

Without BUNDLE it takes the tests' demo bundle, the real Plover with all of PySide6. Everything is
measured in turns in one run, on a copy in FOLDER (a temporary one otherwise); of each the fastest
round counts, since other work on the machine only ever adds. `sign` is the sealing of a private
copy, as `fix` does it too: signing all Mach-O files anew, hashing, writing. Making that copy is
measured by itself, beside `cp`: it is the file system's business (0.3 ms for each new file, seen
here on ext4).
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from plover_tray.bundle.app_bundle import AppBundle
from plover_tray.signature.verify import verify
from plover_tray.signing.sign import seal_in_place
from plover_tray.writing.staging import staged_copy

TARGETS = {"sign": 2.0, "verify": 1.5}


def sha256sum(bundle: Path) -> None:
    """Hash every file once, as coreutils does."""
    command = "find . -type f -print0 | xargs -0 sha256sum > /dev/null"
    subprocess.run(command, shell=True, cwd=bundle, check=True)


def copied(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def staged(source: Path, target: Path) -> None:
    with staged_copy(AppBundle.open(source), target):
        pass


def checked(bundle: Path) -> None:
    found = verify(bundle)
    assert found.ok, found.problems[:3]


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=Path, nargs="?")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scratch", type=Path)
    arguments = parser.parse_args()
    source = arguments.bundle
    if source is None:
        from apps.bundles import plover_bundle  # noqa: PLC0415 - fetches wheels

        source = plover_bundle()
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as folder:
        bundle = Path(folder) / source.name
        copied(source, bundle)
        report = seal_in_place(bundle)
        files = [p for p in bundle.rglob("*") if p.is_file() and not p.is_symlink()]
        size = sum(p.stat().st_size for p in files)
        print(
            f"{source.name}: {size >> 20} MB in {len(files)} files, {report.files} Mach-O files, "
            f"{report.bundles} bundles; {os.cpu_count()} processors"
        )
        other = Path(folder) / "copy.app"
        works: dict[str, Callable[[], object]] = {
            "sha256sum": lambda: sha256sum(bundle),
            "sign": lambda: seal_in_place(bundle),
            "verify": lambda: checked(bundle),
            "cp -a": lambda: copied(bundle, other),
            "staged copy": lambda: staged(bundle, other.with_name("staged.app")),
        }
        best = dict.fromkeys(works, float("inf"))
        for _ in range(arguments.rounds):
            for name, work in works.items():
                best[name] = min(best[name], timed(work))
    failed = 0
    for name, seconds in best.items():
        ratio = seconds / best["sha256sum"]
        target = TARGETS.get(name)
        judged = "" if target is None else f"  (at most {target:.1f})"
        failed += target is not None and ratio > target
        print(f"{name:12} {seconds:6.2f} s  {ratio:5.2f} x sha256sum{judged}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
