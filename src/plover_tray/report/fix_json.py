"""JSON of a fix, done or planned, described by `schemas/fix-1.json`."""

from typing import Any

from ..fixing.result import FixResult

SCHEMA = 1


def document(result: FixResult) -> dict[str, Any]:
    """The plan and what became of it, as plain data."""
    plan, committed = result.plan, result.committed
    return {
        "schema": SCHEMA,
        "state": plan.state,
        "nothing_to_do": plan.nothing_to_do,
        "steps": [{"path": step.path, "what": step.what, "why": step.why} for step in plan.steps],
        "notes": list(plan.notes),
        "left_out": list(plan.left_out),
        "entry": plan.config.entry.command_line() if plan.config else None,
        "output": str(committed.output) if committed else None,
        "sealed": result.sealed is not None,
        "backup": str(committed.backup) if committed and committed.backup else None,
    }
