"""The steps of a release as such: which are done already, judged by digests alone.

A step is done if it ran before with the same key (a digest of all that goes into it) and what it
made is still there, or was replaced by a later step that is done.
"""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeGuard

from ..notarization.record import digest_of, load_record, save_record

KIND = "release"
State = Literal["done", "kept", "skipped", "failed"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step."""

    name: str
    key: Callable[[Mapping[str, str]], object]
    """What goes in, by the digests of what earlier steps made; any value whose repr is stable."""
    run: Callable[[], Mapping[str, Any]]
    """Does it, and returns what is worth recording; `ok: False` stops the release."""
    artifact: Path | None = None
    """What it makes or changes."""
    replaced_by: tuple[str, ...] = ()
    """Later steps that change the artifact, or after which it is not needed."""
    skip: str = ""
    """Why it is left out; empty: it is not."""
    digest: Callable[[Path], str] = digest_of


@dataclass(frozen=True, slots=True)
class StepResult:
    """How a step ended."""

    name: str
    state: State
    seconds: float
    """What it took, in this run or in the one that did it."""
    details: Mapping[str, Any]


OnStep = Callable[[str, str], object]
"""Told a step's name, and `start` or its state."""


@dataclass(slots=True)
class StepRunner:
    """Runs steps in their order, and records each as soon as it is done."""

    record: Path
    head: Mapping[str, Any]
    """What stands in the record before the steps."""
    on_step: OnStep = lambda _, __: None
    _steps: dict[str, Any] = field(default_factory=dict)
    _digests: dict[str, str] = field(default_factory=dict)
    """Of the artifacts as they are now, by step."""

    def run(self, steps: list[Step]) -> list[StepResult]:
        """Run what is not done; stops after a step that failed."""
        recorded = load_record(self.record, KIND).get("steps")
        self._steps = recorded if isinstance(recorded, dict) else {}
        self.save()
        results: list[StepResult] = []
        for number, step in enumerate(steps):
            result = self._one(steps, number, step)
            results.append(result)
            self.on_step(step.name, result.state)
            if result.state == "failed":
                break
        return results

    def _one(self, steps: list[Step], number: int, step: Step) -> StepResult:
        if step.skip:
            self._steps.pop(step.name, None)
            return StepResult(step.name, "skipped", 0.0, {"reason": step.skip})
        if self._is_done(steps, number):
            known = self._steps[step.name]
            return StepResult(step.name, "kept", known["seconds"], known["details"])
        self.on_step(step.name, "start")
        key = self._key(steps, number)
        start = time.monotonic()
        details = dict(step.run())
        seconds = round(time.monotonic() - start, 3)
        self._digests.clear()
        if details.get("ok") is False:
            self._steps.pop(step.name, None)
            self.save()
            return StepResult(step.name, "failed", seconds, details)
        output = step.digest(step.artifact) if step.artifact else ""
        self._steps[step.name] = {
            "key": key,
            "output": output,
            "seconds": seconds,
            "details": details,
        }
        self.save()
        return StepResult(step.name, "done", seconds, details)

    def save(self, **more: Any) -> None:
        """Write the record."""
        save_record(self.record, KIND, {**self.head, **more, "steps": self._steps})

    def _is_done(self, steps: list[Step], number: int) -> bool:
        step = steps[number]
        known = self._steps.get(step.name)
        if step.skip or not _sound(known) or known["key"] != self._key(steps, number):
            return False
        if step.artifact is None:
            return True
        if step.name not in self._digests:
            self._digests[step.name] = step.digest(step.artifact)
        if self._digests[step.name] == known["output"]:
            return True
        return any(
            self._is_done(steps, later)
            for later in range(number + 1, len(steps))
            if steps[later].name in step.replaced_by
        )

    def _key(self, steps: list[Step], number: int) -> str:
        outputs = {
            step.name: self._steps[step.name]["output"]
            for step in steps[:number]
            if _sound(self._steps.get(step.name))
        }
        return hashlib.sha256(repr(steps[number].key(outputs)).encode()).hexdigest()


def _sound(known: object) -> TypeGuard[dict[str, Any]]:
    """Whether this is what `_one` writes."""
    return (
        isinstance(known, dict)
        and isinstance(known.get("key"), str)
        and isinstance(known.get("output"), str)
        and isinstance(known.get("seconds"), int | float)
        and isinstance(known.get("details"), dict)
    )
