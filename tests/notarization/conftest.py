"""A small sealed app, dialogues with a stand-in, and a clock that never waits."""

from pathlib import Path

import pytest
from signature.conftest import (
    apple_app,
    own_apple_app,
    sealed,
    small_app_made,
    small_app_sealed,
)

from notarization.dialogues import Dialogue, PlayedClock, dialogue_for

__all__ = ["apple_app", "own_apple_app", "sealed", "small_app_made", "small_app_sealed"]


@pytest.fixture(params=["notarytool", "rcodesign"])
def dialogue(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Dialogue:
    """The service through each of the tools."""
    return dialogue_for(request.param, tmp_path, monkeypatch)


@pytest.fixture
def clock() -> PlayedClock:
    return PlayedClock()


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A file that is called a DMG; nobody looks into it."""
    file = tmp_path / "Small.dmg"
    file.write_bytes(b"image" * 100)
    return file
