"""Which stub behaves how: the table that tests are parametrised over.

Comes in: the sources in `stubs/`. Goes out: for each kind of main executable its source, how to
compile it, and what a person reading the source would say it does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

PYTHON = "Frameworks/Python.framework/Versions/Current/bin/python"
"""The interpreter the stubs start, relative to Contents."""


@dataclass(frozen=True, slots=True)
class Stub:
    """A way to start Python from a bundle's main executable."""

    source: str
    """File in `stubs/`."""
    outcome: str
    """As in the rehearsal's JSON: exec, spawn, python, exit, unknown-call, budget."""
    call: str = ""
    """The C function or Objective-C method that starts the other program."""
    target: str = PYTHON
    """Program it starts, relative to Contents when it does not start with `/`."""
    arguments: tuple[str, ...] = ()
    """Arguments after argv[0] and before the user's."""
    forwards: bool = True
    """Whether the user's arguments follow."""
    frameworks: tuple[str, ...] = ()
    fortify: bool = False
    chained: bool = False
    environment: Mapping[str, str | None] = field(default_factory=dict)
    """Variables it sets (or unsets, with None) for what it starts; `%` stands for Contents."""


_M = ("-m", "hello_tray")
_SM = ("-s", *_M)
_FOUNDATION = ("Foundation", "CoreFoundation")

STUBS: Mapping[str, Stub] = {
    "plover-5.2": Stub("plover_5_2.c", "exec", "execv", arguments=_SM),
    "plover-5.2-fortified": Stub("plover_5_2.c", "exec", "execv", arguments=_SM, fortify=True),
    "argv0": Stub("argv0_execv.c", "exec", "execv", arguments=_SM),
    "argv0-fortified": Stub("argv0_execv.c", "exec", "execv", arguments=_SM, fortify=True),
    "cfbundle": Stub(
        "cfbundle_execv.c", "exec", "execv", arguments=_M, frameworks=("CoreFoundation",)
    ),
    "nsbundle": Stub("nsbundle_execv.m", "exec", "execv", arguments=_SM, frameworks=_FOUNDATION),
    "nsbundle-resource-path": Stub(
        "nsbundle_resource_path.m",
        *("exec", "execv"),
        arguments=_M,
        frameworks=_FOUNDATION,
        environment={"PYTHONNOUSERSITE": "1"},
    ),
    "execl": Stub("execl.c", "exec", "execl", arguments=_SM, forwards=False),
    "execle": Stub(
        "execle.c",
        *("exec", "execle"),
        arguments=(*_M, "--quiet"),
        forwards=False,
        environment={"LANG": "en_US.UTF-8", "PYTHONNOUSERSITE": "1"},
    ),
    "execve": Stub(
        "execve.c",
        *("exec", "execve"),
        arguments=_M,
        environment={"PYTHONUTF8": "1", "PYTHONHOME": None},
    ),
    "execvp": Stub(
        "execvp.c",
        *("exec", "execvp"),
        target="Frameworks/Python.framework/Versions/3.13/bin/python3.13",
        arguments=_M,
        environment={"PATH": "%/Frameworks/Python.framework/Versions/3.13/bin:/usr/bin:/bin"},
    ),
    "execlp": Stub("execlp.c", "exec", "execlp", arguments=("-E", *_SM), forwards=False),
    "exec-script-file": Stub(
        "exec_script_file.c", "exec", "execv", arguments=("-O", "%/Resources/main.py")
    ),
    "access-stat": Stub("access_stat_execv.c", "exec", "execv", arguments=_M),
    "string-calls": Stub(
        "string_calls_execv.c",
        *("exec", "execv"),
        arguments=("-X", "pycache_prefix=/tmp/pycache-1", *_M),
    ),
    "string-calls-fortified": Stub(
        "string_calls_execv.c",
        *("exec", "execv"),
        arguments=("-X", "pycache_prefix=/tmp/pycache-1", *_M),
        fortify=True,
    ),
    "posix-spawn-setexec": Stub("posix_spawn_setexec.c", "exec", "posix_spawn", arguments=_M),
    "posix-spawn": Stub("posix_spawn_wait.c", "spawn", "posix_spawn", arguments=_M),
    "fork-exec": Stub("fork_exec_wait.c", "spawn", "fork", arguments=_M),
    "system": Stub("system_command.c", "spawn", "system", arguments=_SM, forwards=False),
    "nstask": Stub(
        "nstask_wait.m", "spawn", "-[NSTask launch]", arguments=_M, frameworks=_FOUNDATION
    ),
    "nstask-url": Stub(
        "nstask_url.m",
        *("spawn", "-[NSTask launchAndReturnError:]"),
        arguments=_M,
        forwards=False,
        frameworks=_FOUNDATION,
    ),
    "exec-helper": Stub("exec_helper.c", "exec", "execv", target="MacOS/helper"),
    "exec-outside": Stub(
        "exec_outside.c",
        *("exec", "execv"),
        target="/usr/bin/env",
        arguments=("python3", "%/Resources/main.py"),
    ),
    "slices-disagree": Stub("slices_disagree.c", "exec", "execv", arguments=_M),
    "unknown-call": Stub("unknown_call.c", "unknown-call", "sysctlbyname"),
    "exits": Stub("exits.c", "exit"),
    "loops": Stub("loop_forever.c", "budget"),
    "recurses": Stub("recurse_forever.c", "budget"),
    "allocates": Stub("allocate_forever.c", "budget"),
    "dlopen": Stub("dlopen_in_process.c", "python", "Py_BytesMain", arguments=_M),
    "linked": Stub("linked_in_process.c", "python", "Py_BytesMain", arguments=_M),
    "linked-beside": Stub("linked_in_process.c", "python", "Py_BytesMain", arguments=_M),
}
"""Compiled main executables by kind. In `arguments` `%` stands for Contents' path."""

CHAINED_STUBS: Mapping[str, Stub] = {
    **{
        f"{kind}-chained": replace(STUBS[kind], chained=True)
        for kind in ("plover-5.2", "plover-5.2-fortified", "nsbundle", "nstask", "execve", "dlopen")
    },
    "selector-stubs-chained": Stub(
        "selector_stubs_execv.m",
        *("exec", "execv"),
        arguments=_M,
        frameworks=_FOUNDATION,
        chained=True,
    ),
}
"""Stubs bound by chained fixups, as Xcode builds them; they need `compile.chained_linker()`."""

SCRIPTS: Mapping[str, str] = {
    "sh": """#!/bin/sh
DIR="$(cd "$(dirname "$0")" && pwd)"
exec "$DIR/../Frameworks/Python.framework/Versions/Current/bin/python" -s -m hello_tray "$@"
""",
    "sh-environment": """#!/bin/bash
# Starts the app with its own libraries.
set -e
HERE="$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
CONTENTS="$(dirname "$HERE")"
export PYTHONNOUSERSITE=1
export PYTHONHOME="$CONTENTS/Frameworks/Python.framework/Versions/3.13"
unset PYTHONPATH
cd "$CONTENTS/Resources"
exec "$PYTHONHOME/bin/python3.13" -m hello_tray "$@"
""",
    "sh-script-file": """#!/bin/sh
cd "${0%/*}/../Resources" || exit 1
exec ../Frameworks/Python.framework/Versions/3.13/bin/python3.13 main.py "$@"
""",
    "sh-child": """#!/bin/sh
HERE="$(cd "$(dirname "$0")"; pwd -P)"
"$HERE/../Frameworks/Python.framework/Versions/Current/bin/python" -m hello_tray "$@"
""",
    "sh-conditional": """#!/bin/sh
HERE=$(cd "$(dirname "$0")" && pwd)
if [ "$(uname -m)" = arm64 ]; then
    exec "$HERE/../Frameworks/Python.framework/Versions/Current/bin/python" -m hello_tray "$@"
fi
exec arch -x86_64 "$HERE/../Frameworks/Python.framework/Versions/Current/bin/python" -m other "$@"
""",
    "env-python": """#!/usr/bin/env python3
import runpy
runpy.run_module("hello_tray", run_name="__main__")
""",
}
"""Scripts that stand as CFBundleExecutable, by kind."""
