"""The README's pictures: the probe of one app before and after, and the tray with its icon.

    ./ci/pictures

Comes in: this machine's Python, PySide6 and tray. Goes out: docs/probe.svg, docs/tray.png. The tray
is Linux's, which shows the icon of any process: what differs there is whose process it is. Only a
Mac's menu bar draws the line that macOS 26 draws.
"""

import tempfile
from pathlib import Path

from PIL import Image
from rich.console import Console

import plover_tray
from apps.linux_bundle import PROJECT, plover_site_packages
from apps.pythons import shared_python
from apps.tray_apps import make_app, with_stub
from plover_tray.tray.probe import ProbeResult
from plover_tray.tray.virtual_display import tray_in, virtual_display

DOCS = PROJECT / "docs"
ENLARGED = 4


def main() -> None:
    """Probe both apps and draw what was seen."""
    python = shared_python()
    assert python is not None, "no CPython with a shared libpython here"
    packages = plover_site_packages(python)
    console = Console(record=True, width=96, force_terminal=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        virtual_display() as display,
        tray_in(display),
    ):
        apps = {
            "Before": with_stub(make_app(Path(folder, "before"), python, packages), python, ""),
            "After": make_app(Path(folder, "after"), python, packages),
        }
        for name, app in apps.items():
            environment = {"DISPLAY": display, "XDG_SESSION_TYPE": "x11"}
            if name == "Before":
                environment["PYTHONPATH"] = (app / "PYTHONPATH").read_text()
            picture = DOCS / "tray.png"
            result = plover_tray.probe(app, environment=environment, screenshot=picture)
            console.print(f"[dim]# {name}[/dim]")
            console.print(f"$ plover-tray probe [cyan]'{app.name}'[/cyan]")
            draw(console, result, str(app.parent))
    console.save_svg(str(DOCS / "probe.svg"), title="plover-tray probe, on Linux")
    with Image.open(DOCS / "tray.png") as image:
        image.resize((image.width * ENLARGED, image.height * ENLARGED), 0).save(DOCS / "tray.png")


def draw(console: Console, result: ProbeResult, folder: str) -> None:
    """What the probe says, without this machine's folders."""
    style = "bold green" if result.shown else "bold red"
    console.print("Shown." if result.shown else "Not shown.", style=style)
    for text in (result.verdict.reason, result.verdict.mend):
        if text:
            where = str(result.images[0].executable)
            short = text.replace(folder + "/", "").replace(where, Path(where).name)
            console.print(f"  {short}", markup=False)
    console.print()


if __name__ == "__main__":
    main()
