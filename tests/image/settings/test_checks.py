"""The options of a DMG, checked: whatever they are, all that is wrong is named at once."""

import contextlib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plover_tray.errors import ImageError
from plover_tray.image import DmgSettings, load_settings
from plover_tray.image.settings.checks import Options, settings_from


def test_each_setting_is_checked() -> None:
    assert set(Options.model_fields) == {f.name for f in fields(DmgSettings)} - {"source"}


def test_nothing_given_is_all_by_default() -> None:
    assert settings_from({}) == DmgSettings()
    assert settings_from(dict.fromkeys(Options.model_fields)) == DmgSettings()
    assert settings_from({"os": "a module", "defines": 5, "icon_sise": 1}) == DmgSettings()


SEVERAL: dict[str, object] = {
    "format": "ZIP",
    "files": ["nope.app", "no.app", 7],
    "hide": "x",
    "icon_size": 4000,
    "icon_locations": {"A": (1, "y"), "B": 5},
}


def test_all_mistakes_are_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    source = "".join(f"{name} = {value!r}\n" for name, value in SEVERAL.items())
    (tmp_path / "settings.py").write_text(source)
    with pytest.raises(ImageError) as caught:
        load_settings(Path("settings.py"))
    assert str(caught.value).split("\n") == [
        "settings.py: 8 errors:",
        "format is 'ZIP', not one of UDZO, UDBZ, ULMO, ULFO, UDRO, UDCO, UDRW, UDTO, UFBI, UDxx.",
        f"files names nope.app, which is not there (looked in {tmp_path}).",
        f"files names no.app, which is not there (looked in {tmp_path}).",
        "files must be a list of paths, or of pairs of a path and a name.",
        "hide must be a list, not 'x'.",
        "icon_size is 4000, and must be at most 1024.",
        "icon_locations must be a number, not 'y'.",
        "icon_locations must be made of pairs (x, y), not 5.",
    ]


def test_what_is_given_keeps_its_form() -> None:
    """The Finder's records tell whole numbers from others, and names may be no Unicode text."""
    read = settings_from(
        {
            "icon_size": 64,
            "grid_spacing": 50.0,
            "window_rect": [[1, 2], (300, 200.5)],
            "compression_level": "9",
            "size": 512,
            "hide": ["a\udcff"],
            "icon_locations": {"a\udcff": [1, 2]},
            "show_sidebar": (0,),
            "background": 5,
            "create_hook": "no function",
        }
    )
    assert repr((read.icon_size, read.grid_spacing)) == "(64, 50.0)"
    assert repr(read.window_rect) == "((1, 2), (300, 200.5))"
    assert (read.compression_level, read.size) == (9, "512")
    assert read.hide == ("a\udcff",)
    assert read.icon_locations == {"a\udcff": (1, 2)}
    assert read.show_sidebar is True
    assert (read.background, read.create_hook) == (None, None)


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.text(st.characters(categories=["Cs", "Cc", "Lu"])),
    st.binary(),
    st.text().map(Path),
    st.complex_numbers(),
    st.builds(pow, st.just(10), st.just(5000)),
    st.sampled_from(["name", "UDZO", "icon-view", "#fff", "hsl(1e9,1,1)", ".", "/", "9" * 5000]),
    st.sampled_from([len, int, Path, ..., NotImplemented, range(3)]),
)
NAMES = st.sampled_from(sorted(Options.model_fields))
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers() | st.none() | st.characters(), inner)
    ),
    max_leaves=12,
)


@given(st.dictionaries(NAMES | st.text(), VALUES, max_size=8))
def test_any_namespace_gives_settings_or_one_error(namespace: dict[str, object]) -> None:
    try:
        read = settings_from(namespace, Path("settings.py"))
    except ImageError as error:
        lines = str(error).split("\n")
        assert all(line.isprintable() for line in lines)
        assert all(line.startswith("settings.py: ") for line in lines[:1])
        assert all(line.split()[0] in {*Options.model_fields, "And"} for line in lines[1:])
    else:
        assert isinstance(read, DmgSettings)


class Hostile:
    """An object whose every answer is an error, as a class of a project may be."""

    def __repr__(self) -> str:
        raise ZeroDivisionError

    __str__ = __bool__ = __len__ = __hash__ = __repr__  # type: ignore[assignment]


class Evasive(dict[str, Any]):
    """A dictionary that does not say what is in it."""

    def items(self) -> Any:
        raise LookupError


@pytest.mark.parametrize("name", Options.model_fields)
@pytest.mark.parametrize(
    "value",
    [Hostile(), [Hostile()], (1, Hostile()), {"a": Hostile()}, Evasive(a=1), {"a": Evasive(a=1)}],
    ids=["object", "list", "pair", "dictionary", "evasive", "evasive-inside"],
)
def test_a_class_whose_own_code_fails_is_at_worst_a_mistake_like_others(
    name: str, value: object
) -> None:
    with contextlib.suppress(ImageError):
        assert isinstance(settings_from({name: value}), DmgSettings)
