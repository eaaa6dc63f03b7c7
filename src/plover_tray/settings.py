"""`[tool.plover-tray]` of a pyproject.toml: in goes the file, out come typed settings.

Read by hand rather than with pydantic: there are a score of keys of four kinds, and what matters
here is what pydantic would not do either: paths relative to the file, one line that names the key
and the nearest one that exists, and no secret in a file that is committed.
"""

import difflib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from .errors import PloverTrayError, show_path

FILE = "pyproject.toml"
MAX_SETTINGS = 1 << 20
_SECRETS = ("password", "secret", "token", "api-key-text")


class SettingsError(PloverTrayError):
    """A settings file that cannot be read, or says something that cannot be."""


@dataclass(frozen=True, slots=True)
class SignSettings:
    """`[tool.plover-tray.sign]`; see `plover-tray sign`."""

    identity: str | None = None
    keychain: Path | None = None
    p12: Path | None = None
    identifier: str | None = None
    entitlements: Path | None = None
    requirement: str | None = None
    hardened: bool | None = None
    drop_leftovers: bool = False


@dataclass(frozen=True, slots=True)
class DmgSettingsTable:
    """`[tool.plover-tray.dmg]`; see `plover-tray dmg`."""

    name: str | None = None
    volume_name: str | None = None
    settings: Path | None = None
    format: str | None = None
    defines: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NotarizeSettings:
    """`[tool.plover-tray.notarize]`; see `plover-tray notarize`."""

    api_key: Path | None = None
    api_key_id: str | None = None
    api_issuer: str | None = None
    keychain_profile: str | None = None
    timeout: float | None = None
    """Seconds."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`[tool.plover-tray]`; relative paths are joined to the file's folder."""

    app: Path | None = None
    """The bundle that `release` starts from."""
    output: Path | None = None
    """The folder of a release."""
    entry: str | None = None
    ignore: tuple[str, ...] = ()
    sign: SignSettings = SignSettings()
    dmg: DmgSettingsTable = DmgSettingsTable()
    notarize: NotarizeSettings = NotarizeSettings()
    build: Mapping[str, Any] = field(default_factory=dict)
    """For `plover-tray build`, which reads it itself."""


def load_settings(path: Path) -> Settings:
    """The settings in `path`; all defaults where it has no `[tool.plover-tray]`.

    Raises SettingsError.
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
    tool = document.get("tool", {})
    table = tool.get("plover-tray", {}) if isinstance(tool, dict) else {}
    return _Reader(path, shown).settings(table)


def find_settings(folder: Path) -> Settings:
    """The settings of the pyproject.toml in `folder`; all defaults where there is none."""
    path = folder / FILE
    return load_settings(path) if path.is_file() else Settings()


class _Reader:
    """Reads the tables of one file."""

    def __init__(self, path: Path, shown: str) -> None:
        self._folder, self._shown = path.parent, shown

    def settings(self, table: object) -> Settings:
        values = self._table(table, "", Settings, {"ignore": self._texts, "build": self._any})
        return Settings(**values)

    def _table(
        self,
        table: object,
        where: str,
        kind: type,
        special: Mapping[str, Callable[[object, str], object]],
    ) -> dict[str, Any]:
        """The values of a table, by field name."""
        if not isinstance(table, dict):
            raise self._wrong(where, "must be a table")
        known = {f.name.replace("_", "-"): f for f in fields(kind)}
        values: dict[str, Any] = {}
        for key, value in table.items():
            name = f"{where}.{key}" if where else key
            if key not in known:
                raise self._unknown(key, where, list(known))
            entry = known[key]
            read = special.get(entry.name) or self._kind(entry.type)
            values[entry.name] = read(value, name)
        return values

    def _kind(self, kind: object) -> Callable[[object, str], object]:
        if kind is SignSettings:
            return lambda v, n: SignSettings(**self._table(v, n, SignSettings, {}))
        if kind is DmgSettingsTable:
            special = {"defines": self._defines}
            return lambda v, n: DmgSettingsTable(**self._table(v, n, DmgSettingsTable, special))
        if kind is NotarizeSettings:
            return lambda v, n: NotarizeSettings(**self._table(v, n, NotarizeSettings, {}))
        readers: dict[object, Callable[[object, str], object]] = {
            str | None: self._text,
            Path | None: lambda value, name: self._folder / self._text(value, name),
            bool: self._flag,
            bool | None: self._flag,
            float | None: self._number,
        }
        return readers[kind]

    def _text(self, value: object, name: str) -> str:
        if not isinstance(value, str) or not value or "\0" in value:
            raise self._wrong(name, "must be a text")
        return value

    def _texts(self, value: object, name: str) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise self._wrong(name, "must be a list of texts")
        return tuple(self._text(item, name) for item in value)

    def _flag(self, value: object, name: str) -> bool:
        if not isinstance(value, bool):
            raise self._wrong(name, "must be true or false")
        return value

    def _number(self, value: object, name: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e7:
            raise self._wrong(name, "must be a number of seconds")
        return float(value)

    def _defines(self, value: object, name: str) -> dict[str, str]:
        if not isinstance(value, dict):
            raise self._wrong(name, "must be a table of texts")
        return {key: self._text(text, f"{name}.{key}") for key, text in value.items()}

    def _any(self, value: object, name: str) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise self._wrong(name, "must be a table")
        return value

    def _unknown(self, key: str, where: str, known: list[str]) -> SettingsError:
        place = f"[tool.plover-tray{f'.{where}' if where else ''}]"
        if any(word in key for word in _SECRETS):
            return SettingsError(
                f"{self._shown}: {place} holds {show_path(key)!r}.",
                mend="A secret does not belong into a file that is committed: take it out, and "
                "give it by environment variable or file.",
            )
        near = difflib.get_close_matches(key, known, 1)
        mend = f"Did you mean {near[0]!r}?" if near else f"Known are: {', '.join(known)}."
        return SettingsError(f"{self._shown}: {place} knows no {show_path(key)!r}.", mend=mend)

    def _wrong(self, name: str, what: str) -> SettingsError:
        where = f"tool.plover-tray.{name}" if name else "tool.plover-tray"
        return SettingsError(f"{self._shown}: {show_path(where)} {what}.")
