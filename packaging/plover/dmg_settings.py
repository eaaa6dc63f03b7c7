"""Plover's DMG, in dmgbuild's settings format: the app on the left, Applications on the right."""

import os.path
import plistlib

defines = globals().get("defines", {})
application = defines.get("app", "dist/Plover.app")
name = os.path.basename(application.rstrip("/"))

with open(os.path.join(application, "Contents", "Info.plist"), "rb") as file:  # noqa: PTH123
    icon = plistlib.load(file).get("CFBundleIconFile", "")
icon = os.path.join(application, "Contents", "Resources", icon)

files = [application]
symlinks = {"Applications": "/Applications"}
if os.path.isfile(icon if icon.endswith(".icns") else f"{icon}.icns"):
    badge_icon = icon if icon.endswith(".icns") else f"{icon}.icns"
icon = None

background = "builtin-arrow"
window_rect = ((100, 100), (640, 380))
icon_locations = {name: (140, 190), "Applications": (500, 190)}
icon_size = 96
text_size = 14
