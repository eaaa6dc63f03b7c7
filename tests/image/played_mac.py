"""dmgbuild's own modules, which can only be imported where Python believes to be on a Mac.

Comes in: nothing. Goes out: the real modules, told that this is macOS 26; `sys.modules` stays as
it was, so that the code under test finds dmgbuild as it is off a Mac.
"""

import importlib
import sys
from functools import cache
from typing import Any
from unittest import mock


@cache
def dmgbuild_modules() -> Any:
    """The package dmgbuild, with its modules `core` and `colors`."""
    before = {name for name in sys.modules if name.partition(".")[0] == "dmgbuild"}
    with mock.patch("platform.mac_ver", return_value=("26.0", ("", "", ""), "arm64")):
        package = importlib.import_module("dmgbuild")
        importlib.import_module("dmgbuild.core")
        importlib.import_module("dmgbuild.colors")
    for name in [name for name in sys.modules if name.partition(".")[0] == "dmgbuild"]:
        if name not in before:
            del sys.modules[name]
    return package
