"""JSON schemas of what the commands print for programs, and of the settings.

A schema's number is the document's `schema`. Within one number keys are added, never removed, and
never change their meaning; a new number is a new file beside the old one.
"""

import json
from collections.abc import Mapping
from typing import Any

from ..errors import PloverTrayError

NEWEST: Mapping[str, int] = {
    "check": 2,
    "rehearse": 1,
    "fix": 1,
    "sign": 1,
    "verify": 1,
    "dmg": 1,
    "notarize": 1,
    "release": 2,
    "probe": 1,
    "diff": 1,
    "explain": 1,
    "error": 1,
}
"""The number that each document has today."""

NAMES = (*NEWEST, "settings")


def schema_of(name: str, number: int | None = None) -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of one of `NAMES`; `number` asks for an older one.

    Raises LookupError for a name that is not known.
    """
    if name == "settings":
        return _settings()
    from importlib import resources

    file = f"{name}-{number or NEWEST[name]}.json"
    text = resources.files(__package__).joinpath(file).read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _settings() -> dict[str, Any]:
    from .. import settings

    make = getattr(settings, "schema", None)
    if make is None:
        raise PloverTrayError("There is no schema of the settings yet.", mend="Read the README.")
    made: dict[str, Any] = make()
    return made
