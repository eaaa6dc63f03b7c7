"""Plover's DMG, in dmgbuild's settings format: the app on the left, Applications on the right."""

import plistlib
from pathlib import Path

defines = globals().get("defines", {})
application = Path(defines.get("app", "dist/Plover.app"))
info = plistlib.loads((application / "Contents/Info.plist").read_bytes())
picture = application / "Contents/Resources" / info.get("CFBundleIconFile", "")
picture = picture if picture.suffix else picture.with_suffix(".icns")

files = [str(application)]
symlinks = {"Applications": "/Applications"}
if picture.is_file():
    badge_icon = str(picture)

background = "builtin-arrow"
window_rect = ((100, 100), (640, 380))
icon_locations = {application.name: (140, 190), "Applications": (500, 190)}
icon_size = 96
text_size = 14
