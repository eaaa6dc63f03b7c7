"""A bundle that several tests read."""

from pathlib import Path

import pytest
from apps.bundles import make_bundle


@pytest.fixture(scope="session")
def exec_stub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle whose main executable execs Python: read it, never change it."""
    return make_bundle(tmp_path_factory.mktemp("exec"))
