"""The meaning of a script, until it execs or ends.

Comes in: a shell and a script's text. Goes out: an `Ended`. Programs that are started as children
are noted and taken to end well; what has no model ends it with the construct and its line.
"""

from . import assignments, commands, constructs  # noqa: F401 - they declare what they handle
from .builtins import Leave, LoopControl
from .state import Shell
from .statements import finish, run_all
from .syntax import parse


def run_script(shell: Shell, source: bytes) -> None:
    """Run a script to its end. Always raises Ended."""
    root = parse(source)
    try:
        run_all(shell, root)
    except Leave as leaving:
        shell.status = leaving.status
    except LoopControl:
        pass
    finish(shell, shell.status)
