"""Appdmg's JSON: all that is wrong in it is named at once, by the path of its key."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plover_tray.errors import ImageError
from plover_tray.image import load_settings
from plover_tray.image.settings.appdmg import options_from_json

SEVERAL = {
    "format": "ZIP",
    "icon-size": "big",
    "window": {"position": 3, "size": {"width": 0}},
    "contents": [
        {"x": 1, "path": "."},
        {"x": "left", "y": 1, "path": 5, "type": "pipe"},
        {"x": 1, "y": 1, "path": "no.app"},
        7,
    ],
}


def test_all_mistakes_are_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "settings.json").write_text(json.dumps(SEVERAL))
    with pytest.raises(ImageError) as caught:
        load_settings(Path("settings.json"))
    assert str(caught.value).split("\n") == [
        "settings.json: 11 errors:",
        "the file has no `title`, which is the name of the volume.",
        "contents[0] has no 'y'.",
        "contents[1].path must be a string, not 5.",
        "contents[1].x must be a number, not 'left'.",
        "contents[1] is of the type 'pipe', not file, link or position.",
        f"contents[2] names no.app, which is not there (looked in {tmp_path}).",
        "`contents[3]` must be a dictionary.",
        "icon-size must be a number, not 'big'.",
        "`window.position` must be a dictionary.",
        "window.size.width is 0, and must be above 0.",
        "format is 'ZIP', not one of UDZO, UDBZ, ULMO, ULFO, UDRO, UDCO, UDRW, UDTO, UFBI, UDxx.",
    ]


@pytest.mark.parametrize(
    ("more", "background"),
    [
        ({}, None),
        ({"background-color": "#ff0000"}, "#ff0000"),
        ({"background": "builtin-arrow", "background-color": "#fff"}, "builtin-arrow"),
        ({"background": None, "background-color": "#fff"}, None),
    ],
)
def test_a_picture_goes_before_a_color(more: dict[str, object], background: object) -> None:
    spec = {"title": "x", "contents": [], **more}
    options = options_from_json(json.dumps(spec).encode(), Path("settings.json"))
    assert options["background"] == background


def test_a_name_that_is_given_empty_is_not_made_from_the_path() -> None:
    spec = {"title": "x", "contents": [{"path": "a/b", "name": "", "x": 1, "y": 2, "type": "link"}]}
    options = options_from_json(json.dumps(spec).encode(), Path("settings.json"))
    assert options["symlinks"] == {"": "a/b"}


KEYS = ["title", "contents", "path", "x", "y", "type", "name", "window", "size", "position"]
WORDS = [*KEYS, "width", "height", "background", "icon", "icon-size", "format", "license", "hidden"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(WORDS),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(WORDS) | st.text(), inner),
    max_leaves=5,
)
ENTRIES = st.dictionaries(st.sampled_from(KEYS[2:7]), VALUES, max_size=5)
SPECS = st.fixed_dictionaries(
    {"title": st.text(), "contents": st.lists(ENTRIES, max_size=3)},
    optional=dict.fromkeys(WORDS[8:], VALUES),
)


@given(SPECS | VALUES)
def test_any_json_gives_options_or_one_error(spec: object) -> None:
    try:
        options = options_from_json(json.dumps(spec).encode(), Path("settings.json"))
    except ImageError as error:
        lines = str(error).split("\n")
        assert all(line.isprintable() for line in lines)
        assert lines[0].startswith("settings.json")
    else:
        assert isinstance(options["files"], list)
