# Runs the app's own code; Python's -x, which skips a script's first line, skips this one.
"""Runs inside the app, as Python's script, before the app's own code.

In: sys.argv = [this file, KIND, TARGET, *arguments], KIND one of -m, script, function, -c.
Out: sys.argv, sys.orig_argv, sys.path[0] and __main__ as `python FLAGS -m TARGET ...` has them,
and the program run to its end with its own exit status. os.exec* of this app's own interpreter
or launcher no longer replaces the process (reexec.py).

Compiled at every start, so it stays small: everything else stands in files beside it (start.py
first), which are read on first use, past sys.path and sys.modules, so that no bytecode is written
into the sealed bundle and the app meets no name of ours. Bytecode that was sealed with it is used.
"""

blank = globals().copy()

import os  # noqa: E402
import sys  # noqa: E402

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

folder = os.path.dirname(__file__)
# Comments, not annotations: those would leave names of their own in `blank` from Python 3.14 on.
siblings = {}  # type: dict[str, Any]
shared = {"blank": blank, "folder": folder}  # type: dict[str, Any]


def sibling(name: str) -> "Any":
    """The module beside this file; what is shared are globals of it."""
    if name not in siblings:
        module: Any = type(sys)(name)
        module.__file__ = path = folder + "/" + name + ".py"
        vars(module).update(shared, shared=shared, sibling=sibling)
        with open(path, "rb") as file:
            source = file.read()
        code = compiled(name, path, source) or compile(source, path, "exec", dont_inherit=True)
        exec(code, vars(module))
        siblings[name] = module
    return siblings[name]


def compiled(name: str, path: str, source: bytes) -> "Any":
    """The bytecode of a sibling, where this very Python has made it from this very source.

    PEP 552's files with a checked hash (payload/bytecode.py writes them, where it can).
    """
    magic = vars(sys.modules["_frozen_importlib_external"])["MAGIC_NUMBER"]
    imports: Any = sys.modules["_imp"]
    try:
        with open(f"{folder}/__pycache__/{name}.{sys.implementation.cache_tag}.pyc", "rb") as file:
            data = file.read()
        if data[:4] == magic and data[8:16] == imports.source_hash(
            int.from_bytes(magic, "little"), source
        ):
            code = vars(sys.modules["marshal"])["loads"](data[16:])
            imports._fix_co_filename(code, path)
            return code
    except Exception:
        pass
    return None


if __name__ == "__main__":
    try:
        call = sibling("start").program()
        call.pop()(*call.pop())
    except BaseException as error:
        sibling("start").ended(error)
        raise
