"""A picture of a Mac's menu bar, with a stand-in of screencapture."""

from pathlib import Path

import pytest
from stand_ins import StandIns

from plover_tray.errors import ToolError
from plover_tray.tray.screencapture import SCREENCAPTURE, save_picture


def test_the_area_is_taken_or_the_whole_screen(stand_ins: StandIns, tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    stand_ins.put(SCREENCAPTURE, 'for last; do :; done; echo picture > "$last"')
    save_picture(picture, (10, 0, 200, 24))
    save_picture(picture, None)
    assert stand_ins.calls(SCREENCAPTURE) == [f"-x -R 10,0,200,24 {picture}", f"-x {picture}"]


@pytest.mark.parametrize("script", ["echo 'could not create image' >&2; exit 1", "echo said"])
def test_a_picture_that_is_not_there_sends_to_the_settings(
    script: str, stand_ins: StandIns, tmp_path: Path
) -> None:
    stand_ins.put(SCREENCAPTURE, script)
    with pytest.raises(ToolError, match="did not take a picture") as caught:
        save_picture(tmp_path / "picture.png", None)
    assert "Screen Recording" in caught.value.mend
    assert caught.value.output


def test_a_dialog_that_nobody_answers_ends_it(
    stand_ins: StandIns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plover_tray.tray.screencapture._TIMEOUT", 0.2)
    stand_ins.put(SCREENCAPTURE, "exec sleep 600")
    with pytest.raises(ToolError, match="screencapture did not finish") as caught:
        save_picture(tmp_path / "picture.png", None)
    assert "Screen Recording" in caught.value.mend
