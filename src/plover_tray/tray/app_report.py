"""What a running app says of itself: in goes the boot module's JSON, out come checked facts.

The file is written by another process, so nothing in it is believed before it has the right type.
`payload/boot/probe.py` describes its keys.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCHEMA = 1
MAX_REPORT = 4 << 20
"""Bytes."""

Geometry = tuple[int, int, int, int]
"""x, y, width and height in Qt's device independent pixels."""


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen and the part of it that windows may use."""

    name: str
    geometry: Geometry
    available: Geometry
    scale: float


@dataclass(frozen=True, slots=True)
class TrayIcon:
    """A QSystemTrayIcon as Qt describes it; `visible` says only that the app called show()."""

    visible: bool
    geometry: Geometry
    icon_null: bool
    icon_template: bool
    tooltip: str
    menu: tuple[str, ...]
    """The texts of its menu's entries, submenus indented."""


@dataclass(frozen=True, slots=True)
class AppReport:
    """One report of the running app."""

    settled: bool
    pid: int
    executable: str | None
    bundle_identifier: str | None
    identifier_from: str
    sys_executable: str
    python: str
    qt_binding: str | None
    qt_version: str | None
    qt_platform: str | None
    activation_policy: str | None
    tray_available: bool | None
    screens: tuple[Screen, ...]
    icons: tuple[TrayIcon, ...]
    error: str | None


def read_app_report(path: Path) -> AppReport | None:
    """The report at `path`; None while there is none, or where it is not one."""
    try:
        with path.open("rb") as file:
            raw = json.loads(file.read(MAX_REPORT))
        return _report(raw) if raw.get("schema") == SCHEMA else None
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def _report(raw: dict[str, Any]) -> AppReport:
    qt = raw["qt"] or {}
    bundle = raw["bundle"]
    return AppReport(
        settled=bool(raw["settled"]),
        pid=int(raw["pid"]),
        executable=_text(raw["executable"]),
        bundle_identifier=_text(bundle["identifier"]),
        identifier_from=str(bundle["identifier_from"]),
        sys_executable=str(raw["sys_executable"]),
        python=str(raw["python"]),
        qt_binding=_text(qt.get("binding")),
        qt_version=_text(qt.get("version")),
        qt_platform=_text(qt.get("platform_name")),
        activation_policy=_text(raw["activation_policy"]),
        tray_available=raw["tray_available"],
        screens=tuple(_screen(item) for item in raw["screens"]),
        icons=tuple(_icon(item) for item in raw["icons"]),
        error=_text(raw["error"]),
    )


def _screen(raw: dict[str, Any]) -> Screen:
    return Screen(
        str(raw["name"]), _geometry(raw["geometry"]), _geometry(raw["available"]), raw["scale"]
    )


def _icon(raw: dict[str, Any]) -> TrayIcon:
    return TrayIcon(
        visible=bool(raw["visible"]),
        geometry=_geometry(raw["geometry"]),
        icon_null=bool(raw["icon"]["null"]),
        icon_template=bool(raw["icon"]["template"]),
        tooltip=str(raw["tooltip"]),
        menu=tuple(_menu(raw["menu"] or [], "")),
    )


def _menu(entries: list[dict[str, Any]], indent: str) -> list[str]:
    found = []
    for entry in entries:
        if not entry["separator"]:
            found.append(indent + str(entry["text"]))
        found += _menu(entry["menu"] or [], indent + "  ")
    return found


def _geometry(raw: list[Any]) -> Geometry:
    x, y, width, height = (int(value) for value in raw)
    return x, y, width, height


def _text(raw: object) -> str | None:
    return raw if isinstance(raw, str) and raw else None
