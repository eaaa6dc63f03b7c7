"""`plover-tray probe APP [-- ARGS]`."""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..bundle.app_bundle import show_path
from ..report.console import print_json, stdout
from .context import PATH, Seconds, bundle_argument, common_options, format_options

if TYPE_CHECKING:
    from ..tray.probe import ProbeResult


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
        print_json(result.to_json())
    else:
        _print(result)
    return 0 if result.shown else 1


def _print(result: "ProbeResult") -> None:
    console = stdout()
    verdict = result.verdict
    console.print("Shown." if result.shown else "Not shown.", style="bold", markup=False)
    console.print(f"  {show_path(verdict.reason)}", markup=False)
    if verdict.mend:
        console.print(f"  {show_path(verdict.mend)}", markup=False)
    rows = [("process", result.images[0].executable if result.images else "")]
    if report := result.report:
        qt = f"{report.qt_binding} with Qt {report.qt_version}" if report.qt_binding else ""
        rows += [
            ("identifier", f"{report.bundle_identifier} (from {report.identifier_from})"),
            ("sys.executable", report.sys_executable),
            ("Python", report.python),
            ("Qt", qt),
            ("policy", report.activation_policy or ""),
        ]
    for seen in result.icons:
        icon = seen.icon
        words = [seen.place.words, "null" if icon.icon_null else "has an icon"]
        words += ["template"] if icon.icon_template else []
        words += [f"tooltip {icon.tooltip!r}"] if icon.tooltip else []
        words += [f"menu: {', '.join(entry.strip() for entry in icon.menu)}"] if icon.menu else []
        rows.append(("icon", "; ".join(words)))
    rows += [("remark", remark) for remark in result.remarks]
    for label, text in rows:
        if text:
            console.print(f"  {label:<15}{show_path(text)}", markup=False)
