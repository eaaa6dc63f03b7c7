"""The picture behind the icons: in goes a setting, out comes the file that goes onto the volume.

A picture with twice the points beside the first (`name@2x.png`) is joined with it into one TIFF,
which the Finder shows sharply on every screen; that is what `tiffutil -cathidpicheck` does.
"""

import io
import math
import re
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

from ...errors import ImageError, show_path
from ..settings.settings import DmgSettings

POINTS_PER_INCH = 72
MAX_PIXELS = 64_000_000
"""Of a background; a 5K screen has 15 million."""
MAX_FILE = 256 << 20

_SCALED = re.compile(r"^(?P<name>.+)@(?P<scale>\d)x(?P<suffix>\.\w+)$")
_TOP, _BOTTOM = (247, 249, 252), (222, 229, 238)
"""The shades of the background that comes with this package."""
_MARK = (120, 146, 178)
_SMOOTH = 4
"""How many times larger shapes are drawn before they are made smaller."""


def background_file(settings: DmgSettings, folder: Path) -> tuple[Path, str] | None:
    """The picture to put onto the volume, and its name there; None where there is none.

    Files made for it go into `folder`. Raises ImageError for a file that is no picture.
    """
    background = settings.background
    if background is None or isinstance(background, tuple):
        return None
    if isinstance(background, str):
        target = folder / "background.tiff"
        width, height = (round(length) for length in settings.window_rect[1])
        target.write_bytes(tiff([draw(settings, width, height, scale) for scale in (1, 2)]))
        return target, ".background.tiff"
    check_picture(background)
    pictures = with_scales(background)
    if len(pictures) == 1:
        return background, f".background{background.suffix}"
    target = folder / "background.tiff"
    target.write_bytes(tiff(joined(pictures)))
    return target, ".background.tiff"


def check_picture(path: Path) -> tuple[int, int]:
    """Width and height in pixels; raises ImageError for a file that is no picture."""
    picture = open_picture(path)
    width, height = picture.size
    return width, height


def open_picture(path: Path) -> Image.Image:
    """A picture that is not too large; raises ImageError."""
    shown = show_path(path)
    try:
        if path.stat().st_size > MAX_FILE:
            raise ImageError(f"{shown} is larger than any background.")
        with Image.open(path) as picture:
            width, height = picture.size
            if width * height > MAX_PIXELS:
                raise ImageError(f"{shown} has {width} x {height} pixels, which is too large.")
            picture.load()
            return picture.copy()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        reason = getattr(error, "strerror", None) or "it is no picture"
        raise ImageError(
            f"{shown} cannot be used: {reason}.", mend="Use a PNG, TIFF or JPEG file."
        ) from None


def with_scales(background: Path) -> dict[int, Path]:
    """The picture by its scale, 1, and those beside it for sharper screens."""
    found = {1: background}
    try:
        names = sorted(item.name for item in background.parent.iterdir())
    except OSError:
        return found
    for name in names:
        match = _SCALED.match(name)
        if match and match["name"] == background.stem and match["suffix"] == background.suffix:
            found[int(match["scale"])] = background.parent / name
    return dict(sorted(found.items()))


def joined(pictures: dict[int, Path]) -> list[Image.Image]:
    """The pictures in order of scale; raises ImageError where one is not as large as it says."""
    width, height = check_picture(pictures[1])
    result = []
    for scale, path in pictures.items():
        picture = open_picture(path).convert("RGBA")
        if picture.size != (width * scale, height * scale):
            raise ImageError(
                f"{show_path(path)} has {picture.width} x {picture.height} pixels; {scale} times"
                f" {show_path(pictures[1].name)} is {width * scale} x {height * scale}."
            )
        result.append(picture)
    return result


def tiff(pictures: Sequence[Image.Image]) -> bytes:
    """A TIFF with each picture as a page, all of them the same size in points."""
    first = pictures[0]
    for picture in pictures:
        dpi = POINTS_PER_INCH * picture.width / first.width
        picture.encoderinfo = {"dpi": (dpi, dpi)}
    out = io.BytesIO()
    first.save(
        out,
        format="TIFF",
        save_all=True,
        append_images=list(pictures[1:]),
        compression="tiff_lzw",
        dpi=(POINTS_PER_INCH, POINTS_PER_INCH),
    )
    return out.getvalue()


def draw(settings: DmgSettings, width: int, height: int, scale: int) -> Image.Image:
    """The background that comes with this package: shades, and an arrow from icon to icon."""
    picture = Image.new("RGB", (1, height * scale))
    for y in range(height * scale):
        part = y / max(height * scale - 1, 1)
        color = [round(a + (b - a) * part) for a, b in zip(_TOP, _BOTTOM, strict=True)]
        picture.putpixel((0, y), (color[0], color[1], color[2]))
    picture = picture.resize((width * scale, height * scale))
    places = sorted(settings.icon_locations.values())
    if len(places) == 2:
        _draw_arrow(picture, places[0], places[1], settings.icon_size, scale)
    return picture


def _draw_arrow(
    picture: Image.Image,
    start: tuple[float, float],
    end: tuple[float, float],
    icon: float,
    scale: int,
) -> None:
    """Dots that grow into an arrow head, in the room between two icons."""
    distance = math.dist(start, end) - 1.45 * icon
    if distance < 24:
        return
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    length = min(distance, 1.1 * icon)
    size = _SMOOTH * scale
    shape = Image.new("L", (picture.width * _SMOOTH, picture.height * _SMOOTH))
    pen = ImageDraw.Draw(shape)

    def at(along: float, across: float) -> tuple[float, float]:
        x = middle[0] + along * math.cos(angle) - across * math.sin(angle)
        y = middle[1] + along * math.sin(angle) + across * math.cos(angle)
        return x * size, y * size

    head = length * 0.28
    for number in range(4):
        x, y = at(-length / 2 + length * 0.2 * number, 0)
        radius = (2.2 + 0.5 * number) * size
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=130 + 30 * number)
    tip, upper, lower = at(length / 2, 0), at(length / 2 - head, -head), at(length / 2 - head, head)
    pen.line([upper, tip, lower], fill=235, width=round(6 * size), joint="curve")
    for x, y in (upper, lower, tip):
        radius = 3 * size
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=235)
    shape = shape.filter(ImageFilter.BoxBlur(_SMOOTH / 2)).resize(
        picture.size, Image.Resampling.BOX
    )
    picture.paste(Image.new("RGB", picture.size, _MARK), mask=shape)
