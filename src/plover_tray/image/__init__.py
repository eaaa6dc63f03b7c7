"""Disk images: make a DMG, look into one, and draw its window."""

from .layout import default_settings
from .make import epoch_from_environment, make_dmg
from .preview import preview
from .read import Dmg, read_dmg
from .report import DmgProgress, DmgReport
from .settings import DmgSettings
from .settings_files import load_settings
from .udif_read import Fault

__all__ = [
    "Dmg",
    "DmgProgress",
    "DmgReport",
    "DmgSettings",
    "Fault",
    "default_settings",
    "epoch_from_environment",
    "load_settings",
    "make_dmg",
    "preview",
    "read_dmg",
]
