"""Colors of settings, compared with dmgbuild's own reading of them."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image.played_mac import dmgbuild_modules
from plover_tray.image.settings.colors import parse_color

theirs = dmgbuild_modules().colors


def test_every_name_that_dmgbuild_knows() -> None:
    for name in set(theirs._x11_colors) - {"gray", "grey"}:  # it takes those for functions
        color = theirs.parseColor(name)
        assert parse_color(name) == pytest.approx((color.r, color.g, color.b)), name


@pytest.mark.parametrize(
    "text",
    [
        "#3344ff",
        "#34f",
        "rgb(1.,0.,0.)",
        "rgb( .25 , .5 , .75 )",
        "hsl(120.deg,1.,.5)",
        "hsl(0.5rad,.25,.75)",
        "hsl(33.grad,.6,.2)",
        "hwb(300.deg,0.,0.)",
        "hwb(200.gon,.2,.3)",
        "cmyk(0.,1.,0.,.25)",
        "gray(.5)",
        "grey(.25)",
    ],
)
def test_what_dmgbuild_reads_is_read_alike(text: str) -> None:
    color = theirs.parseColor(text).to_rgb()
    assert parse_color(text) == pytest.approx((color.r, color.g, color.b))


@pytest.mark.parametrize(
    ("text", "color"),
    [
        ("rgb(100%,0,50%)", (1, 0, 0.5)),
        ("hsl(120,1,.5)", (0, 1, 0)),
        ("hwb(0,0.5,0.5)", (0.5, 0.5, 0.5)),
        ("  Goldenrod ", (218 / 255, 165 / 255, 32 / 255)),
        ("gray(50%)", (0.5, 0.5, 0.5)),
    ],
)
def test_what_dmgbuild_documents_is_read(text: str, color: tuple[float, ...]) -> None:
    assert parse_color(text) == pytest.approx(color)


@pytest.mark.parametrize(
    "text",
    [
        "red.png",
        "#12",
        "#12345g",
        "rgb(1,2)",
        "rgb(1,2,3",
        "hsl(1em,1,1)",
        "art/blue",
        "",
        "gray()",
    ],
)
def test_what_is_no_color_is_a_path(text: str) -> None:
    assert parse_color(text) is None


@given(st.text())
def test_any_text_is_a_color_or_none(text: str) -> None:
    color: Any = parse_color(text)
    assert color is None or all(0 <= part <= 1 and math.isfinite(part) for part in color)
