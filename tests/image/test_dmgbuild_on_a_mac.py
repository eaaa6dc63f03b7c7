"""The part that dmgbuild plays on a Mac, played here by a module that notes what it is told."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from image.building import EPOCH, small_app
from plover_tray.errors import OutputExistsError, ToolError
from plover_tray.image import DmgProgress, DmgSettings, make_dmg


class StandInDmgbuild(ModuleType):
    """Takes the place of dmgbuild."""

    def __init__(self) -> None:
        super().__init__("dmgbuild")
        self.calls: list[dict[str, Any]] = []
        self.error: BaseException | None = None
        self.content: bytes | None = b"an image"

    def build_dmg(self, filename: str, volume_name: str, **how: Any) -> None:
        self.calls.append({"filename": filename, "volume_name": volume_name, **how})
        how["callback"]({"type": "build::started"})
        how["callback"]({"type": "command::start", "command": "hdiutil::create"})
        how["callback"]({"type": "operation::start", "operation": "files::add"})
        if self.error:
            raise self.error
        if self.content is not None:
            Path(filename).write_bytes(self.content)


@pytest.fixture
def dmgbuild(monkeypatch: pytest.MonkeyPatch) -> StandInDmgbuild:
    stand_in = StandInDmgbuild()
    monkeypatch.setitem(sys.modules, "dmgbuild", stand_in)
    return stand_in


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return small_app(tmp_path)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out/image.dmg"


def test_dmgbuild_makes_the_image_where_this_is_a_mac(
    dmgbuild: StandInDmgbuild, app: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr("plover_tray.image.output.rename_new", lambda one, other: one.rename(other))
    steps: list[DmgProgress] = []
    report = make_dmg(app, output, volume_name="Plover", progress=steps.append)
    assert output.read_bytes() == b"an image"
    assert (report.backend, report.size, report.volume_name) == ("dmgbuild", 8, "Plover")
    assert [step.detail for step in steps] == ["hdiutil::create", "files::add"]
    (call,) = dmgbuild.calls
    assert call["volume_name"] == "Plover"
    told = call["settings"]
    assert told["files"] == [(str(app), "Small.app")]
    assert told["symlinks"] == {"Applications": "/Applications"}
    assert told["icon_locations"] == {"Small.app": (170, 190), "Applications": (470, 190)}
    assert told["background"].endswith(".tiff")
    assert [path.name for path in output.parent.iterdir()] == ["image.dmg"]


def test_what_only_a_mac_can_do_is_handed_on(
    dmgbuild: StandInDmgbuild, app: Path, output: Path
) -> None:
    settings = DmgSettings(
        files=((app, app.name),),
        filesystem="APFS",
        format="UDCO",
        license={"default-language": "en_US"},
        create_hook=print,
        background=(1.0, 0.5, 0.0),
    )
    report = make_dmg(
        app, output, settings, backend="dmgbuild", volume_name="n" * 40, source_date_epoch=EPOCH
    )
    told = dmgbuild.calls[0]["settings"]
    assert (told["filesystem"], told["format"], told["create_hook"]) == ("APFS", "UDCO", print)
    assert told["license"] == {"default-language": "en_US"}
    assert told["background"] == "rgb(1.000000,0.500000,0.000000)"
    assert any("not the same bytes twice" in note for note in report.notes)


class DMGError(Exception):
    """As dmgbuild's own."""


@pytest.mark.parametrize(
    "error",
    [
        DMGError("Unable to create disk image: busy\nmore"),
        ValueError("bad"),
        OSError(28, "No space left on device"),
        subprocess.CalledProcessError(1, ["sync"]),
    ],
)
def test_its_errors_are_one_line_and_nothing_is_left(
    error: Exception, dmgbuild: StandInDmgbuild, app: Path, output: Path
) -> None:
    dmgbuild.error = error
    with pytest.raises(ToolError, match="dmgbuild could not make the image") as caught:
        make_dmg(app, output, backend="dmgbuild")
    assert "\n" not in str(caught.value)
    assert list(output.parent.iterdir()) == []


def test_an_error_that_is_a_mistake_of_ours_is_not_hidden(
    dmgbuild: StandInDmgbuild, app: Path, output: Path
) -> None:
    dmgbuild.error = AttributeError("a bug")
    with pytest.raises(AttributeError):
        make_dmg(app, output, backend="dmgbuild")
    assert list(output.parent.iterdir()) == []


def test_no_image_and_no_error(dmgbuild: StandInDmgbuild, app: Path, output: Path) -> None:
    dmgbuild.content = None
    with pytest.raises(ToolError, match="without an image"):
        make_dmg(app, output, backend="dmgbuild")


def test_an_output_that_exists_is_not_touched(
    dmgbuild: StandInDmgbuild, app: Path, output: Path
) -> None:
    output.write_bytes(b"precious")
    with pytest.raises(OutputExistsError):
        make_dmg(app, output, backend="dmgbuild")
    assert dmgbuild.calls == []


def test_the_real_dmgbuild_says_that_it_cannot_be_used_off_a_mac(app: Path, output: Path) -> None:
    if sys.platform == "darwin":
        pytest.skip("it can be used here")
    with pytest.raises(ToolError, match="dmgbuild cannot be used here"):
        make_dmg(app, output, backend="dmgbuild")


def test_dmgbuild_that_cannot_be_imported(
    app: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "dmgbuild", None)
    with pytest.raises(ToolError, match="dmgbuild cannot be used here"):
        make_dmg(app, output, backend="dmgbuild")
