"""Everything the command line does, as typed calls: in go paths and options, out come results.

Heavy libraries are imported by the call that needs them, so that `import plover_tray` is cheap.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .bundle.app_bundle import AppBundle
from .checking import CheckResult
from .checking import check as _check
from .errors import SigningError

if TYPE_CHECKING:
    from .comparing import Comparison
    from .fixing.apply import StepDone
    from .fixing.result import FixResult
    from .image import DmgReport
    from .image.make import Backend as ImageBackend
    from .image.result import Progress as ImageProgress
    from .notarization import Notarization, NotaryCredentials
    from .notarization.choose import NotaryName
    from .notarization.events import Progress as NotarizationProgress
    from .rehearsal import Rehearsal
    from .releasing import Release, ReleaseOptions
    from .releasing.steps import OnStep
    from .rules import Rule
    from .signature.verification import Verification
    from .signing.credentials import Credentials
    from .signing.options import Progress as SealProgress
    from .signing.options import SignOptions, SignReport
    from .signing.sign import BackendName
    from .tray.probe import ProbeResult
    from .writing.staging import Progress


def check(
    path: Path | str, *, select: Sequence[str] = (), ignore: Sequence[str] = ()
) -> CheckResult:
    """Say what is wrong with the bundle at `path`, or in the DMG at `path`.

    `select` and `ignore` are rule codes or their beginnings (`ID`, `PL2`). Raises BundleError where
    the path is no usable bundle.
    """
    return _check(path, select=select, ignore=ignore)


def rehearse(
    path: Path | str,
    arguments: Sequence[str] = (),
    *,
    environment: Mapping[str, str] | None = None,
) -> "Rehearsal":
    """Run the main executable's slices in the emulator, with the user's `arguments`.

    Raises BundleError where there is no main executable that could be run.
    """
    from .rehearsal import rehearse as run

    bundle = AppBundle.open(path)
    if bundle.main is None:
        raise bundle.without_main()
    return run(bundle, arguments, environment=environment)


def fix(
    path: Path | str,
    output: Path | str | None = None,
    *,
    in_place: bool = False,
    backup: bool = True,
    entry: str | None = None,
    environment: Mapping[str, str | None] | None = None,
    python: str | None = None,
    force: bool = False,
    dry_run: bool = False,
    strict: bool = False,
    seal: bool = True,
    on_step: "StepDone" = lambda _: None,
    on_seal: "SealProgress" = lambda _: None,
    progress: "Progress" = lambda _: None,
) -> "FixResult":
    """Rebuild the bundle at `path` around the launcher, at `output` or in place.

    `entry` says what Python runs where the rehearsal cannot tell; `python`, an interpreter of the
    app's version (by default this one, if it is), compiles the boot module, which then starts some
    milliseconds sooner. `environment` sets variables for the app, or removes them (None), whatever
    the old main executable did. `strict` refuses where that did more than the launcher does. Where
    nothing has to be fixed, nothing changes in place, and `output` becomes an exact copy. The
    result is made sealable and sealed ad-hoc; without `seal` only the files that the fix wrote
    are signed, and the bundle runs, but has no valid seal. Raises PloverTrayError's subclasses; the
    input and whatever stood at `output` are then as they were.
    """
    from .fixing.fix import fix as run

    return run(
        path,
        output,
        in_place=in_place,
        backup=backup,
        entry=entry,
        environment=environment,
        python=python,
        force=force,
        dry_run=dry_run,
        strict=strict,
        seal=seal,
        on_step=on_step,
        on_seal=on_seal,
        progress=progress,
    )


def probe(
    path: Path | str,
    arguments: Sequence[str] = (),
    *,
    timeout: float = 30.0,
    environment: Mapping[str, str] | None = None,
    screenshot: Path | None = None,
) -> "ProbeResult":
    """Start the app at `path` and say whether its menu bar icon is really shown.

    Looks for up to `timeout` seconds; `environment` is added to the app's. Raises BundleError or
    ToolError where the app could not be started.
    """
    from .tray.probe import probe as run

    return run(
        AppBundle.open(path),
        arguments,
        timeout=timeout,
        environment=environment,
        screenshot=screenshot,
    )


def sign(
    path: Path | str,
    output: Path | str | None = None,
    options: "SignOptions | None" = None,
    *,
    in_place: bool = False,
    backup: bool = False,
    backend: "BackendName" = "auto",
    credentials: "Credentials | None" = None,
    progress: "SealProgress" = lambda _: None,
) -> "SignReport":
    """Seal the bundle, framework or Mach-O file at `path`, at `output` or in place.

    In place a symlink at `path` stays, and what it leads to is sealed.
    `backend` `auto` goes by the credentials: none, the built-in ad-hoc seal; an identity,
    `codesign` on a Mac; a .p12 file, `rcodesign`. Raises PloverTrayError's subclasses; input and
    output are then as they were.
    """
    from .signing.credentials import Credentials
    from .signing.sign import choose_backend
    from .signing.sign import sign as run

    if (output is None) is not in_place:
        raise SigningError(
            "Where should the sealed copy go?", mend="Give -o OUTPUT, or --in-place, not both."
        )
    return run(
        path,
        os.path.realpath(path) if output is None else output,
        options,
        backend=choose_backend(backend, credentials or Credentials()),
        replace_output=in_place,
        backup=backup,
        progress=progress,
    )


def verify(path: Path | str) -> "Verification":
    """Check every signature and seal in the bundle, framework or Mach-O file at `path`, offline.

    Of a DMG, its checksums and the app in it are checked. Raises BundleError where it is none of
    them, ImageError where the DMG is damaged.
    """
    from .verifying import verify as run

    return run(path)


def dmg(
    app: Path | str | None,
    output: Path | str,
    settings: Path | str | None = None,
    *,
    volume_name: str | None = None,
    image_format: str | None = None,
    compression_level: int | None = None,
    defines: Mapping[str, str] | None = None,
    replace_output: bool = False,
    backend: "ImageBackend" = "auto",
    threads: int | None = None,
    progress: "ImageProgress" = lambda _: None,
) -> "DmgReport":
    """Make the DMG `output` with `app` in it, as dmgbuild's `settings` say or in our own layout.

    With SOURCE_DATE_EPOCH in the environment the same input gives the same bytes off a Mac. Raises
    PloverTrayError's subclasses; then nothing is left under the output's name.
    """
    from .image import epoch_from_environment, make_dmg

    return make_dmg(
        Path(app) if app is not None else None,
        Path(output),
        Path(settings) if settings is not None else None,
        volume_name=volume_name,
        image_format=image_format,
        compression_level=compression_level,
        defines=defines,
        source_date_epoch=epoch_from_environment(),
        replace_output=replace_output,
        backend=backend,
        threads=threads,
        progress=progress,
    )


def notarize(
    path: Path | str,
    credentials: "NotaryCredentials",
    *,
    notary: "NotaryName" = "auto",
    staple: bool = True,
    resume: bool = False,
    again: bool = False,
    timeout: float | None = None,
    progress: "NotarizationProgress" = lambda _: None,
) -> "Notarization":
    """Have the app, DMG, pkg or zip at `path` notarized by Apple, and staple what was accepted.

    `notary` is `notarytool` or `rcodesign`; `timeout` are seconds to wait for the verdict. What was
    sent is recorded beside it: the next call goes on. Raises PloverTrayError's subclasses; a
    refusal raises nothing and is in the result, with Apple's log.
    """
    from .notarization.notarize_and_staple import notarize_and_staple

    return notarize_and_staple(
        Path(path),
        credentials,
        notary=notary,
        stapled=staple,
        resume=resume,
        again=again,
        timeout=timeout,
        progress=progress,
    )


def release(
    app: Path | str,
    options: "ReleaseOptions",
    *,
    credentials: "NotaryCredentials | None" = None,
    notary: "NotaryName" = "auto",
    timeout: float | None = None,
    on_step: "OnStep" = lambda _, __: None,
    progress: "NotarizationProgress" = lambda _: None,
    on_seal: "SealProgress" = lambda _: None,
    on_image: "ImageProgress" = lambda _: None,
) -> "Release":
    """Take `app` through fix, check, sign, verify, notarize, staple and DMG, into a folder.

    Run again, it goes on where it stopped. Raises PloverTrayError's subclasses; what a step found
    wrong raises nothing and is in the result.
    """
    from . import notarization, releasing
    from .notarization.retry import RetryPolicy
    from .releasing.release import ReleaseTools

    who = credentials or notarization.NotaryCredentials()
    tools = ReleaseTools(
        notary=lambda: notarization.choose_notary(notary, who),
        stapler=lambda: notarization.choose_stapler(
            "rcodesign" if notary == "rcodesign" else "auto"
        ),
        policy=RetryPolicy() if timeout is None else RetryPolicy(timeout=timeout),
    )
    return releasing.release(
        Path(app),
        options,
        tools,
        on_step=on_step,
        progress=progress,
        on_seal=on_seal,
        on_image=on_image,
    )


def diff(old: Path | str, new: Path | str) -> "Comparison":
    """Say what changes for users who replace the bundle `old` by `new`.

    Raises BundleError where one of them is no usable bundle.
    """
    from .comparing import compare

    return compare(AppBundle.open(old), AppBundle.open(new))


def explain(code: str) -> "Rule":
    """The rule with this code. Raises PloverTrayError for one that does not exist."""
    from . import rules

    return rules.rule(code)
