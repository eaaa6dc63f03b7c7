"""How long a DMG takes, against `pigz -6 -p2` over the same volume, and how much memory.

    python benchmarks/dmg.py [APP] [--rounds N] [--scratch FOLDER] [--gigabyte]

Without APP it takes the tests' demo bundle, the real Plover with all of PySide6. The volume is made
once by xorriso; then it is packed by us in each format and by pigz, in turns in one run, with two
threads each. Of each the fastest round counts, since other work on the machine only ever adds. Size
is against pigz's too. With `--gigabyte` a whole image of an app of 1 GiB is made in a process of
its own, for the most memory that it has at any time.
"""

import argparse
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from apps.bundles import plover_bundle

from plover_tray.image.contents import collect
from plover_tray.image.source import FileSource, Source
from plover_tray.image.udif.write import write_udif
from plover_tray.image.volume import VolumePlan, build_volume

BOUNDS = {"UDZO": 1.15}
"""Times pigz' wall time, which the project has set itself."""
MEMORY_BOUND = 200
"""MB for an app of 1 GiB."""

MAKE = (
    "import sys; from pathlib import Path; from plover_tray.image import make_dmg\n"
    "make_dmg(Path(sys.argv[1]), Path(sys.argv[2]), image_format=sys.argv[3], backend='builtin')\n"
)


def volume_of(app: Path, folder: Path) -> Path:
    """The volume of an image of `app`, in a file of its own."""
    contents = collect([(app, app.name)], {"Applications": "/Applications"}, time.time())
    plan = VolumePlan("Benchmark", contents, int(time.time()), False, {}, False, None)
    volume, disk = build_volume(plan, folder)
    target = folder / "volume"
    with target.open("wb") as file:
        for at in range(0, volume.size, 1 << 20):
            file.write(volume.read(at, min(1 << 20, volume.size - at)))
    disk.close()
    (folder / "disk").unlink()
    return target


def pack(volume: Path, target: Path, image_format: str) -> None:
    source: Source = FileSource(volume)
    with target.open("wb") as file:
        write_udif(source, file, image_format, threads=2)  # type: ignore[arg-type]


def pigz(volume: Path, target: Path) -> None:
    with target.open("wb") as file:
        subprocess.run(["pigz", "-6", "-p2", "-c", str(volume)], stdout=file, check=True)


def wall(action: Callable[[], None]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def compare(app: Path, folder: Path, rounds: int) -> None:
    started = time.perf_counter()
    volume = volume_of(app, folder)
    print(
        f"volume of {volume.stat().st_size / 1e6:.1f} MB in {time.perf_counter() - started:.1f} s"
    )
    actions: dict[str, Callable[[], None]] = {
        "pigz -6 -p2": lambda: pigz(volume, folder / "pigz -6 -p2"),
        "UDZO": lambda: pack(volume, folder / "UDZO", "UDZO"),
        "UDBZ": lambda: pack(volume, folder / "UDBZ", "UDBZ"),
        "ULMO": lambda: pack(volume, folder / "ULMO", "ULMO"),
    }
    times: dict[str, list[float]] = {name: [] for name in actions}
    for number in range(rounds):
        for name, action in actions.items():
            if number == 0 or name in ("pigz -6 -p2", "UDZO"):
                times[name].append(wall(action))
    base = min(times["pigz -6 -p2"])
    base_size = (folder / "pigz -6 -p2").stat().st_size
    for name, found in times.items():
        size = (folder / name).stat().st_size
        bound = f"  (at most {BOUNDS[name]:.2f})" if name in BOUNDS else ""
        print(
            f"{name:12} {min(found):7.2f} s  x{min(found) / base:5.2f}{bound:16}"
            f"  {size / 1e6:7.1f} MB  x{size / base_size:.3f}"
        )
    print(f"memory here  {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:7.0f} MB")


def gigabyte(folder: Path) -> None:
    app = folder / "Large.app"
    (app / "Contents").mkdir(parents=True)
    (app / "Contents/Info.plist").write_text('<plist version="1.0"><dict/></plist>')
    noise = random.Random(1)
    for number in range(64):
        block = noise.randbytes(1 << 20)
        text = b"".join(b"%d some text\n" % n for n in range(200_000))[: 1 << 20]
        (app / f"Contents/{number}").write_bytes((block + text) * 8)
    for image_format in ("UDZO", "UDBZ", "ULMO"):
        image = folder / f"{image_format}.dmg"
        started = time.perf_counter()
        child = os.posix_spawn(
            sys.executable,
            [sys.executable, "-c", MAKE, str(app), str(image), image_format],
            dict(os.environ),
        )
        _, status, usage = os.wait4(child, 0)
        assert status == 0
        print(
            f"1 GiB {image_format} {time.perf_counter() - started:6.1f} s"
            f"  {usage.ru_maxrss / 1000:5.0f} MB  (at most {MEMORY_BOUND})"
        )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("app", nargs="?", type=Path)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--scratch", type=Path)
    arguments.add_argument("--gigabyte", action="store_true")
    given = arguments.parse_args()
    if shutil.which("pigz") is None:
        sys.exit("pigz is not installed (Debian's package pigz)")
    with tempfile.TemporaryDirectory(dir=given.scratch) as name:
        folder = Path(name)
        if given.gigabyte:
            gigabyte(folder)
            return
        compare(given.app or plover_bundle(), folder, given.rounds)


if __name__ == "__main__":
    main()
