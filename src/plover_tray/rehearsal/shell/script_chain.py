"""A program that runs a script of the bundle: the script is read on, to what it runs.

Comes in: a slice's rehearsal that ended in an exec or a child. Goes out: the same, or where a shell
script in the bundle was run, what that runs in turn; the first call keeps its name.
"""

import dataclasses
from collections.abc import Mapping

from ..budget import Budget
from ..guest.filesystem import FileError, GuestFiles, Scratch
from ..guest.process import new_process
from ..result import Outcome, SliceRehearsal
from .scripts import read_script
from .syntax import MAX_SCRIPT

MAX_SCRIPTS = 8
"""Scripts that run one another."""


def followed(
    files: GuestFiles, found: SliceRehearsal, given: Mapping[str, str], budget: Budget
) -> SliceRehearsal:
    """Follow the scripts that `found` ends in; `given` is the environment it was started with."""
    for _ in range(MAX_SCRIPTS):
        source = _script(files, found)
        if source is None or found.target is None:
            return found
        process = new_process(found.target, files.mac)
        process.folder = found.working_directory or "/"
        environment = _changed(given, found.environment)
        machine = "x86_64" if "x86_64" in found.arch else "arm64"
        arguments = found.argv[1:]
        following, _ = read_script(files, process, source, arguments, environment, budget, machine)
        message = f"{found.message} That is a script: {following.message}"
        trace = (*found.trace, *following.trace)
        if following.outcome not in (Outcome.EXEC, Outcome.SPAWN):
            return dataclasses.replace(found, message=message, trace=trace)
        final = _changed(environment, following.environment)
        found = dataclasses.replace(
            found,
            message=message,
            target=following.target,
            target_in_bundle=following.target_in_bundle,
            argv=following.argv,
            environment=_changes(given, final),
            working_directory=following.working_directory,
            started=(*found.started, *following.started),
            trace=trace,
        )
    message = "The rehearsal's bound of scripts was reached: they run one another without an end."
    return dataclasses.replace(found, outcome=Outcome.BUDGET, call="scripts", message=message)


def _script(files: GuestFiles, found: SliceRehearsal) -> bytes | None:
    """The script in the bundle that is run, None for anything else."""
    if found.outcome not in (Outcome.EXEC, Outcome.SPAWN) or found.call == "#!":
        return None
    if found.target is None or found.target_in_bundle is None:
        return None
    try:
        status = files.status(files.absolute(found.target, "/"), Scratch())
        if files.read(status, Scratch(), 0, 2) != b"#!" or status.size > MAX_SCRIPT:
            return None
        return files.read(status, Scratch(), 0, MAX_SCRIPT)
    except FileError:
        return None


def _changed(before: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    merged = {**before, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {n: v for n, v in after.items() if before.get(n) != v}
    found.update({name: None for name in before if name not in after})
    return dict(sorted(found.items()))
