"""JSON of a rehearsal, described by `schemas/rehearse-1.json`, which release jobs may build on.

Paths are those of the emulated Mac, where the bundle lies in /Applications; bytes that are no UTF-8
stand as surrogate escapes.
"""

from typing import Any

from ..rehearsal import PythonStart, Rehearsal, SliceRehearsal, StartedProgram

SCHEMA = 1


def document(rehearsal: Rehearsal) -> dict[str, Any]:
    """The rehearsal as plain data."""
    return {"schema": SCHEMA, "slices": [slice_document(each) for each in rehearsal.slices]}


def slice_document(slice_: SliceRehearsal) -> dict[str, Any]:
    """One slice of it as plain data."""
    return {
        "arch": slice_.arch,
        "outcome": str(slice_.outcome),
        "message": slice_.message,
        "call": slice_.call,
        "target": slice_.target,
        "target_in_bundle": slice_.target_in_bundle,
        "argv": list(slice_.argv),
        "environment": dict(slice_.environment),
        "working_directory": slice_.working_directory,
        "library": slice_.library,
        "library_in_bundle": slice_.library_in_bundle,
        "python": slice_.python and _python(slice_.python),
        "started": [_started(child) for child in slice_.started],
        "effects": [{"kind": effect.kind, "what": effect.what} for effect in slice_.effects],
        "lacking": list(slice_.lacking),
        "milestones": list(slice_.milestones),
        "output": slice_.output,
        "trace": [
            {"call": call.name, "arguments": list(call.arguments), "result": call.result}
            for call in slice_.trace
        ],
    }


def _python(python: PythonStart) -> dict[str, Any]:
    return {
        "call": python.call,
        "argv": list(python.argv),
        "program_name": python.program_name,
        "home": python.home,
        "settings": dict(python.settings),
        "runs": python.runs,
    }


def _started(child: StartedProgram) -> dict[str, Any]:
    return {
        "call": child.call,
        "target": child.target,
        "target_in_bundle": child.target_in_bundle,
        "argv": list(child.argv),
        "environment": dict(child.environment),
        "working_directory": child.working_directory,
        "waited_for": child.waited_for,
    }
