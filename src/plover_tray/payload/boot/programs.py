"""Programs that are no module: code, a script, a folder or zip file, an entry point.

In: the target as the boot module got it. Out: its place and its code, with what CPython's own
main program (Modules/main.c, Python/pythonrun.c) would put into __main__ for it.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .boot import sibling
    from .start import state


def locate(kind: str, target: str) -> "tuple[str, Any, str]":
    """(path, importer, sys.path[0]) of a script; the importer is None for a plain file."""
    path = target if target[:1] == "/" else os.getcwd() + "/" + target
    if kind == "script":
        for hook in sys.path_hooks:
            try:
                importer: Any = hook(path)
            except ImportError:
                continue
            sys.path_importer_cache[path] = importer
            return path, importer, path
        sys.path_importer_cache[path] = None
    return path, None, os.path.dirname(os.path.realpath(path))


def script(path: str, names: "dict[str, Any]") -> "Any":
    """The code of a script; sets __file__, __cached__ and __loader__ in `names`.

    A script that cannot be opened ends the process as CPython's main program does.
    """
    external: Any = sys.modules["_frozen_importlib_external"]
    names["__file__"] = path
    if "__cached__" in state["blank"]:
        names["__cached__"] = None
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        name = getattr(sys, "orig_argv", [sys.executable])[0]
        sys.stderr.write(
            f"{name}: can't open file {path!r}: [Errno {error.errno}] {error.strerror}\n"
        )
        raise SystemExit(2) from None
    if path.endswith(".pyc") or data[2:4] == b"\r\n":
        import marshal

        names["__loader__"] = external.SourcelessFileLoader("__main__", path)
        if data[:4] != external.MAGIC_NUMBER:
            raise RuntimeError("Bad magic number in .pyc file")
        return marshal.loads(data[16:])
    names["__loader__"] = external.SourceFileLoader("__main__", path)
    if state.get("skip_first_line"):
        data = b"\n" + data.partition(b"\n")[2]
    return compile(data, path, "exec", dont_inherit=True)


def command(text: str) -> "Any":
    """The code of a -c option.

    Python 3.14 takes common indentation off; from 3.13 on the lines are kept for tracebacks.
    """
    if sys.version_info >= (3, 14) and text[:1] in (" ", "\t", "\n"):
        text = sibling("private_stdlib").load("textwrap").dedent(text)
    code = compile(text, "<string>", "exec", dont_inherit=True)
    if sys.version_info >= (3, 13):
        import linecache

        register: Any = getattr(linecache, "_register_code", None)
        if register is not None:
            by_code = hasattr(linecache, "_interactive_cache")
            register(code if by_code else "<string>", text, "<string>")
    return code


def function(target: str) -> "tuple[str, Any]":
    """(sys.argv[0], code) for `pkg.mod:func`, run as a console script does it.

    sys.argv[0] is the app's launcher, so that a program which starts itself again by
    sys.argv[0], with or without the interpreter before it, starts the app again. __main__ has no
    __file__: children of multiprocessing have nothing to read again.
    """
    module, _, attribute = target.partition(":")
    code = compile(
        f"import sys\nfrom {module} import {attribute.partition('.')[0]}\n"
        f"sys.exit({attribute}())\n",
        "<entry point>",
        "exec",
        dont_inherit=True,
    )
    launcher = sibling("bundle").launcher()
    folder = os.path.dirname(sys.executable)
    return launcher or os.path.join(folder, attribute.rpartition(".")[2]), code
