"""JSON of a release, described by `schemas/release-2.json`.

It is not the record beside the output, which is the release's own and says what the next run may
keep.
"""

from typing import TYPE_CHECKING, Any

from . import finding_json
from .notarize_json import verdict_document
from .release_words import words_of

if TYPE_CHECKING:
    from ..releasing import Release
    from ..releasing.steps import StepResult

SCHEMA = 2

DETAILS: dict[str, tuple[str, ...]] = {
    "fix": ("changed",),
    "check": ("errors", "warnings"),
    "sign": ("by", "identifier", "cdhashes", "files", "mended"),
    "verify": ("code", "problems"),
    "notarize-app": ("submission", "status"),
    "staple-app": ("submission",),
    "dmg": ("by", "size", "format", "volume", "notes"),
    "sign-dmg": ("by",),
    "notarize-dmg": ("submission", "status"),
    "staple-dmg": ("submission",),
    "final-check": ("verifies", "same", "ticket"),
}
"""What of a step's details is for everybody."""


def document(release: "Release") -> dict[str, Any]:
    """How the release went, as plain data."""
    done = {step.name for step in release.steps if step.state in ("done", "kept")}
    verdict = release.verdict
    return {
        "schema": SCHEMA,
        "ok": release.ok,
        "app": str(release.app),
        "dmg": str(release.dmg),
        "record": str(release.record),
        "notarized": release.ok and "notarize-dmg" in done,
        "steps": [_step(step, release) for step in release.steps],
        "findings": [finding_json.document(finding) for finding in release.findings],
        "verdict": verdict_document(verdict) if verdict is not None else None,
    }


def _step(step: "StepResult", release: "Release") -> dict[str, Any]:
    return {
        "name": step.name,
        "state": step.state,
        "seconds": step.seconds,
        "words": words_of(step, release.app),
        "details": {
            key: step.details[key] for key in DETAILS.get(step.name, ()) if key in step.details
        },
    }
