"""Bytecode of the boot module, so that an app whose program re-executes itself starts sooner.

In go the boot module's sources and the version of the app's Python, out come the files for
`__pycache__`, as PEP 552 defines them with a checked hash: the app compares it with the source and
compiles for itself where they do not belong together. Only a Python of the same version can write
them: the one that this tool runs on, where it is of that version, or one that the user names.
Otherwise the app does without (benchmarks/startup.py shows what that costs).
"""

import base64
import binascii
import json
import os
import sys
from collections.abc import Mapping
from functools import cache

from ..errors import FixError, ToolError, show_path
from ..tools.program import find_program
from .parts import boot_files

_TIMEOUT = 30.0
"""Seconds."""
_MAX_FILE = 1 << 20

_COMPILE = """
import sys
sys.path[:] = [entry for entry in sys.path if entry]
import base64, importlib.util as util, json, marshal
assert sys.implementation.name == "cpython" and sys.version_info.releaselevel == "final"
found = {}
for name, text in json.load(sys.stdin).items():
    source = base64.b64decode(text)
    code = compile(source, name, "exec", dont_inherit=True)
    head = util.MAGIC_NUMBER + bytes([3, 0, 0, 0]) + util.source_hash(source)
    cached = "__pycache__/" + name[:-2] + sys.implementation.cache_tag + ".pyc"
    found[cached] = base64.b64encode(head + marshal.dumps(code)).decode()
json.dump([list(sys.version_info[:2]), found], sys.stdout)
"""
"""Flags 3: a hash, and to be checked (PEP 552). The current folder lends it no module."""


@cache
def boot_bytecode(version: str, program: str) -> Mapping[str, bytes]:
    """Files for the boot module's folder by name, for a bundle with CPython `version` (`3.13`).

    Made by `program`, an interpreter that the user names. Raises FixError where that is none of
    this version.
    """
    sources = {name: data for name, data in boot_files().items() if name != "boot.py"}
    asked = {name: base64.b64encode(data).decode() for name, data in sources.items()}
    # Up to 3.10 the order of a constant set depends on the hashes' seed; the bytes must not.
    environment = dict.fromkeys(name for name in os.environ if name.startswith("PYTHON"))
    try:
        ran = find_program(program, "").run(
            ["-s", "-S", "-B", "-c", _COMPILE],
            timeout=_TIMEOUT,
            environment={**environment, "PYTHONHASHSEED": "0"},
            stdin=json.dumps(asked).encode(),
        )
        if ran.code:
            raise ran.failure({})
        (major, minor), found = json.loads(ran.stdout)
        files = {str(name): base64.b64decode(text) for name, text in found.items()}
    except (ToolError, ValueError, TypeError, binascii.Error):
        raise _unfit(program, version) from None
    expected = {
        f"__pycache__/{name[:-3]}.cpython-{version.replace('.', '')}.pyc" for name in sources
    }
    too_large = any(len(data) > _MAX_FILE for data in files.values())
    if f"{major}.{minor}" != version or files.keys() != expected or too_large:
        raise _unfit(program, version)
    return dict(sorted(files.items()))


def own_python(version: str) -> str | None:
    """The interpreter that this tool runs on, if it can compile for CPython `version`."""
    if version != f"{sys.version_info[0]}.{sys.version_info[1]}" or not sys.executable:
        return None
    try:
        boot_bytecode(version, sys.executable)
    except FixError:
        return None
    return sys.executable


def _unfit(program: str, version: str) -> FixError:
    return FixError(
        f"{show_path(program)} is not a CPython {version} that can compile the boot module.",
        mend=f"Give a released CPython {version}, or leave --python out.",
    )
