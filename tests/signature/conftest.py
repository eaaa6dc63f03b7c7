"""Signed code to look at, in the cache: only for reading."""

import shutil
from pathlib import Path

import pytest

from plover_tray.macho.file import parse_macho
from plover_tray.signature.blobs import SuperBlob, parse_superblob
from plover_tray.signing.sign import seal_in_place
from signature.parts import EXECUTABLE, apple_signed_app, small_app, tool


@pytest.fixture(scope="session")
def apple_app() -> Path:
    """An app that Apple's tools signed with a Developer ID."""
    return apple_signed_app()


@pytest.fixture
def own_apple_app(apple_app: Path, tmp_path: Path) -> Path:
    """A copy of it to be damaged."""
    return Path(shutil.copytree(apple_app, tmp_path / "Signed.app", symlinks=True))


@pytest.fixture(scope="session")
def small_app_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small bundle, unsealed: only for reading."""
    return small_app(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def small_app_sealed(small_app_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small bundle, sealed: only for reading."""
    app = tmp_path_factory.mktemp("sealed") / "Small.app"
    shutil.copytree(small_app_made, app, symlinks=True)
    seal_in_place(app)
    return app


@pytest.fixture
def app(small_app_made: Path, tmp_path: Path) -> Path:
    """A small unsealed bundle of real parts, to be changed."""
    return Path(shutil.copytree(small_app_made, tmp_path / "Small.app", symlinks=True))


@pytest.fixture
def sealed(small_app_sealed: Path, tmp_path: Path) -> Path:
    """A small sealed bundle, to be changed."""
    return Path(shutil.copytree(small_app_sealed, tmp_path / "sealed" / "Small.app", symlinks=True))


def superblob_of(path: Path, slice_number: int = 0) -> SuperBlob:
    """The signature of one slice of a Mach-O file."""
    data = path.read_bytes()
    slice_ = parse_macho(data).slices[slice_number]
    where = slice_.code_signature
    assert where is not None
    start = slice_.offset + where.offset
    return parse_superblob(data[start : start + where.size])


@pytest.fixture(scope="session")
def apple_superblob(apple_app: Path) -> SuperBlob:
    """The signature of its x86_64 slice."""
    return superblob_of(apple_app / EXECUTABLE)


@pytest.fixture(scope="session")
def adhoc_superblob() -> SuperBlob:
    """An ad-hoc signature made by Apple's codesign."""
    return superblob_of(tool())
