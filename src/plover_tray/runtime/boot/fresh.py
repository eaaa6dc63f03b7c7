"""Takes an interpreter that has run a program back to where it stood before it ran one."""

import os
import sys

graves = []


def renew(command, environ):
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os.environ.clear()
    os.environ.update(environ)
    old = {name: sys.modules.pop(name) for name in list(sys.modules) if name not in state["modules"]}
    graves.append((old, sys.modules["__main__"]))
    standard = [
        entry
        for entry in state["path"]
        if entry == os.path.dirname(os.__file__)
        or os.path.basename(entry) == "lib-dynload"
        or entry.endswith(".zip")
    ]
    sys.path[:] = standard
    site = sys.modules.get("site")
    if site is not None:
        site.ENABLE_USER_SITE = site.USER_SITE = site.USER_BASE = None
        site.main()
