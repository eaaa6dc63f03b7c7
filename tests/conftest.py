"""What tests of several parts share: bundles, this machine's Pythons, displays.

Comes in: `apps`, the builders. Goes out: fixtures. A part of the machine that is missing skips the
tests that need it, unless `PLOVER_TRAY_REQUIRE=1` says that everything must be there (`ci/test`
sets it where it has installed everything).
"""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from apps.bundles import plover_bundle
from apps.linux_bundle import gnustep_launcher, plover_site_packages
from apps.pythons import SharedPython, shared_python
from hypothesis import HealthCheck, settings
from stand_ins import StandIns

from plover_tray.errors import ToolError
from plover_tray.rehearsal.ending import RAISE_OWN_ERRORS
from plover_tray.tray.virtual_display import tray_in, virtual_display

settings.register_profile(
    "any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any-machine")  # however slow it is

# An error of the rehearsal's own must fail a test, not pass for an end.
os.environ.setdefault(RAISE_OWN_ERRORS, "1")


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell's background jobs ignore Ctrl-C, and so would every program that a test starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def missing(reason: str) -> None:
    """Skip the test because the machine lacks something; fail where nothing may be missing."""
    if os.environ.get("PLOVER_TRAY_REQUIRE") == "1":
        pytest.fail(f"{reason}, and PLOVER_TRAY_REQUIRE=1 says that nothing may be missing")
    pytest.skip(reason)


@pytest.fixture
def stand_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIns:
    """Scripts that are found in place of other programs: `stand_ins.put("/bin/ps", "echo 1")`."""
    return StandIns(tmp_path / "stand-ins", monkeypatch)


@pytest.fixture(scope="session")
def plover_app() -> Path:
    """The demo bundle in the cache, the real Plover 5.4.2: read it, copy it, never change it."""
    return plover_bundle()


@pytest.fixture(scope="session")
def linux_python() -> SharedPython:
    """A CPython of this machine that a launcher can load, this process's own version if it can."""
    if sys.platform != "linux":
        missing("the launcher for GNUstep runs on Linux only")
    python = shared_python()
    if python is None:
        missing("no CPython with a shared libpython was found (Debian's package libpython3-dev)")
    assert python is not None
    return python


@pytest.fixture(scope="session")
def linux_launcher(linux_python: SharedPython) -> Path:
    """The project's launcher, built for this machine."""
    try:
        return gnustep_launcher()
    except Exception as error:
        missing(f"the launcher cannot be built against GNUstep: {error}")
        raise


@pytest.fixture(scope="session")
def linux_plover_packages(linux_python: SharedPython) -> Path:
    """Linux's Plover 5.4.2, PySide6-Essentials and pip for `linux_python`: only for reading."""
    try:
        return plover_site_packages(linux_python)
    except RuntimeError as error:
        missing(f"Plover cannot be installed here: {error}")
        raise


@pytest.fixture(scope="session")
def x_display() -> Iterator[str]:
    """A virtual display of this worker, without a tray."""
    try:
        with virtual_display() as display:
            yield display
    except ToolError as error:
        missing(str(error))


@pytest.fixture(scope="session")
def tray_display() -> Iterator[str]:
    """A virtual display of this worker with a real system tray in it."""
    try:
        with virtual_display() as display, tray_in(display):
            yield display
    except ToolError as error:
        missing(str(error))
