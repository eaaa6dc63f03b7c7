"""Disk images: make a DMG, look into one, and draw its window."""

from .hfs.volume_name import check_volume_name
from .make import epoch_from_environment, made_by_a_mac, make_dmg
from .read import Dmg, read_dmg
from .result import DmgProgress, DmgReport
from .settings.files import load_settings
from .settings.settings import DmgSettings
from .udif.read import Fault
from .window.layout import default_settings
from .window.preview import preview
from .xorriso import find_xorriso

__all__ = [
    "Dmg",
    "DmgProgress",
    "DmgReport",
    "DmgSettings",
    "Fault",
    "check_volume_name",
    "default_settings",
    "epoch_from_environment",
    "find_xorriso",
    "load_settings",
    "made_by_a_mac",
    "make_dmg",
    "preview",
    "read_dmg",
]
