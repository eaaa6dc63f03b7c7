"""LSEnvironment of an Info.plist: variables that LaunchServices adds to an opened app's own.

Source: Apple, Core Foundation Keys, LSEnvironment: a dictionary of strings, only for apps that are
opened through LaunchServices.
"""

from collections.abc import Mapping
from typing import Any


def info_environment(info: Mapping[str, Any]) -> dict[str, str]:
    """The variables; what is no string, or could not be in an environment, is left out."""
    given = info.get("LSEnvironment")
    if not isinstance(given, dict):
        return {}
    return {
        name: value
        for name, value in given.items()
        if isinstance(name, str)
        and isinstance(value, str)
        and name
        and "=" not in name
        and "\0" not in name + value
    }
