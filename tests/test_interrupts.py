"""An interrupt waits until the C++ libraries are done, and then interrupts."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from apps.bundles import make_bundle

from plover_tray.interrupts import held_back

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
