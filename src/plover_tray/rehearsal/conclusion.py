"""From a process' end to its result: which of all it did is the outcome.

Comes in: the process, its trace and the end it came to. Goes out: a `SliceRehearsal`.
"""

import shlex
from collections.abc import Sequence

from ..bundle.python_names import is_python
from .ending import Ended
from .guest.effects import MAX_EFFECTS, Effect
from .guest.filesystem import GuestFiles
from .guest.process import Child, Process
from .guest.text import to_text
from .result import Call, Outcome, PythonStart, SliceRehearsal, StartedProgram


def conclude(
    arch: str,
    files: GuestFiles,
    process: Process,
    trace: Sequence[Call],
    end: Ended,
    given: Sequence[bytes],
    final: Sequence[bytes],
) -> SliceRehearsal:
    """Read what a process has come to.

    `given` is the environment it was started with, `final` the one it has at its end.
    """
    outcome, message, call = end.outcome, end.message, end.call
    target, argv = end.target, end.argv
    now = end.environment if end.environment is not None else final
    folder = process.folder
    python = _python(process)
    programs = [child for child in process.children if child.program]
    chosen: Child | None = None
    if outcome != Outcome.EXEC and python is not None:
        if outcome != Outcome.PYTHON:
            message = f"It starts Python in its own process ({python.call}). Then: {message}"
            outcome, call = Outcome.PYTHON, python.call
        argv = python.argv
    elif outcome not in (Outcome.EXEC, Outcome.PYTHON) and programs:
        chosen = _most_telling(files, process, programs)
        if outcome == Outcome.EXIT or _starts_python(files, process, chosen):
            message = f"It starts {chosen.target} as a child ({chosen.call}). Then: {message}"
            outcome, call = Outcome.SPAWN, chosen.call
            target, argv, now = chosen.target, chosen.argv, chosen.environment
            folder = chosen.working_directory
        else:
            chosen = None
    elif outcome == Outcome.EXIT and process.replaced:
        message = f"There is no such program: {process.replaced}. Then: {message}"
    return SliceRehearsal(
        arch=arch,
        outcome=outcome,
        message=message,
        call=call,
        target=target,
        target_in_bundle=_inside(files, process, target),
        argv=tuple(argv),
        environment=changes(given, now),
        working_directory=folder if folder != "/" else None,
        library=process.python_library,
        library_in_bundle=_inside(files, process, process.python_library),
        python=python,
        effects=(*process.effects, *_besides(programs, chosen)),
        started=tuple(_started(files, process, child, given) for child in programs),
        lacking=tuple(process.lacking) if outcome == Outcome.EXIT and process.exit_status else (),
        milestones=tuple(process.milestones),
        output=to_text(bytes(process.output)),
        trace=tuple(trace),
        error=end.error,
    )


def _besides(programs: Sequence[Child], chosen: Child | None) -> list[Effect]:
    """The programs that are started beside the chosen one, as effects."""
    found: list[Effect] = []
    when = "before it" if chosen is not None else "besides"
    for child in programs:
        if child is chosen:
            when = "afterwards"
        elif len(found) < MAX_EFFECTS:
            found.append(Effect("program", f"runs {shlex.join(child.argv)} {when}"))
    return found


def _started(
    files: GuestFiles, process: Process, child: Child, given: Sequence[bytes]
) -> StartedProgram:
    return StartedProgram(
        child.call,
        child.target,
        _inside(files, process, child.target),
        child.argv,
        changes(given, child.environment),
        child.working_directory if child.working_directory != "/" else None,
        child.waited_for,
    )


def _python(process: Process) -> PythonStart | None:
    python = process.python
    call = python.started_by or python.initialized_by
    if call is None:
        return None
    return PythonStart(
        call,
        tuple(python.argv),
        python.program_name,
        python.home,
        dict(python.settings),
        python.runs,
    )


def _most_telling(files: GuestFiles, process: Process, programs: Sequence[Child]) -> Child:
    """The child that is Python, else one in the bundle, else the last."""
    for child in programs:
        if _starts_python(files, process, child):
            return child
    for child in programs:
        if _inside(files, process, child.target) is not None:
            return child
    return programs[-1]


def _starts_python(files: GuestFiles, process: Process, child: Child) -> bool:
    inside = _inside(files, process, child.target)
    return is_python(inside or child.target)


def _inside(files: GuestFiles, process: Process, path: str | None) -> str | None:
    """Where a path of the guest leads in the bundle, links followed; None where it does not."""
    return None if path is None else files.in_bundle(path, process.folder, process.scratch)


def changes(before: Sequence[bytes], after: Sequence[bytes]) -> dict[str, str | None]:
    """What differs between two environments: new values, None for what is gone."""
    old, new = _variables(before), _variables(after)
    found: dict[str, str | None] = {
        name: value for name, value in new.items() if old.get(name) != value
    }
    found.update({name: None for name in old if name not in new})
    return dict(sorted(found.items()))


def _variables(pairs: Sequence[bytes]) -> dict[str, str]:
    """The first of two of a name counts, as for getenv."""
    named = [to_text(pair).partition("=") for pair in pairs if b"=" in pair]
    return {name: value for name, _, value in reversed(named)}
