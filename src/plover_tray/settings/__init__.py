"""`[tool.plover-tray]` of a pyproject.toml: typed settings, their errors and their JSON schema.

Only where settings are read is this imported: it brings pydantic along.
"""

from .files import FILE, SettingsError, find_settings, load_settings
from .json_schema import schema
from .models import DmgSettingsTable, NotarizeSettings, Settings, SignSettings

__all__ = [
    "FILE",
    "DmgSettingsTable",
    "NotarizeSettings",
    "Settings",
    "SettingsError",
    "SignSettings",
    "find_settings",
    "load_settings",
    "schema",
]
