"""Colors as dmgbuild's settings write them: in goes a text, out come red, green and blue.

Known from dmgbuild's documentation, "Window Settings": `#3344ff`, `#34f`, `rgb(1,0,0)`,
`hsl(120,1,.5)`, `hwb(300,0,0)`, `cmyk(0,1,0,0)`, `gray(0.5)` and the names of CSS.
"""

import colorsys
import math
import re

from PIL import ImageColor

Color = tuple[float, float, float]
"""Red, green, blue, each from 0 to 1."""

_FUNCTION = re.compile(r"(rgb|hsl|hwb|cmyk|gr[ae]y)\s*\(([^()]*)\)")
_NUMBER = re.compile(r"([0-9]*\.?[0-9]+|[0-9]+\.)\s*(%|deg|rad|grad|gon)?")
_DEGREES = {"deg": 1.0, "rad": 180 / math.pi, "grad": 0.9, "gon": 0.9, None: 1.0}


def parse_color(text: str) -> Color | None:
    """The color that `text` writes; None where it is no color (but a path, say)."""
    text = text.strip()
    if re.fullmatch(r"#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?", text):
        return _from_bytes(ImageColor.getrgb(text))
    if text.lower() in ImageColor.colormap:
        return _from_bytes(ImageColor.getrgb(text))
    called = _FUNCTION.fullmatch(text)
    if called is None:
        return None
    numbers = []
    for index, part in enumerate(called[2].split(",")):
        number = _NUMBER.fullmatch(part.strip())
        angle = index == 0 and called[1] in ("hsl", "hwb")
        if number is None or (number[2] not in _DEGREES if angle else number[2] not in ("%", None)):
            return None
        value = float(number[1])
        numbers.append(value * _DEGREES[number[2]] if angle else value / (100 if number[2] else 1))
    return _convert(called[1], numbers)


def _convert(function: str, numbers: list[float]) -> Color | None:
    match function, [min(n, 1.0) for n in numbers]:
        case "rgb", [red, green, blue]:
            return red, green, blue
        case "hsl", [_, saturation, lightness]:
            return colorsys.hls_to_rgb(numbers[0] % 360 / 360, lightness, saturation)
        case "hwb", [_, white, black]:
            pure = colorsys.hls_to_rgb(numbers[0] % 360 / 360, 0.5, 1.0)
            scale = max(0.0, 1 - white - black)
            red, green, blue = (min(1.0, white + part * scale) for part in pure)
            return red, green, blue
        case "cmyk", [cyan, magenta, yellow, black]:
            red, green, blue = (1 - min(1.0, c + black) for c in (cyan, magenta, yellow))
            return red, green, blue
        case (("gray" | "grey"), [level]):
            return level, level, level
        case _:
            return None


def _from_bytes(color: tuple[int, ...]) -> Color:
    red, green, blue = (part / 255 for part in color[:3])
    return red, green, blue
