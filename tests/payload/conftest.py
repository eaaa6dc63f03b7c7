"""Fixtures of the boot module's tests: each Python, and a folder with programs to run."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from apps.pythons import SharedPython
from apps.real_runtime import NoRealRuntimeError
from conftest import missing
from launcher.matrix import INITCONFIG, MAVEN, PYTHONS, Case, maven_python
from launcher.matrix import case as launcher_case

from payload import programs
from payload.bundles import App, MakeApp, app_bundle

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


@pytest.fixture(params=[BARE_PYTHONS[0], BARE_PYTHONS[-2], BARE_PYTHONS[-1]])
def some_python(request: pytest.FixtureRequest) -> SharedPython:
    """The oldest and the newest ones, for what hardly depends on the version."""
    return _python(request.param)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the programs of `programs.py`, whose name needs care."""
    place = tmp_path / "a folder & é"
    place.mkdir()
    return programs.lay(place)


@pytest.fixture
def make_app(tmp_path: Path, x_display: str) -> Iterator[MakeApp]:
    folder = tmp_path / "a folder & é"
    folder.mkdir()
    with ExitStack() as stack:

        def make(case: Case, code: str, **options: Any) -> App:
            return stack.enter_context(app_bundle(folder, case, code, display=x_display, **options))

        yield make


@pytest.fixture(params=BARE_PYTHONS)
def case(request: pytest.FixtureRequest) -> Case:
    """Each Python in turn."""
    try:
        return launcher_case(request.param)
    except Exception as error:
        if request.param == MAVEN:
            missing(str(error))
        raise


@pytest.fixture
def newest() -> Case:
    """The newest of the machine's own Pythons."""
    return launcher_case([name for name in PYTHONS if name not in (INITCONFIG, MAVEN)][-1])


@pytest.fixture
def qt_case(linux_python: SharedPython) -> Case:
    """The Python for which PySide6 is there."""
    return launcher_case(linux_python.version)
