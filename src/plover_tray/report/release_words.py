"""How a step of a release ended, for people: in goes its result, out comes half a sentence."""

import os
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..bundle.app_bundle import show_path

if TYPE_CHECKING:
    from ..releasing.steps import StepResult

Details = Mapping[str, Any]


def words_of(step: "StepResult", app: Path) -> str:
    """What a step did or found; `app` is where the release's app lies."""
    if step.state == "skipped":
        return show_path(str(step.details.get("reason", "")))
    if step.name == "check":
        return _check(step.details, app)
    words = _WORDS.get(step.name)
    return show_path(words(step.details)) if words else ""


def counted(number: int, word: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def _fix(details: Details) -> str:
    return "fixed" if details.get("changed") else "nothing to fix; copied"


def _check(details: Details, app: Path) -> str:
    errors, warnings = details.get("errors", 0), details.get("warnings", 0)
    found = [
        counted(number, word)
        for number, word in ((errors, "error"), (warnings, "warning"))
        if number
    ]
    if not found:
        return "nothing wrong"
    listed = ", ".join(found)
    return listed if errors else f"{listed}: see `plover-tray check {_shell_path(app)}`"


def _shell_path(path: Path) -> str:
    """A path as it can be typed here."""
    relative = os.path.relpath(path)
    return shlex.quote(show_path(str(path) if relative.startswith("..") else relative))


def _sign(details: Details) -> str:
    by = details.get("by")
    mended = len(details.get("mended", ()))
    words = f"sealed {counted(details.get('files', 0), 'file')}, "
    words += "ad-hoc" if by == "builtin" else f"by {by}"
    return f"{words}; mended {counted(mended, 'thing')} before" if mended else words


def _verify(details: Details) -> str:
    if not details.get("ok"):
        return "the seal is broken"
    return f"the seal holds, over {counted(details.get('code', 0), 'piece')} of code"


def _notarize(details: Details) -> str:
    return f"{str(details.get('status', '')).lower()} by Apple, as {details.get('submission')}"


def _staple(_: Details) -> str:
    return "carries its ticket"


def _dmg(details: Details) -> str:
    size = details.get("size", 0) / 1e6
    return f"{size:.1f} MB, {details.get('format')}, opens as {details.get('volume')}"


def _sign_dmg(details: Details) -> str:
    return f"signed by {details.get('by')}"


def _final_check(details: Details) -> str:
    faults = [
        fault
        for fault, there in (
            ("the seal of the app in the image is broken", not details.get("verifies")),
            ("the app in the image is not the one beside it", not details.get("same")),
        )
        if there
    ]
    if not details.get("ok"):
        return "; ".join(faults) or "the app in the image has no ticket"
    ticket = "with its ticket" if details.get("ticket") else "not notarized"
    return f"the app in the image is whole, {ticket}"


_WORDS: dict[str, Callable[[Details], str]] = {
    "fix": _fix,
    "sign": _sign,
    "verify": _verify,
    "notarize-app": _notarize,
    "staple-app": _staple,
    "dmg": _dmg,
    "sign-dmg": _sign_dmg,
    "notarize-dmg": _notarize,
    "staple-dmg": _staple,
    "final-check": _final_check,
}
