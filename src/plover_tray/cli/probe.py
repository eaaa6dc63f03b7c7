"""`plover-tray probe APP [-- ARGS]`."""

import contextlib
from pathlib import Path

import click

from ..report.console import print_json
from .context import PATH, Seconds, bundle_argument, common_options, format_options


@click.command("probe", short_help="Start an app and see whether its icon is really shown.")
@bundle_argument
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- ARGS]...")
@click.option(
    "--timeout",
    type=Seconds(0.1, 3600),
    default=30.0,
    show_default=True,
    help="Seconds to wait for the icon.",
)
@click.option("--screenshot", type=PATH, metavar="FILE", help="Save the tray as a PNG.")
@click.option("--virtual-display", is_flag=True, help="Linux: run on an Xvfb display with a tray.")
@click.option("--no-tray", is_flag=True, help="With --virtual-display: leave the tray out.")
@format_options("json")
@common_options
def command(
    app: str,
    arguments: tuple[str, ...],
    timeout: float,
    screenshot: str | None,
    virtual_display: bool,
    no_tray: bool,
    format_: str,
) -> int:
    """Start APP for real and say whether its menu bar icon is shown.

    Looks at the process (is it the bundle's executable?) and at the place of each QSystemTrayIcon;
    that Qt calls an icon visible is not enough. The app is ended afterwards. Exit status 0 if an
    icon is shown, 1 if not, 2 if the app could not be started.
    """
    from .. import api
    from ..report import probe_json, probe_text

    with contextlib.ExitStack() as stack:
        environment = {}
        if virtual_display:
            from ..tray.virtual_display import tray_in
            from ..tray.virtual_display import virtual_display as started

            environment["DISPLAY"] = stack.enter_context(started())
            environment["XDG_SESSION_TYPE"] = "x11"
            if not no_tray:
                stack.enter_context(tray_in(environment["DISPLAY"]))
        result = api.probe(
            app,
            arguments,
            timeout=timeout,
            environment=environment,
            screenshot=Path(screenshot) if screenshot else None,
        )
    if format_ == "json":
        print_json(probe_json.document(result))
    else:
        probe_text.show(result)
    return 0 if result.shown else 1
