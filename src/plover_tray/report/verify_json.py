"""JSON of a verification, described by `schemas/verify-1.json`."""

from collections.abc import Mapping
from typing import Any

from ..signature.verification import CodeObject, Problem, Verification

SCHEMA = 1


def document(result: Verification) -> dict[str, Any]:
    """All code with what its signatures say, and all problems, as plain data."""
    return {
        "schema": SCHEMA,
        "path": str(result.path),
        "ok": result.ok,
        "code": [_code(item) for item in result.objects],
        "problems": [_problem(problem) for problem in result.problems],
    }


def _code(item: CodeObject) -> dict[str, Any]:
    return {
        "path": item.path,
        "executable": item.executable,
        "place": item.place,
        "archs": [slice_.arch for slice_ in item.slices],
        "signed": item.signed,
        "adhoc": item.adhoc,
        "identifier": item.identifier,
        "team": item.team,
        "requirement": item.designated,
        "entitlements": plain(item.entitlements),
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "path": problem.path,
        "kind": str(problem.kind),
        "message": problem.message,
        "evidence": problem.evidence,
        "breaks": problem.breaks,
    }


def plain(value: object) -> Any:
    """A property list's value as JSON can have it: dates, data and fractions become text."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value if isinstance(value, bool | int | str) else str(value)
