"""Reading `[tool.plover-tray]`: in goes a pyproject.toml, out come typed settings."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..errors import PloverTrayError, show_path
from .models import Settings
from .wording import TABLE, details, did_you_mean

FILE = "pyproject.toml"
MAX_SETTINGS = 1 << 20
"""Bytes of a settings file."""


class SettingsError(PloverTrayError):
    """A settings file that cannot be read, or says something that cannot be."""


def load_settings(path: Path) -> Settings:
    """The settings in `path`; all defaults where it has no `[tool.plover-tray]`.

    Raises SettingsError, with everything that is wrong.
    """
    shown = show_path(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_SETTINGS + 1)
    except OSError as error:
        raise SettingsError(f"{shown} cannot be read: {error.strerror}.") from None
    if len(data) > MAX_SETTINGS:
        raise SettingsError(f"{shown} is larger than any settings file.")
    try:
        document = tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:
        reason = show_path(str(error)).rstrip(".")
        raise SettingsError(f"{shown} is not TOML: {reason}.") from None
    return settings_from(document, path)


def find_settings(folder: Path) -> Settings:
    """The settings of the pyproject.toml in `folder`; all defaults where there is none."""
    path = folder / FILE
    return load_settings(path) if path.is_file() else Settings()


def settings_from(document: dict[str, Any], path: Path) -> Settings:
    """The settings in a TOML document that was read from `path`.

    Raises SettingsError, with everything that is wrong.
    """
    tool = document.get(TABLE[0], {})
    if not isinstance(tool, dict):
        return Settings()
    name = TABLE[1]
    wrong = [
        f"{TABLE[0]}: unknown table `{show_path(key)}`{did_you_mean(key, [name])}"
        for key in tool
        if key != name and key.lower().replace("_", "-") == name
    ]
    try:
        settings = Settings.model_validate(tool.get(name, {}), context={"folder": path.parent})
    except ValidationError as error:
        wrong += details(error, Settings)
    if wrong:
        raise SettingsError.of_all(show_path(path), wrong)
    return settings
