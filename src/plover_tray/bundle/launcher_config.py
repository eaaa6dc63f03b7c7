"""The launcher's configuration: the dictionary `PloverTray` in an app's Info.plist.

In goes that dictionary, out comes a checked `LauncherConfig`, and back. `launcher/launcher.m` reads
the same keys but `LeftOut`; paths are relative to `Contents/`, and what differs from Mac to Mac
stands in them as a placeholder (placeholders.py).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import BundleError
from .entry import Entry, EntryKind

PLIST_KEY = "PloverTray"
SCHEMA = 1
BOOT_FOLDER = "Resources/plover-tray"
BOOT_SCRIPT = f"{BOOT_FOLDER}/boot.py"

_ENTRY_KEYS: dict[str, EntryKind] = {
    "Module": "module",
    "Script": "script",
    "Function": "function",
    "Code": "code",
}
_VERSION = re.compile(r"3\.[0-9]{1,3}")


@dataclass(frozen=True, slots=True)
class LauncherConfig:
    """What the launcher loads and runs."""

    library: str
    """libpython, such as `Frameworks/Python.framework/Versions/3.13/Python`."""
    home: str
    """What `PYTHONHOME` would say, such as `Frameworks/Python.framework/Versions/3.13`."""
    version: str
    """`3.13`."""
    interpreter: str
    """The launcher's copy that is `sys.executable`, such as `MacOS/python3.13`."""
    entry: Entry
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables set before Python starts."""
    unset_environment: tuple[str, ...] = ()
    """Variables removed before Python starts, besides those that always are."""
    keep_environment: tuple[str, ...] = ()
    """Variables kept of those that are removed as a rule (`PYTHONPATH`, ...)."""
    working_directory: str | None = None
    """Folder to change into, or None to stay where the app was started."""
    boot: str = BOOT_SCRIPT
    left_out: tuple[str, ...] = ()
    """What the old main executable did besides and the launcher does not: sentences for `check`."""

    def to_plist(self) -> dict[str, Any]:
        """The dictionary for Info.plist; empty settings are left out."""
        entry_key = next(key for key, kind in _ENTRY_KEYS.items() if kind == self.entry.kind)
        settings: dict[str, Any] = {
            "Schema": SCHEMA,
            "Library": self.library,
            "Home": self.home,
            "Version": self.version,
            "Interpreter": self.interpreter,
            "Boot": self.boot,
            entry_key: self.entry.target,
            "Flags": list(self.entry.flags),
            "Arguments": list(self.entry.arguments),
            "Environment": dict(self.environment),
            "UnsetEnvironment": list(self.unset_environment),
            "KeepEnvironment": list(self.keep_environment),
            "WorkingDirectory": self.working_directory or "",
            "LeftOut": list(self.left_out),
        }
        return {key: value for key, value in settings.items() if value not in ([], {}, "")}


def read_config(info: Mapping[str, Any]) -> LauncherConfig | None:
    """The launcher's configuration in an Info.plist; None where there is none.

    Raises BundleError for one that the launcher would refuse.
    """
    if PLIST_KEY not in info:
        return None
    raw = info[PLIST_KEY]
    if not isinstance(raw, dict):
        raise BundleError(f"{PLIST_KEY} in Info.plist is not a dictionary.")
    if raw.get("Schema") != SCHEMA:
        raise BundleError(
            f"{PLIST_KEY} in Info.plist has the schema {repr(raw.get('Schema'))[:80]}; "
            f"this version reads {SCHEMA}.",
            mend="Use the version of plover-tray that made the bundle, or a newer one.",
        )
    given = [key for key in _ENTRY_KEYS if key in raw]
    if len(given) != 1:
        raise BundleError(f"{PLIST_KEY} in Info.plist must have exactly one of {[*_ENTRY_KEYS]}.")
    entry = Entry(
        _ENTRY_KEYS[given[0]], _text(raw, given[0]), _texts(raw, "Flags"), _texts(raw, "Arguments")
    )
    environment = raw.get("Environment", {})
    if not isinstance(environment, dict) or not all(
        isinstance(value, str) for pair in environment.items() for value in pair
    ):
        raise BundleError(f"{PLIST_KEY}.Environment in Info.plist is not a dictionary of strings.")
    if any(not name or "=" in name for name in environment) or "\0" in "".join(
        [*environment, *environment.values()]
    ):
        raise BundleError(f"{PLIST_KEY}.Environment in Info.plist has an impossible variable.")
    version = _text(raw, "Version")
    if not _VERSION.fullmatch(version):
        raise BundleError(f"{PLIST_KEY}.Version in Info.plist is not a version such as 3.13.")
    return LauncherConfig(
        library=_text(raw, "Library"),
        home=_text(raw, "Home"),
        version=version,
        interpreter=_text(raw, "Interpreter"),
        entry=entry,
        environment=environment,
        unset_environment=_texts(raw, "UnsetEnvironment"),
        keep_environment=_texts(raw, "KeepEnvironment"),
        working_directory=_text(raw, "WorkingDirectory") if "WorkingDirectory" in raw else None,
        boot=_text(raw, "Boot"),
        left_out=_texts(raw, "LeftOut"),
    )


def _text(raw: Mapping[str, Any], key: str) -> str:
    value = raw.get(key)
    if not isinstance(value, str) or not value or "\0" in value:
        raise BundleError(f"{PLIST_KEY}.{key} in Info.plist is missing or not a string.")
    return value


def _texts(raw: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = raw.get(key, [])
    if not isinstance(value, list) or not all(
        isinstance(item, str) and "\0" not in item for item in value
    ):
        raise BundleError(f"{PLIST_KEY}.{key} in Info.plist is not an array of strings.")
    return tuple(value)
