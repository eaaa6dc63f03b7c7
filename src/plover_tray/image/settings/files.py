"""Reading the settings of a DMG in dmgbuild's own formats: in goes a file, out comes `DmgSettings`.

`settings.py` is run, as dmgbuild runs it, with its defaults and a dictionary `defines` in sight;
`settings.json` is the form of appdmg. A project's file works unchanged, and whatever goes wrong in
it becomes one line.
"""

import contextlib
import json
import stat
import sys
import tokenize
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from ...errors import ImageError, show_path
from .checks import MAX_NAMES, settings_from
from .settings import DmgSettings

MAX_SETTINGS = 1 << 20
"""Bytes of a settings file."""


def load_settings(
    path: Path,
    *,
    app: Path | None = None,
    defines: Mapping[str, str] | None = None,
    volume_name: str = "",
    filename: str = "",
) -> DmgSettings:
    """Read `path`, a settings.py or, by its suffix, a settings.json.

    `defines` is what the file sees under that name; `app` is added to it as "app" where it is not
    there. `volume_name` and `filename` are what the file sees, and may change. Relative paths in
    the file are looked for from the current folder, as dmgbuild does, and then beside the file.
    Raises ImageError.
    """
    shown = show_path(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ImageError(
                f"The settings {shown} are no file.", mend="Give a settings.py or .json."
            )
        with path.open("rb") as file:
            data = file.read(MAX_SETTINGS + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ImageError(f"The settings {shown} cannot be read: {reason}.") from None
    if len(data) > MAX_SETTINGS:
        raise ImageError(f"{shown} is larger than any settings file.")
    known = dict(defines or {})
    if app is not None:
        known.setdefault("app", str(app))
    options = _defaults()
    options |= {"volume_name": volume_name, "filename": filename, "defines": known}
    if path.suffix == ".json":
        options |= _from_json(data, shown)
    else:
        _run(data, path, options)
    return settings_from(options, path)


def _defaults() -> dict[str, Any]:
    """Dmgbuild's defaults as a settings.py sees them."""
    settings = DmgSettings()
    names = [f.name for f in fields(settings) if f.name not in ("source", "create_hook")]
    values = {name: getattr(settings, name) for name in names}
    return values | {"files": [], "hide": [], "hide_extensions": []}


def _run(data: bytes, path: Path, options: dict[str, Any]) -> None:
    """Run a settings.py with `options` as its variables."""
    try:
        lines = iter(data.splitlines(keepends=True))
        encoding, _ = tokenize.detect_encoding(lambda: next(lines, b""))
        code = compile(data.decode(encoding), str(path), "exec", dont_inherit=True)
        with contextlib.redirect_stdout(sys.stderr):
            exec(code, options, options)  # noqa: S102  the user's own code, as dmgbuild does
    except (Exception, SystemExit) as error:
        raise ImageError(
            f"{show_path(path)}{_line(error, path)}: {_reason(error)}",
            mend="Mend the settings file; `defines` holds what is given with -D.",
        ) from error


def _line(error: BaseException, path: Path) -> str:
    if isinstance(error, SyntaxError) and error.lineno:
        return f", line {error.lineno}"
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == str(path)
    ]
    return f", line {lines[-1]}" if lines else ""


def _reason(error: BaseException) -> str:
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    first = show_path(text.strip().partition("\n")[0])
    return f"{type(error).__name__}: {first}." if first else f"{type(error).__name__}."


def _from_json(data: bytes, shown: str) -> dict[str, object]:
    """Appdmg's JSON as dmgbuild's options, with appdmg's defaults (dmgbuild's `load_json`)."""
    try:
        spec = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ImageError(f"{shown} is not JSON: {show_path(str(error))}.") from None
    if not isinstance(spec, dict) or not isinstance(spec.get("contents"), list):
        raise ImageError(f"{shown} must be a dictionary with a list `contents`.")
    if not isinstance(spec.get("title"), str):
        raise ImageError(f"{shown} has no `title`, which is the name of the volume.")
    window = _dictionary(spec.get("window"), "window", shown)
    position = _dictionary(window.get("position"), "window.position", shown)
    size = _dictionary(window.get("size"), "window.size", shown)
    options: dict[str, object] = {
        "volume_name": spec["title"],
        "icon": spec.get("icon"),
        "badge_icon": spec.get("badge-icon"),
        "background": spec.get("background", spec.get("background-color")),
        "icon_size": spec.get("icon-size", 80),
        "window_rect": (
            (position.get("x", 100), position.get("y", 100)),
            (size.get("width", 640), size.get("height", 480)),
        ),
        "format": spec.get("format", "UDZO"),
        "filesystem": spec.get("filesystem", "HFS+"),
        "compression_level": spec.get("compression-level"),
        "license": spec.get("license"),
    }
    return options | _json_contents(spec["contents"][: MAX_NAMES + 1], shown)


def _json_contents(contents: Sequence[object], shown: str) -> dict[str, object]:
    files: list[tuple[str, str]] = []
    symlinks: dict[str, str] = {}
    hidden: dict[str, list[str]] = {"hide": [], "hide_extensions": []}
    locations: dict[str, tuple[object, object]] = {}
    for number, entry in enumerate(contents):
        item = _dictionary(entry, f"contents[{number}]", shown)
        for key in ("path", "x", "y"):
            if key not in item:
                raise ImageError(f"{shown}: contents[{number}] has no {key!r}.")
        path = item["path"]
        name = item.get("name", str(path).rstrip("/").rpartition("/")[2])
        if not isinstance(path, str) or not isinstance(name, str):
            raise ImageError(f"{shown}: path and name of contents[{number}] must be texts.")
        match item.get("type", "file"):
            case "file":
                files.append((path, name))
            case "link":
                symlinks[name] = path
            case "position":
                pass
            case other:
                raise ImageError(
                    f"{shown}: contents[{number}] is of the type {other!r}, not file, link or"
                    " position."
                )
        locations[name] = (item["x"], item["y"])
        if item.get("hide_extension"):
            hidden["hide_extensions"].append(name)
        if item.get("hidden"):
            hidden["hide"].append(name)
    return {"files": files, "symlinks": symlinks, "icon_locations": locations, **hidden}


def _dictionary(value: object, name: str, shown: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ImageError(f"{shown}: `{name}` must be a dictionary.")
    return value
