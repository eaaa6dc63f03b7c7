"""Icons: in goes an app or a setting, out comes a picture, or the icon file for the volume."""

import io
import os
import stat
from pathlib import Path

from PIL import Image, ImageDraw

from ...bundle.app_bundle import AppBundle
from ...errors import ImageError, PloverTrayError, show_path

VOLUME_ICON = ".VolumeIcon.icns"
"""Where the Finder looks for the icon of a volume whose top folder says that it has one."""

MAX_ICON = 64 << 20
_SIDE = 1024
"""Pixels of the largest picture in an icon file."""


def app_icon(app: Path) -> Path | None:
    """The icon file that an app's Info.plist names (CFBundleIconFile), if it is there.

    Raises ImageError where its folder may not be looked into.
    """
    try:
        name = AppBundle.open(app).info.get("CFBundleIconFile")
    except PloverTrayError:
        return None
    if not isinstance(name, str) or not name or "/" in name or "\0" in name:
        return None
    path = app / "Contents/Resources" / (name if Path(name).suffix else f"{name}.icns")
    try:
        regular = stat.S_ISREG(path.stat().st_mode)
    except PermissionError:
        raise ImageError(
            f"The app's icon {show_path(path)} may not be read.",
            mend="Change the permissions of the app's folders first.",
        ) from None
    except OSError:  # nothing there, links in a circle, a name longer than a disk holds
        return None
    return path if regular else None


def icon_picture(path: Path) -> Image.Image:
    """The largest picture in an icon file or a picture file; raises ImageError."""
    shown = show_path(path)
    try:
        if path.stat().st_size > MAX_ICON:
            raise ImageError(f"{shown} is larger than any icon.")
        with Image.open(path) as picture:
            picture.load()
            return picture.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        reason = getattr(error, "strerror", None) or "it is no icon or picture"
        raise ImageError(f"{shown} cannot be used: {reason}.", mend="Use an .icns file.") from None


def check_icns(path: Path) -> None:
    """Raise ImageError unless `path` is an .icns file as far as its head goes."""
    try:
        with path.open("rb") as file:
            head = file.read(8)
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise ImageError(f"{show_path(path)} cannot be read: {error.strerror}.") from None
    if head[:4] != b"icns" or int.from_bytes(head[4:], "big") > size or size > MAX_ICON:
        raise ImageError(
            f"{show_path(path)} is no .icns file, which the icon of a volume must be.",
            mend="`badge_icon` takes other pictures too.",
        )


def badged_disk(badge: Path) -> bytes:
    """An icon file: a disk with the picture of `badge` on it.

    On a Mac dmgbuild uses the system's own disk, which may not be passed on; this one is drawn.
    """
    picture = icon_picture(badge)
    picture.thumbnail((_SIDE * 58 // 100, _SIDE * 58 // 100), Image.Resampling.LANCZOS)
    disk = _disk()
    place = ((_SIDE - picture.width) // 2, (_SIDE * 80 // 100 - picture.height) // 2)
    disk.alpha_composite(picture, (place[0], max(place[1], 0)))
    out = io.BytesIO()
    disk.save(out, format="ICNS")
    return out.getvalue()


def _disk() -> Image.Image:
    """An external disk seen from the front, with a light."""
    disk = Image.new("RGBA", (_SIDE, _SIDE), (0, 0, 0, 0))
    shades = Image.new("L", (1, _SIDE))
    for y in range(_SIDE):
        shades.putpixel((0, y), 236 - 44 * y // _SIDE)
    body = Image.merge("RGBA", [shades.resize((_SIDE, _SIDE))] * 3 + [Image.new("L", disk.size)])
    mask = Image.new("L", disk.size)
    pen = ImageDraw.Draw(mask)
    pen.rounded_rectangle((112, 64, 912, 960), radius=90, fill=255)
    body.putalpha(mask)
    disk.alpha_composite(body)
    pen = ImageDraw.Draw(disk)
    pen.rounded_rectangle((112, 64, 912, 960), radius=90, outline=(150, 156, 164, 255), width=8)
    pen.line((120, 800, 904, 800), fill=(150, 156, 164, 255), width=8)
    pen.ellipse((810, 862, 850, 902), fill=(96, 190, 120, 255))
    return disk
