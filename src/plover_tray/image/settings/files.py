"""Reading the settings of a DMG in dmgbuild's own formats: in goes a file, out comes `DmgSettings`.

`settings.py` is run, as dmgbuild runs it, with its defaults and a dictionary `defines` in sight;
`settings.json` is the form of appdmg. A project's file works unchanged, and whatever goes wrong in
it becomes one line, or several errors a line each.
"""

import contextlib
import stat
import sys
import tokenize
import traceback
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from ...errors import ImageError, show_path
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
        from .appdmg import options_from_json

        options |= options_from_json(data, path)
    else:
        _run(data, path, options)
    from .checks import settings_from

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
