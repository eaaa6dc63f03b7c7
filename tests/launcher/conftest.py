"""Fixtures of the launcher's tests: one bundle for every Python, and for one Python."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from apps.real_runtime import NoRealRuntimeError
from conftest import missing

from launcher.matrix import PYTHONS, Bundle, Case, case, lay_bundle

MakeBundle = Callable[..., Bundle]


def _case(name: str) -> Case:
    if sys.platform != "linux":
        missing("the launcher for GNUstep runs on Linux only")
    try:
        return case(name)
    except NoRealRuntimeError as error:
        missing(str(error))
        raise


@pytest.fixture(params=PYTHONS)
def python(request: pytest.FixtureRequest) -> Case:
    """Each Python in turn."""
    return _case(request.param)


@pytest.fixture
def newest() -> Case:
    """The newest of the machine's own Pythons, for what does not depend on the version."""
    own = PYTHONS[:-2]
    if not own:
        missing("no CPython with a shared libpython was found (Debian's package libpython3-dev)")
    return _case(own[-1])


@pytest.fixture
def make_bundle(tmp_path: Path) -> MakeBundle:
    """`lay_bundle` in a folder of the test, whose name needs care everywhere."""
    folder = tmp_path / "a folder & é"
    folder.mkdir()

    def make(case: Case, **options: Any) -> Bundle:
        return lay_bundle(folder, case, **options)

    return make
