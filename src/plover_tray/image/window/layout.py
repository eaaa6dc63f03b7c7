"""The layout of a DMG without settings: app on the left, Applications on the right.

In goes an app, out come `DmgSettings`.
"""

from pathlib import Path

from ..settings.settings import BUILTIN_BACKGROUND, DmgSettings
from .icons import app_icon

APPLICATIONS = "Applications"
WINDOW = ((200, 200), (640, 400))
APP_PLACE, APPLICATIONS_PLACE = (170, 190), (470, 190)
ICON_SIZE, TEXT_SIZE = 128.0, 13.0


def default_settings(
    app: Path, *, volume_name: str = "", image_format: str = "UDZO"
) -> DmgSettings:
    """The settings that are used where a project has none."""
    return DmgSettings(
        volume_name=volume_name or app.stem,
        format=image_format,
        files=((app, app.name),),
        symlinks={APPLICATIONS: "/Applications"},
        badge_icon=app_icon(app),
        background=BUILTIN_BACKGROUND,
        window_rect=WINDOW,
        icon_size=ICON_SIZE,
        text_size=TEXT_SIZE,
        icon_locations={app.name: APP_PLACE, APPLICATIONS: APPLICATIONS_PLACE},
    )
