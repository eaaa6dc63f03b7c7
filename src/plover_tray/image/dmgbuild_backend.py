"""dmgbuild, which makes the image on a Mac: in go settings, out comes its image.

Nobody here has run it: it cannot even be imported off a Mac. What it is called with is known from
dmgbuild 1.6 (`build_dmg`), and tests play its part.
"""

from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any

from ..errors import ToolError, show_path
from ..tools.program import SubprocessError
from .result import DmgProgress, Progress
from .settings.settings import DmgSettings


def run_dmgbuild(settings: DmgSettings, output: Path, progress: Progress) -> tuple[str, ...]:
    """Make `output` by dmgbuild; gives notes for a person. Raises ToolError."""
    try:
        module = import_module("dmgbuild")
    except (ImportError, ValueError) as error:
        raise ToolError(
            f"dmgbuild cannot be used here: {show_path(str(error))}.",
            mend="`pip install 'dmgbuild[badge_icons]'` on a Mac, or use the built-in backend.",
        ) from None
    steps = 0

    def callback(event: dict[str, Any]) -> None:
        nonlocal steps
        if str(event.get("type", "")).endswith("::start"):
            steps += 1
            detail = event.get("operation") or event.get("command") or ""
            progress(DmgProgress("dmgbuild", steps, 0, str(detail)))

    try:
        module.build_dmg(
            str(output), settings.volume_name, settings=options(settings), callback=callback
        )
    except (OSError, ValueError, KeyError, RuntimeError, SubprocessError) as error:
        raise _failure(error) from error
    except Exception as error:
        if type(error).__name__ == "DMGError":
            raise _failure(error) from error
        raise
    if not output.is_file():
        raise ToolError("dmgbuild ended without an error and without an image.")
    return ()


def options(settings: DmgSettings) -> dict[str, Any]:
    """The settings as the dictionary that dmgbuild takes them in."""
    values = {f.name: getattr(settings, f.name) for f in fields(settings)}
    for left_out in ("source", "filename"):
        del values[left_out]
    values["files"] = [(str(source), name) for source, name in settings.files]
    for name in ("icon", "badge_icon"):
        values[name] = None if values[name] is None else str(values[name])
    if isinstance(settings.background, tuple):
        red, green, blue = settings.background
        values["background"] = f"rgb({red:.6f},{green:.6f},{blue:.6f})"
    elif settings.background is not None:
        values["background"] = str(settings.background)
    values["symlinks"] = dict(settings.symlinks)
    places = settings.icon_locations.items()
    values["icon_locations"] = {name: (round(x), round(y)) for name, (x, y) in places}
    return values


def _failure(error: Exception) -> ToolError:
    first = str(error).strip().partition("\n")[0] or type(error).__name__
    return ToolError(f"dmgbuild could not make the image: {show_path(first)}.", output=str(error))
