"""Reads the script that is to run as __main__: source, or bytecode as in a source-less bundle."""

import sys


def load(path, names):
    """The code of the script at `path`; sets __file__, __cached__ and __loader__ in `names`.

    A script that cannot be opened ends the process as CPython's own main program does.
    """
    external = sys.modules["_frozen_importlib_external"]
    names["__file__"] = path
    if "__cached__" in state["blank"]:
        names["__cached__"] = None
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        program = getattr(sys, "orig_argv", [sys.executable])[0]
        print(
            f"{program}: can't open file {path!r}: [Errno {error.errno}] {error.strerror}",
            file=sys.stderr,
        )
        raise SystemExit(2) from None
    if path.endswith(".pyc") or data[2:4] == b"\r\n":
        import marshal

        names["__loader__"] = external.SourcelessFileLoader("__main__", path)
        if data[:4] != external.MAGIC_NUMBER:
            raise RuntimeError("Bad magic number in .pyc file")
        return marshal.loads(data[16:])
    names["__loader__"] = external.SourceFileLoader("__main__", path)
    return compile(data, path, "exec", dont_inherit=True)
