"""Fixtures of the boot module's tests: each Python, and a folder with programs to run."""

from pathlib import Path

import pytest
from apps.pythons import SharedPython
from apps.real_runtime import NoRealRuntimeError
from conftest import missing
from launcher.matrix import INITCONFIG, MAVEN, PYTHONS, maven_python
from launcher.matrix import case as launcher_case

from runtime import programs

BARE_PYTHONS = [name for name in PYTHONS if name != INITCONFIG]


def _python(name: str) -> SharedPython:
    try:
        return maven_python() if name == MAVEN else launcher_case(name).python
    except NoRealRuntimeError as error:
        missing(str(error))
        raise


@pytest.fixture(params=BARE_PYTHONS)
def python(request: pytest.FixtureRequest) -> SharedPython:
    """Each CPython that the machine has, and 3.14."""
    return _python(request.param)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the programs of `programs.py`, whose name needs care."""
    place = tmp_path / "a folder & é"
    place.mkdir()
    return programs.lay(place)
