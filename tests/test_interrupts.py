"""An interrupt waits until the C++ libraries are done, and then interrupts."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from apps.bundles import make_bundle

from plover_tray.interrupts import held_back, interrupt_once

AT_LIEF = """
import os, signal, sys
class Finder:
    def find_spec(name, path=None, target=None):
        if name == "lief":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder)
import plover_tray
try:
    plover_tray.rehearse(sys.argv[1])
except KeyboardInterrupt:
    print("interrupted with", hasattr(sys.modules.get("lief"), "MachO"))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_is_held_back_comes_after_the_block(number: signal.Signals) -> None:
    came: list[str] = []
    before = signal.signal(number, lambda *_: came.append("signal"))
    try:
        with held_back():
            os.kill(os.getpid(), number)
            came.append("block")
    finally:
        signal.signal(number, before)
    assert came == ["block", "signal"]


def test_an_interrupt_while_lief_is_imported_waits_for_it(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", AT_LIEF, bundle], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "interrupted with True\n"), done.stderr


INTERRUPTED = """
import os, signal, sys
from plover_tray.writing import scratch_folder, staging
from plover_tray.cli import main
number = getattr(signal, sys.argv.pop(1))
copy_bundle, remove_tree = staging.copy_bundle, scratch_folder.remove_tree
def copied(*arguments):
    copy_bundle(*arguments)
    try:
        os.kill(os.getpid(), number)
    finally:
        os.kill(os.getpid(), number)  # on the way to the tidying up
def removed(folder):
    os.kill(os.getpid(), number)
    remove_tree(folder / "bundle/Contents")
    os.kill(os.getpid(), number)
    remove_tree(folder)
staging.copy_bundle, scratch_folder.remove_tree = copied, removed
main(sys.argv[1:])
"""


@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143)])
@pytest.mark.parametrize("command", ["fix", "sign"])
def test_a_second_interrupt_leaves_nothing_behind(
    command: str, name: str, status: int, tmp_path: Path
) -> None:
    bundle = make_bundle(tmp_path)
    words: list[str | Path] = [command, bundle, "-o", tmp_path / "out.app"]
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, name, *words],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [bundle.name]
    assert done.stderr.startswith("plover-tray: interrupted; tidying up...\n")
    assert "Traceback" not in done.stderr


IGNORED = """
import os, signal, sys
from plover_tray.writing import staging
from plover_tray.cli import main
signal.signal(signal.SIGINT, signal.SIG_IGN)
copy_bundle = staging.copy_bundle
def copied(*arguments):
    os.kill(os.getpid(), signal.SIGINT)
    return copy_bundle(*arguments)
staging.copy_bundle = copied
main(sys.argv[1:])
"""


def test_a_job_in_the_background_goes_on(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    words: list[str | Path] = ["sign", bundle, "-o", tmp_path / "out.app"]
    done = subprocess.run([sys.executable, "-c", IGNORED, *words], check=False)
    assert done.returncode == 0


def test_an_interrupt_with_nothing_to_remove_can_be_repeated() -> None:
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]
    said: list[str] = []
    try:
        interrupt_once(lambda: said.append("tidying"))
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
    assert said == []
