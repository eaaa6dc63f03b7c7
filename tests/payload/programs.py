"""Programs that are run twice: by the bare interpreter, and by it through the boot module.

Comes in: a folder to write them into. Goes out: what they print, with what may differ between any
two runs (addresses, process ids) taken out, to be compared.
"""

import os
import re
import subprocess
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.linux_bundle import BOOT

BOOT_SCRIPT = BOOT / "boot.py"

DUMP = '''\
"""Says all that a program can see of how it was started."""
import json, os, sys
main = sys.modules["__main__"]
seen = sorted(sys.modules)
attributes = {
    name: ("the module" if name == "__builtins__" and not isinstance(value, dict) else repr(value))
    for name, value in sorted(vars(main).items())
    if name.startswith("__")
}
spec = main.__spec__
stream = lambda s: s and [s.name, s.mode, s.encoding, s.errors, s.line_buffering, s.write_through,
                          type(s.buffer).__name__]
handler = getattr(sys.modules.get("_signal"), "getsignal")
report = {
    "argv": sys.argv, "orig_argv": getattr(sys, "orig_argv", None), "path": sys.path,
    "flags": repr(sys.flags), "warnoptions": sys.warnoptions, "xoptions": sys._xoptions,
    "main": attributes,
    "spec": spec and [spec.name, spec.origin, spec.parent, spec.cached, spec.has_location,
                      type(spec.loader).__name__],
    "modules": seen, "cwd": os.getcwd(),
    "sys": sorted(vars(sys)), "builtins": sorted(vars(main.__dict__["__builtins__"])),
    "executable": sys.executable, "prefix": [sys.prefix, sys.base_prefix, sys.exec_prefix],
    "streams": [stream(s) for s in (sys.stdin, sys.stdout, sys.stderr)],
    "same streams": [sys.stdout is sys.__stdout__, sys.stderr is sys.__stderr__],
    "hooks": [sys.excepthook is sys.__excepthook__, sys.displayhook is sys.__displayhook__],
    "meta_path": [repr(f) for f in sys.meta_path], "path_hooks": len(sys.path_hooks),
    "importer_cache": sorted(sys.path_importer_cache),
    "filters": repr(sys.modules["_warnings"].filters),
    "signals": [repr(handler(n)) for n in (2, 13, 15, 25)],
    "environ": dict(os.environ), "bytecode": [sys.dont_write_bytecode, sys.pycache_prefix],
    "recursion": [sys.getrecursionlimit(), sys.getswitchinterval()],
    "site": [getattr(sys.modules.get("site"), n, 0)
             for n in ("ENABLE_USER_SITE", "USER_BASE", "USER_SITE")],
    "digits": getattr(sys, "get_int_max_str_digits", int)(),
    "faulthandler": "faulthandler" in sys.modules and sys.modules["faulthandler"].is_enabled(),
    "tracemalloc": "tracemalloc" in sys.modules
        and sys.modules["tracemalloc"].get_traceback_limit(),
    "hash pycs": sys.modules["_imp"].check_hash_based_pycs,
}
print(json.dumps(report, indent=1))
'''
"""For -m, as a script, in a folder or a zip file."""

FUNCTION = '''\
"""An entry point."""
def main():
    import runpy, sys
    print(__name__, sys.argv, sys.modules["__main__"].__spec__, flush=True)
    return "the result"
class group:
    @staticmethod
    def run():
        return 7
'''


@dataclass(frozen=True)
class Outcome:
    """How a process ended and what it wrote."""

    status: int
    stdout: str
    stderr: str


def lay(folder: Path) -> Path:
    """Write every program into `folder`; return it."""
    package = folder / "package"
    for place in (package, folder / "application"):
        place.mkdir()
    (folder / "dump.py").write_text(DUMP)
    (package / "__init__.py").write_text("import sys\nprint('package', sys.argv)\n")
    (package / "__main__.py").write_text(DUMP)
    (package / "inner.py").write_text(DUMP)
    (package / "entry.py").write_text(FUNCTION)
    (folder / "application" / "__main__.py").write_text(DUMP)
    with zipfile.ZipFile(folder / "archive.zip", "w") as archive:
        archive.writestr("__main__.py", DUMP)
    return folder


def run(
    command: Sequence[str | Path],
    folder: Path,
    *,
    env: Mapping[str, str] | None = None,
    **options: Any,
) -> Outcome:
    """Run a program in `folder` with nobody's own settings around it."""
    options = {"input": "", **options}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={**environment(folder), **(env or {})},
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
        timeout=120,
        **options,
    )
    return Outcome(done.returncode, settled(done.stdout), settled(done.stderr))


def environment(folder: Path) -> dict[str, str]:
    """An environment in UTF-8 with a home of its own."""
    return {
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PATH": os.environ["PATH"],
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def settled(text: str) -> str:
    """Text without addresses."""
    return re.sub(r"0x[0-9a-f]{6,}", "0x", text)
