"""`plover-tray dmg APP -o OUT.dmg`."""

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..bundle.app_bundle import AppBundle
from ..errors import StagingError, show_path
from ..report.console import image_progress, print_json
from .context import SomePath, Text, common_options, format_options

if TYPE_CHECKING:
    from ..image import DmgSettings


@click.command("dmg", short_help="Make a DMG, on a Mac or on Linux.")
@click.argument("app", type=SomePath(), metavar="[APP]", required=False)
@click.option("-o", "--output", type=SomePath(), help="The image; APP.dmg.")
@click.option(
    "-s",
    "--settings",
    type=SomePath(),
    help="dmgbuild's settings.py or settings.json; default: a layout of our own.",
)
@click.option("-D", "define", multiple=True, metavar="NAME=VALUE", help="For `defines` there.")
@click.option(
    "--volume-name", type=Text(), metavar="NAME", help="Default: the settings', or the app's name."
)
@click.option("--image-format", type=click.Choice(["UDZO", "UDBZ", "ULMO", "ULFO", "UDRO"]))
@click.option("--level", type=click.IntRange(0, 12), help="How hard to compress.")
@click.option("--threads", type=click.IntRange(1, 256), help="Default: one for each core.")
@click.option(
    "--backend",
    type=click.Choice(["auto", "builtin", "dmgbuild"]),
    default="auto",
    show_default=True,
    help="auto: dmgbuild on a Mac, built in elsewhere.",
)
@click.option("--replace", is_flag=True, help="Replace a file of that name.")
@click.option(
    "--preview",
    "preview_file",
    type=SomePath(),
    help="Only draw the window as the Finder would show it, to this PNG file.",
)
@format_options("json")
@common_options
def command(
    app: Path | None,
    output: Path | None,
    settings: Path | None,
    define: tuple[str, ...],
    volume_name: str | None,
    image_format: str | None,
    level: int | None,
    threads: int | None,
    backend: str,
    replace: bool,
    preview_file: Path | None,
    format_: str,
) -> int:
    """Put APP into a DMG, with a window laid out as dmgbuild's settings say, or as we do.

    APP may be left out where the settings name all files. With SOURCE_DATE_EPOCH set, the same
    input gives the same bytes off a Mac.
    """
    from .. import api
    from ..report import dmg_json, dmg_text

    defines = defines_of(define)
    if app is None and settings is None:
        raise click.UsageError("Give APP, or --settings that name all files.")
    if preview_file is not None:
        chosen = _preview(app, settings, volume_name, defines, preview_file, replace=replace)
        if format_ == "json":
            print_json(dmg_json.preview_document(preview_file, chosen.volume_name))
        dmg_text.show_preview(preview_file)
        return 0
    if output is None:
        output = _default_output(app)
    with image_progress() as progress:
        report = api.dmg(
            app,
            output,
            settings,
            volume_name=volume_name,
            image_format=image_format,
            compression_level=level,
            defines=defines,
            replace_output=replace,
            backend=backend,  # type: ignore[arg-type]
            threads=threads,
            progress=progress,
        )
    if format_ == "json":
        print_json(dmg_json.document(report))
    else:
        dmg_text.show(report)
    return 0


def defines_of(define: tuple[str, ...]) -> dict[str, str]:
    """`-D NAME=VALUE` as a dictionary; raises UsageError."""
    defines: dict[str, str] = {}
    for text in define:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise click.UsageError(f"-D needs NAME=VALUE, not {show_path(text)!r}.")
        defines[name] = value
    return defines


def _default_output(app: Path | None) -> Path:
    """The image in the current folder that is called as the app is."""
    if app is None:
        raise click.UsageError("Give -o OUTPUT.dmg.")
    return Path(f"{AppBundle.open(app).path.stem}.dmg")


def _preview(
    app: Path | None,
    settings: Path | None,
    volume_name: str | None,
    defines: dict[str, str],
    output: Path,
    *,
    replace: bool,
) -> "DmgSettings":
    """Draw the window, and return the settings that it was drawn by."""
    from ..image import default_settings, load_settings, preview

    if app is not None:
        bundle = AppBundle.open(app)
        if bundle.path in Path(os.path.realpath(output.parent), output.name).parents:
            raise StagingError(
                f"{show_path(output)} lies inside the app, whose seal it would break.",
                mend="Choose a path beside it.",
            )
    name = volume_name or (app.stem if app is not None else "")
    if settings is not None:
        chosen = load_settings(settings, app=app, defines=defines, volume_name=name)
    else:
        assert app is not None
        chosen = default_settings(app, volume_name=name)
    chosen = dataclasses.replace(chosen, volume_name=volume_name or chosen.volume_name or name)
    preview(chosen, output, replace_output=replace)
    return chosen
