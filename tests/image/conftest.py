"""Images that many tests look at: made once, never changed."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from image.building import EPOCH, make_app
from image.independent import tool
from plover_tray.image import DmgReport, make_dmg


@dataclass(frozen=True, slots=True)
class Made:
    """An app and the image made of it."""

    app: Path
    image: Path
    report: DmgReport


@pytest.fixture(scope="session")
def odd_app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An app with everything in it that a volume must keep."""
    return make_app(tmp_path_factory.mktemp("odd"))


@pytest.fixture(scope="session")
def made(odd_app: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The UDZO image of the odd app, by the built-in backend."""
    tool("xorriso")
    image = tmp_path_factory.mktemp("made") / "odd.dmg"
    report = make_dmg(odd_app, image, source_date_epoch=EPOCH, backend="builtin")
    return Made(odd_app, image, report)


@pytest.fixture(scope="session")
def volume_file(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The volume of that image in a file of its own, unpacked by dmg2img."""
    from image.independent import run

    target = tmp_path_factory.mktemp("volume") / "volume.hfs"
    ended = run(tool("dmg2img"), "-i", made.image, "-o", target)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return target
