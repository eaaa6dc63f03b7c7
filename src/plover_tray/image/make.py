"""Making a DMG: in go an app and settings, out comes the image, whole or not at all.

On a Mac dmgbuild makes it; elsewhere (and on a Mac, if asked) this package does: an HFS+ volume by
xorriso in a UDIF container of our own. The image grows in a folder beside the output and takes its
name by one rename at the very end.
"""

import os
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

from ..bundle.app_bundle import AppBundle
from ..errors import ImageError, StagingError, show_path, writing
from ..writing.scratch_folder import scratch_folder
from .contents import Contents
from .dmgbuild_backend import run_dmgbuild
from .hfs.volume_name import check_volume_name
from .output import checked_output, publish
from .planning import plan_volume
from .result import NOT_MOUNTED, DmgProgress, DmgReport, Progress
from .settings.files import load_settings
from .settings.settings import FORMATS as KNOWN_FORMATS
from .settings.settings import DmgSettings
from .udif.compress import FORMATS, Format, compressor
from .udif.write import write_udif
from .volume import build_volume
from .window.background import background_file
from .window.layout import default_settings
from .xorriso import find_xorriso

Backend = Literal["auto", "builtin", "dmgbuild"]

_RESERVE = 64 << 20
"""Bytes that must be free beyond the volume itself."""
_LATEST = 0xFFFFFFFF - 2_082_844_800
"""Seconds since 1970 of the last date that HFS+ can hold, in 2040."""


def make_dmg(
    app: Path | None,
    output: Path,
    settings: DmgSettings | Path | None = None,
    *,
    volume_name: str | None = None,
    image_format: str | None = None,
    compression_level: int | None = None,
    defines: Mapping[str, str] | None = None,
    source_date_epoch: int | None = None,
    replace_output: bool = False,
    backend: Backend = "auto",
    threads: int | None = None,
    progress: Progress = lambda _: None,
) -> DmgReport:
    """Make the DMG `output` with `app` in it.

    `settings` are read from a settings.py or settings.json, with `defines` and the app in sight;
    without any, the layout is our own. `volume_name`, `image_format` (UDZO, UDBZ, ULMO, ULFO, UDRO)
    and `compression_level` go before what the settings say. With `source_date_epoch` (seconds since
    1970) no date in the image is later, and the same input gives the same bytes; dmgbuild cannot do
    that. `app` may be left out where the settings name all files.

    Raises BundleError, ImageError, OutputExistsError, StagingError, ToolError; then nothing is left
    under the output's name.
    """
    chosen = _settings(app, output, settings, volume_name, image_format, defines)
    if compression_level is not None:
        chosen = replace(chosen, compression_level=compression_level)
    if chosen.filename:
        output = Path(chosen.filename)
    output = checked_output(output, ".dmg", "the image", replace_output=replace_output)
    if app is not None and Path(os.path.realpath(app)) in output.parents:
        raise StagingError(
            f"The image {show_path(output)} would lie inside the app.",
            mend="Choose a path beside it.",
        )
    on_a_mac = made_by_a_mac(backend)
    check_volume_name(chosen.volume_name, on_a_mac=on_a_mac)
    with scratch_folder(output) as folder, writing(output):
        if on_a_mac:
            made, report = _by_dmgbuild(chosen, folder, output, source_date_epoch, progress)
        else:
            made, report = _by_ourselves(
                chosen, folder, output, source_date_epoch, threads, progress
            )
        publish(made, output, replace_output=replace_output)
    return report


def made_by_a_mac(backend: Backend = "auto") -> bool:
    """Whether dmgbuild, so a Mac, makes the image with this backend."""
    return backend == "dmgbuild" or (backend == "auto" and sys.platform == "darwin")


def epoch_from_environment() -> int | None:
    """SOURCE_DATE_EPOCH, if it is set; raises ImageError where it is no number of seconds."""
    text = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise ImageError(
            f"SOURCE_DATE_EPOCH is {show_path(text)!r}, not a number of seconds since 1970.",
            mend="`git log -1 --format=%ct` gives that of the last commit.",
        )
    return int(text)


def _settings(
    app: Path | None,
    output: Path,
    settings: DmgSettings | Path | None,
    volume_name: str | None,
    image_format: str | None,
    defines: Mapping[str, str] | None,
) -> DmgSettings:
    if app is not None:
        AppBundle.open(app)
        app = Path(os.path.normpath(app))
    name = volume_name or (app.stem if app is not None else output.stem)
    if settings is None:
        if app is None:
            raise ImageError("Without settings an app is needed.", mend="Give the path of an .app.")
        chosen = default_settings(app, volume_name=name)
    elif isinstance(settings, Path):
        chosen = load_settings(
            settings, app=app, defines=defines, volume_name=name, filename=str(output)
        )
    else:
        chosen = settings
    chosen = replace(chosen, volume_name=volume_name or chosen.volume_name or name)
    if image_format is not None:
        if image_format not in KNOWN_FORMATS:
            raise ImageError(
                f"{show_path(image_format)!r} is no format of an image.",
                mend=f"Use one of {', '.join(FORMATS)}.",
            )
        chosen = replace(chosen, format=image_format)
    if app is not None and not any(_same(source, app) for source, _ in chosen.files):
        named = ", ".join(show_path(source) for source, _ in chosen.files) or "no file at all"
        raise ImageError(
            f"{show_path(app)} is not what the settings put into the image ({named}).",
            mend='Let the settings take it from `defines["app"]`.',
        )
    return chosen


def _same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _by_dmgbuild(
    settings: DmgSettings,
    folder: Path,
    output: Path,
    source_date_epoch: int | None,
    progress: Progress,
) -> tuple[Path, DmgReport]:
    made = folder / "image.dmg"
    background = background_file(settings, folder) if isinstance(settings.background, str) else None
    if background is not None:
        settings = replace(settings, background=background[0])
    notes = run_dmgbuild(settings, made, progress)
    if source_date_epoch is not None:
        notes += ("dmgbuild's images are not the same bytes twice; the built-in backend's are.",)
    size = made.stat().st_size
    name, form = settings.volume_name, settings.format
    return made, DmgReport(output, size, name, 0, 0, form, "dmgbuild", 0, notes)


def _by_ourselves(
    settings: DmgSettings,
    folder: Path,
    output: Path,
    source_date_epoch: int | None,
    threads: int | None,
    progress: Progress,
) -> tuple[Path, DmgReport]:
    form = _supported(settings)
    now = int(time.time()) if source_date_epoch is None else source_date_epoch
    now = min(now, _LATEST)
    clamp = source_date_epoch is not None
    plan, notes = plan_volume(settings, folder, now, clamp=clamp)
    _check_room(plan.contents, output.parent)
    counted = _Counter("volume", plan.contents.size, progress)
    volume, disk = build_volume(plan, folder, counted.add)
    made = folder / "image.dmg"
    try:
        counted = _Counter("pack", volume.size, progress)
        with made.open("wb") as file:
            written = write_udif(
                volume,
                file,
                form,
                level=settings.compression_level,
                threads=threads,
                progress=counted.add,
            )
            file.flush()
            os.fsync(file.fileno())
    finally:
        disk.close()
    report = DmgReport(
        output=output,
        size=written.size,
        volume_name=plan.name,
        volume_size=volume.size,
        files=len(plan.contents.items),
        image_format=form,
        backend="builtin",
        threads=written.threads,
        notes=(*notes, NOT_MOUNTED),
    )
    return made, report


class _Counter:
    """Adds up the bytes of a step for whoever listens."""

    def __init__(self, step: Literal["volume", "pack"], total: int, progress: Progress) -> None:
        self._step, self._total, self._progress, self._done = step, total, progress, 0

    def add(self, count: int) -> None:
        self._done = min(self._done + count, self._total)
        self._progress(DmgProgress(self._step, self._done, self._total))


def _supported(settings: DmgSettings) -> Format:
    """The format; raises ImageError for what only a Mac can do."""
    mend = "Make this image on a Mac, or leave that setting out."
    if settings.filesystem.upper() != "HFS+":
        raise ImageError(f"A volume in {settings.filesystem} can be made on a Mac only.", mend=mend)
    if settings.license is not None:
        raise ImageError("A license in an image can be made on a Mac only.", mend=mend)
    if settings.create_hook is not None:
        raise ImageError("create_hook needs a mounted image, so a Mac.", mend=mend)
    if settings.format not in FORMATS:
        known = ", ".join(FORMATS)
        raise ImageError(
            f"The format {settings.format} can be made on a Mac only.", mend=f"Use one of {known}."
        )
    form = cast("Format", settings.format)
    compressor(form, settings.compression_level)
    find_xorriso()
    return form


def _check_room(contents: Contents, parent: Path) -> None:
    """The volume and the packed image lie there together; what packing saves is not known."""
    needed = contents.size + _RESERVE
    free = shutil.disk_usage(parent).free
    if free < needed:
        raise StagingError(
            f"{show_path(parent)} has {free >> 20} MB free; at least {needed >> 20} MB are needed"
            " while the image is made.",
            mend="Make room, or choose an output on another disk.",
        )
