"""Where the launcher's sources are, and its build script as a module."""

import importlib.util
import sys
from functools import cache
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2]
LAUNCHER = PROJECT / "launcher"


@cache
def build_module() -> Any:
    """Return `launcher/build.py`, imported."""
    return load("launcher_build_under_test", LAUNCHER / "build.py")


def load(name: str, path: Path) -> Any:
    """Import the file at `path` under `name`."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
