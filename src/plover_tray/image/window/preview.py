"""A picture of a DMG's window: in go settings, out comes a PNG close to what the Finder would show.

It is drawn, not seen: fonts, title bar and folder pictures are stand-ins for Apple's. Sizes, places
and the background are the image's own. The window includes its title bar (measured in
rancher-sandbox/rancher-desktop#10394), taken as 28 points; pictures lie at the top left of its
contents, as large as their dots per inch make them (93857536-pixel/WeChatExporter#11).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

from ...errors import ImageError, show_path, writing
from ...writing.scratch_folder import scratch_folder
from ..output import checked_output, publish
from ..settings.settings import DmgSettings
from .background import POINTS_PER_INCH, draw, open_picture, with_scales
from .icons import app_icon, icon_picture

TITLE_BAR = 28
MAX_POINTS = 4000
"""Width and height of a window that is still drawn."""

_RADIUS = 10
_TITLE_SHADE, _LINE_SHADE = (236, 236, 236), (208, 208, 208)
_LIGHTS = ((255, 95, 87), (254, 188, 46), (40, 200, 64))
_TEXT, _PAPER = (20, 20, 20), (255, 255, 255)
_FOLDER, _FOLDER_TAB = (105, 180, 232), (80, 155, 212)
_ROW = 24
"""Points of a row in a list view."""

ItemKind = Literal["app", "folder", "link", "file"]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True)
class Shown:
    """One icon in the window."""

    label: str
    kind: ItemKind
    source: Path | None
    place: tuple[float, float]
    """Its middle, in points from the top left of the window's contents."""


def preview(
    settings: DmgSettings, output: Path, *, scale: int = 2, replace_output: bool = False
) -> Path:
    """Draw the window of a DMG with these settings to the PNG file `output`.

    `scale` is pixels per point. Raises ImageError, OutputExistsError, StagingError.
    """
    target = checked_output(output, ".png", "the picture", replace_output=replace_output)
    picture = window_picture(settings, scale)
    with scratch_folder(target) as folder, writing(target):
        made = folder / "preview.png"
        picture.save(made, format="PNG")
        publish(made, target, replace_output=replace_output)
    return output


def window_picture(settings: DmgSettings, scale: int = 2) -> Image.Image:
    """The window as a picture, with transparent corners."""
    width, height = (round(length) for length in settings.window_rect[1])
    if max(width, height) > MAX_POINTS or height <= TITLE_BAR or not 1 <= scale <= 4:
        raise ImageError(f"A window of {width} x {height} points is not drawn.")
    window = Image.new("RGB", (width * scale, height * scale), _TITLE_SHADE)
    contents = _contents(settings, width, height - TITLE_BAR, scale)
    window.paste(contents, (0, TITLE_BAR * scale))
    pen = ImageDraw.Draw(window)
    for number, color in enumerate(_LIGHTS):
        x, y, radius = (20 + 20 * number) * scale, TITLE_BAR * scale / 2, 6 * scale
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color)
    line = TITLE_BAR * scale - 1
    pen.line((0, line, width * scale, line), fill=_LINE_SHADE, width=scale)
    _write(pen, settings.volume_name, (width / 2, TITLE_BAR / 2), 13, scale, width - 180)
    mask = Image.new("L", window.size)
    ImageDraw.Draw(mask).rounded_rectangle(
        (0, 0, window.width - 1, window.height - 1), radius=_RADIUS * scale, fill=255
    )
    window.putalpha(mask)
    return window


def shown_items(settings: DmgSettings) -> Iterator[Shown]:
    """The icons that the Finder would show, those without a place in a row below the others."""
    left = settings.icon_size
    lowest = max((y for _, y in settings.icon_locations.values()), default=0.0)
    sources: list[tuple[str, Path | None]] = [(name, source) for source, name in settings.files]
    sources += [(name, None) for name in settings.symlinks]
    for path, source in sources:
        name = path.strip("/").partition("/")[0]
        if name.startswith(".") or name in settings.hide:
            continue
        place = settings.icon_locations.get(name)
        if place is None or settings.arrange_by is not None:
            place = (left, lowest + settings.icon_size if settings.icon_locations else left)
            left += settings.icon_size + max(settings.grid_spacing, 20)
        hidden = name.endswith(".app") or name in settings.hide_extensions
        label = name.rpartition(".")[0] if hidden and "." in name else name
        yield Shown(label or name, _kind(name, source), source, place)


def _kind(name: str, source: Path | None) -> ItemKind:
    if source is None:
        return "link"
    if name.endswith(".app"):
        return "app"
    try:
        return "folder" if source.is_dir() else "file"
    except OSError as error:
        raise ImageError(f"{show_path(source)} cannot be read: {error.strerror}.") from None


def _contents(settings: DmgSettings, width: int, height: int, scale: int) -> Image.Image:
    paper = Image.new("RGBA", (width * scale, height * scale), _PAPER)
    if settings.default_view != "icon-view":
        _draw_list(paper, settings, scale)
        return paper
    if isinstance(settings.background, tuple):
        red, green, blue = (round(255 * part) for part in settings.background)
        paper.paste((red, green, blue), (0, 0, *paper.size))
    elif settings.background is not None:
        picture = _background(settings, scale)
        paper.paste(picture, (0, 0), picture)
    pen = ImageDraw.Draw(paper)
    for item in shown_items(settings):
        _draw_icon(paper, item, settings, scale)
        _draw_label(pen, item, settings, scale)
    return paper


def _background(settings: DmgSettings, scale: int) -> Image.Image:
    """The background at this scale, from the sharpest picture that is not larger."""
    if not isinstance(settings.background, Path):
        width, height = (round(length) for length in settings.window_rect[1])
        return draw(settings, width, height, scale).convert("RGBA")
    pictures = with_scales(settings.background)
    base = open_picture(pictures[1])
    dpi = base.info.get("dpi", (POINTS_PER_INCH, POINTS_PER_INCH))
    points = [
        length * POINTS_PER_INCH / (float(per_inch) or POINTS_PER_INCH)
        for length, per_inch in zip(base.size, dpi, strict=True)
    ]
    best = max((s for s in pictures if s <= scale), default=1)
    picture = base if best == 1 else open_picture(pictures[best])
    size = tuple(max(1, min(round(length * scale), 4 * MAX_POINTS)) for length in points)
    return picture.convert("RGBA").resize((size[0], size[1]), Image.Resampling.LANCZOS)


def _draw_icon(paper: Image.Image, item: Shown, settings: DmgSettings, scale: int) -> None:
    side = round(settings.icon_size * scale)
    picture = _picture(item, side)
    x, y = (round(at * scale) for at in item.place)
    paper.paste(picture, (x - picture.width // 2, y - picture.height // 2), picture)


def _picture(item: Shown, side: int) -> Image.Image:
    icon = None
    if item.kind == "app" and item.source is not None:
        icon = app_icon(item.source)
    if icon is not None:
        picture = icon_picture(icon)
        picture.thumbnail((side, side), Image.Resampling.LANCZOS)
        return picture
    picture = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    part = side / 100
    if item.kind == "app":
        box = (8 * part, 8 * part, 92 * part, 92 * part)
        pen.rounded_rectangle(box, radius=20 * part, fill=(226, 230, 236))
        pen.rounded_rectangle(
            box, radius=20 * part, outline=(170, 176, 186), width=max(1, side // 60)
        )
    elif item.kind == "file":
        pen.rectangle((22 * part, 6 * part, 78 * part, 94 * part), fill=_PAPER, outline=_LINE_SHADE)
    else:
        tab = (6 * part, 16 * part, 46 * part, 40 * part)
        pen.rounded_rectangle(tab, radius=6 * part, fill=_FOLDER_TAB)
        pen.rounded_rectangle((6 * part, 24 * part, 94 * part, 86 * part), 6 * part, fill=_FOLDER)
    if item.kind == "link":
        pen.rectangle((8 * part, 64 * part, 32 * part, 88 * part), fill=_PAPER)
        arrow = [(13, 83), (13, 73), (22, 73), (22, 68), (29, 76), (22, 84), (22, 79), (17, 79)]
        pen.polygon([(x * part, y * part) for x, y in arrow], fill=_TEXT)
    return picture


def _draw_label(pen: ImageDraw.ImageDraw, item: Shown, settings: DmgSettings, scale: int) -> None:
    x, y = item.place
    size = settings.text_size
    if settings.label_pos == "right":
        left = x + settings.icon_size / 2 + 6
        font = _font(size * scale)
        pen.text((left * scale, y * scale), item.label, fill=_TEXT, font=font, anchor="lm")
        return
    room = max(settings.icon_size + 40, settings.grid_spacing)
    _write(pen, item.label, (x, y + settings.icon_size / 2 + 4 + size * 0.6), size, scale, room)


def _draw_list(paper: Image.Image, settings: DmgSettings, scale: int) -> None:
    pen = ImageDraw.Draw(paper)
    font = _font(settings.list_text_size * scale)
    side = round(settings.list_icon_size * scale)
    for number, item in enumerate(shown_items(settings)):
        top = number * _ROW * scale
        if number % 2:
            pen.rectangle((0, top, paper.width, top + _ROW * scale), fill=(244, 245, 245))
        picture = _picture(item, side)
        paper.paste(picture, (12 * scale, top + (_ROW * scale - picture.height) // 2), picture)
        middle = top + _ROW * scale / 2
        pen.text((18 * scale + side, middle), item.label, fill=_TEXT, font=font, anchor="lm")


def _write(
    pen: ImageDraw.ImageDraw,
    text: str,
    middle: tuple[float, float],
    size: float,
    scale: int,
    room: float,
) -> None:
    """One line of text around `middle`, shortened in its own middle where there is no room."""
    font = _font(size * scale)
    line = show_path(text)
    while pen.textlength(line, font=font) > room * scale and len(line) > 3:
        half = (len(line) - 1) // 2
        line = f"{line[: half - 1]}…{line[len(line) - half + 1 :]}" if half > 1 else line[0] + "…"
    pen.text((middle[0] * scale, middle[1] * scale), line, fill=_TEXT, font=font, anchor="mm")


def _font(pixels: float) -> Font:
    return ImageFont.load_default(size=max(pixels, 1))
