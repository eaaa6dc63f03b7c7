"""The CPythons of this machine that a launcher can load: those with a shared libpython.

Comes in: this process's own Python, the ones on PATH, the ones of a pyenv, and those that
`PLOVER_TRAY_PYTHONS` lists (separated by `:`). Goes out: where each keeps its library and its
standard library.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

OLDEST, NEWEST = (3, 9), (3, 14)

_QUESTION = """
import json, os, sys, sysconfig
value = sysconfig.get_config_var
library = os.path.join(value("LIBDIR") or "", value("INSTSONAME") or "")
print(json.dumps([
    list(sys.version_info[:3]), library if value("Py_ENABLE_SHARED") else "",
    sysconfig.get_path("stdlib"), os.path.realpath(sys.executable),
]))
"""


@dataclass(frozen=True, slots=True)
class SharedPython:
    """A CPython that can be loaded into a process."""

    version: str
    """`3.13`."""
    full_version: str
    library: Path
    standard_library: Path
    executable: Path


@cache
def shared_pythons() -> tuple[SharedPython, ...]:
    """Return one CPython per minor version, ascending; this process's own before others."""
    found: dict[tuple[int, int], SharedPython] = {}
    for executable in _candidates():
        python = _ask(executable)
        if python is not None:
            major, minor = map(int, python.version.split("."))
            if OLDEST <= (major, minor) <= NEWEST:
                found.setdefault((major, minor), python)
    return tuple(python for _, python in sorted(found.items()))


def shared_python(version: str = "") -> SharedPython | None:
    """Return the one of `version` (`3.13`), or this process's own version, else the newest."""
    pythons = {python.version: python for python in shared_pythons()}
    if version:
        return pythons.get(version)
    own = "{}.{}".format(*sys.version_info[:2])
    return pythons.get(own) or next(reversed(pythons.values()), None)


def _candidates() -> Iterator[str]:
    yield os.path.realpath(sys.executable)
    yield from filter(None, os.environ.get("PLOVER_TRAY_PYTHONS", "").split(":"))
    for minor in range(OLDEST[1], NEWEST[1] + 1):
        on_path = shutil.which(f"python3.{minor}")
        if on_path:
            yield on_path
    yield from ("/usr/bin/python3", "/usr/local/bin/python3")
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for python in sorted(pyenv.glob("versions/*/bin/python3")):
        yield str(python)


@cache
def _ask(executable: str) -> SharedPython | None:
    try:
        done = subprocess.run(
            [executable, "-I", "-S", "-c", _QUESTION],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        version, library, standard_library, real = json.loads(done.stdout)
    except (OSError, json.JSONDecodeError, subprocess.TimeoutExpired):
        return None
    if not library or not Path(library).is_file():
        return None
    return SharedPython(
        version="{}.{}".format(*version),
        full_version=".".join(map(str, version)),
        library=Path(library),
        standard_library=Path(standard_library),
        executable=Path(real),
    )
