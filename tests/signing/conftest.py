"""The same bundles as for reading signatures, and the tools of others where they are there."""

import shutil
from pathlib import Path

import pytest
from signature.conftest import app, small_app_made, small_app_sealed

__all__ = ["app", "small_app_made", "small_app_sealed"]


@pytest.fixture(scope="session")
def rcodesign() -> Path:
    """The real rcodesign, from PATH."""
    found = shutil.which("rcodesign")
    if not found:
        pytest.skip("rcodesign (cargo install apple-codesign) is not on PATH")
    return Path(found)
