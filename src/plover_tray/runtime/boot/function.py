"""Runs `pkg.mod:func` as a console script does: sys.exit(func())."""

import os
import sys


def console_script(target):
    """(sys.argv[0], kind, code) for an entry point written as in a package's metadata."""
    module, _, attribute = target.partition(":")
    head = attribute.partition(".")[0]
    code = compile(
        f"import sys\nfrom {module} import {head}\nsys.exit({attribute}())\n",
        "<entry point>",
        "exec",
        dont_inherit=True,
    )
    launcher = sibling("bundle").launcher()
    name = launcher or os.path.join(os.path.dirname(sys.executable), head)
    return name, "function", code
