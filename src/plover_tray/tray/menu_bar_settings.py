"""What a Mac's settings say about an app's menu bar item: in go defaults domains, out remarks.

Only keys that people met in real reports are read; Apple documents none of them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ..bundle.plist import parse_plist
from ..errors import BundleError, ToolError
from ..tools.program import find_program

SETTINGS_PAGE = "x-apple.systempreferences:com.apple.MenuBarSettings"
"""Opens System Settings > Menu Bar (known from steipete/CodexBar#945)."""
CONTROL_CENTER = "com.apple.controlcenter"
DEFAULTS = "/usr/bin/defaults"
_TIMEOUT = 30.0
"""Seconds for one domain."""


def read_remarks(identifier: str) -> list[str]:
    """Read the settings of this Mac. Empty where they say nothing or cannot be read."""
    return [
        *app_remarks(identifier, _domain(identifier)),
        *control_center_remarks(identifier, _domain(CONTROL_CENTER)),
    ]


def app_remarks(identifier: str, settings: Mapping[str, Any]) -> Iterator[str]:
    """Remarks on the app's own domain.

    A false `NSStatusItem Visible...` keeps an item away: dragged out by the user, or stuck (known
    from hamed-elfayome/Claude-Usage-Tracker#251, AThevon/TokenEater#236, robinebers/openusage#571).
    """
    for key, value in sorted(settings.items()):
        if key.startswith("NSStatusItem Visible") and not value:
            yield (
                f"The app's setting {key!r} is off: the icon was dragged out of the menu bar, or "
                f"macOS lost it. Clear it: defaults delete {identifier} {key!r}"
            )


def control_center_remarks(identifier: str, settings: Mapping[str, Any]) -> Iterator[str]:
    """Remarks on Control Center's domain: "Allow in the Menu Bar" switched off.

    `trackedApplications` holds `isAllowed` for each app (known from vorssaint/vorssaint-utils
    #1811); its shape has changed between releases, so it is searched, not walked.
    """
    for item in _dictionaries(settings.get("trackedApplications")):
        if item.get("isAllowed") is False and identifier in _texts(item):
            yield (
                "System Settings > Menu Bar has this app switched off. Switch it on: "
                f"open {SETTINGS_PAGE}"
            )
            return


def _domain(name: str) -> Mapping[str, Any]:
    try:
        defaults = find_program(DEFAULTS, "It is a part of macOS.")
        ran = defaults.run(["export", name, "-"], timeout=_TIMEOUT)
        return parse_plist(ran.stdout.encode(), name)[0] if ran.code == 0 else {}
    except (BundleError, ToolError):
        return {}


def _dictionaries(value: object) -> Iterator[Mapping[str, Any]]:
    """Every dictionary in a plist value, also in plists that are stored as data."""
    if isinstance(value, bytes):
        try:
            value = parse_plist(value, "data")[0]
        except BundleError:
            return
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from _dictionaries(item)
    elif isinstance(value, list):
        for item in value:
            yield from _dictionaries(item)


def _texts(value: object) -> set[str]:
    """Every string in a plist value."""
    if isinstance(value, str):
        return {value}
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {text for item in items for text in _texts(item)}
