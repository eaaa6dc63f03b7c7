"""exec, spawn, fork, wait, system: how one program becomes or starts another.

An exec ends the rehearsal. A child is noted and the parent goes on, so that what it does next
(wait, exit, host Python itself) is seen too; children are taken to run and to end well.
"""

from . import by_shell as by_shell
from . import execs as execs
from . import forks as forks
from . import programs as programs
from . import spawn as spawn
