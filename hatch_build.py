"""Hatchling's build hook: puts the built launcher into the package.

In go launcher/ and the package's Mach-O writer, out comes the file LAUNCHER, for a wheel and for an
editable install alike; nothing is built again while its inputs are the same. A source distribution
carries the sources only.
"""

import hashlib
import importlib.util
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LAUNCHER = "src/plover_tray/payload/launcher-universal2"
STAMP = "build/launcher.stamp"
"""Remembers the hash of the inputs, and of the output made from them."""


class LauncherBuildHook(BuildHookInterface[Any]):
    """Builds the launcher before a wheel is packed."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Called by hatchling; `version` is "standard" or "editable"."""
        if self.target_name == "wheel":
            build_if_needed(Path(self.root))


def build_if_needed(root: Path) -> bool:
    """Build the launcher of the source tree `root`; False if the one that is there will do."""
    build = _load(root / "launcher/build.py")
    output, stamp = root / LAUNCHER, root / STAMP
    inputs = build.inputs_digest()
    if output.exists() and stamp.exists() and stamp.read_text() == _stamp(inputs, output):
        return False
    data = build.build_universal2()
    _replace(output, data)
    _replace(stamp, _stamp(inputs, output).encode())
    return True


def _stamp(inputs: str, output: Path) -> str:
    return f"{inputs} {hashlib.sha256(output.read_bytes()).hexdigest()}\n"


def _replace(path: Path, data: bytes) -> None:
    """Write a file all or nothing: two builds of one tree may run at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as new:
        new.write(data)
    Path(new.name).chmod(0o755)
    Path(new.name).replace(path)


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("launcher_build", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
