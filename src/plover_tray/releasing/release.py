"""The whole release: in goes an app, out come a sealed app and its DMG, notarized if wanted.

Fix, check, sign, verify, notarize and staple the app, make the DMG, sign, notarize and staple it,
look at the result as a user will have it. Each step is recorded beside the output with the digests
of what went in; run again, it goes on where it stopped and does anew what changed.
"""

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._version import __version__
from ..bundle.app_bundle import AppBundle
from ..errors import OutputExistsError, StagingError, show_path, writing
from ..findings import Finding
from ..image.result import Progress as ImageProgress
from ..notarization.events import Progress
from ..notarization.notarize import Notarization
from ..notarization.record import digest_of, load_record
from ..signing.options import Progress as SealProgress
from ..signing.sign import choose_backend
from ..writing.existing_output import exists_already
from ..writing.scratch_folder import remove_tree
from .acts import Acts, Listeners, Places, ReleaseTools
from .chain import steps_of
from .options import ReleaseOptions
from .preflight import check_release
from .steps import KIND, OnStep, StepResult, StepRunner

__all__ = ["Release", "ReleaseTools", "release"]


@dataclass(frozen=True, slots=True)
class Release:
    """How a release went."""

    app: Path
    dmg: Path
    record: Path
    steps: tuple[StepResult, ...]
    findings: tuple[Finding, ...]
    """Of the check that stopped it; empty otherwise."""
    verdict: Notarization | None
    """Apple's, if it stopped the release."""

    @property
    def ok(self) -> bool:
        """Whether everything was done."""
        return not any(step.state == "failed" for step in self.steps)


def release(
    app: Path,
    options: ReleaseOptions,
    tools: ReleaseTools,
    *,
    on_step: OnStep = lambda _, __: None,
    progress: Progress = lambda _: None,
    on_seal: SealProgress = lambda _: None,
    on_image: ImageProgress = lambda _: None,
) -> Release:
    """Take the app from where it is to the DMG, in `options.output`.

    A step that finds something wrong ends it, with `ok` False; what the person can mend otherwise
    raises PloverTrayError's subclasses. In both cases the next run goes on from there.
    """
    bundle = AppBundle.open(app)
    check_release(bundle, options)
    places = Places.of(bundle, options)
    _check_folder(bundle, places)
    choose_backend(options.backend, options.credentials)  # these raise where a tool is missing,
    if not options.skip_notarize:  # or has not the credentials that it needs
        tools.notary()
    with writing(options.output):
        options.output.mkdir(parents=True, exist_ok=True)
    acts = Acts(bundle, options, places, tools, Listeners(progress, on_seal, on_image))
    with _locked(places):
        return _run(bundle, options, acts, on_step)


def _check_folder(bundle: AppBundle, places: Places) -> None:
    """Raise StagingError or OutputExistsError for an output folder that touches the app."""
    folder = places.app.parent
    if bundle.path in folder.parents or bundle.path == folder:
        raise StagingError(
            f"The output {show_path(folder)} lies inside the app.",
            mend="Choose a folder beside it with -o.",
        )
    if places.app == bundle.path:
        raise OutputExistsError(
            f"The output folder is where {show_path(places.app)} itself is.",
            mend="Choose another folder with -o.",
        )


@contextlib.contextmanager
def _locked(places: Places) -> Iterator[None]:
    """Hold off other releases of this app into this folder."""
    with writing(places.work):
        places.work.mkdir(exist_ok=True)
        lock = os.open(places.work / "lock", os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StagingError(
                f"Another release into {show_path(places.record.parent)} is running.",
                mend="Wait until it has finished, or choose another folder with -o.",
            ) from None
        yield
    finally:
        os.close(lock)


def _run(bundle: AppBundle, options: ReleaseOptions, acts: Acts, on_step: OnStep) -> Release:
    places = acts.places
    ours = load_record(places.record, KIND).get("outputs")
    for output in (places.app, places.dmg):
        if os.path.lexists(output) and not (isinstance(ours, list) and output.name in ours):
            raise exists_already(
                output,
                whose="no release made it",
                mend="Remove it, or choose another folder with -o.",
            )
    head = {
        "version": __version__,
        "app": str(bundle.path),
        "identifier": bundle.identifier,
        "outputs": [places.app.name, places.dmg.name],
    }
    runner = StepRunner(places.record, head, on_step)
    results = tuple(runner.run(steps_of(bundle, options, acts)))
    done = Release(places.app, places.dmg, places.record, results, acts.findings, acts.verdict)
    if done.ok:
        runner.save(result=_result(places, options))
        remove_tree(places.fixed)
    return done


def _result(places: Places, options: ReleaseOptions) -> dict[str, Any]:
    """What was made, for the record."""
    return {
        "dmg": {
            "name": places.dmg.name,
            "size": places.dmg.stat().st_size,
            "sha256": _sha(places.dmg),
        },
        "app": {"name": places.app.name, "digest": digest_of(places.app)},
        "notarized": not options.skip_notarize,
    }


def _sha(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
