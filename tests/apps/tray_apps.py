"""A small app with a tray icon that runs here, under the launcher and under what it replaces.

Comes in: a folder and a Python of this machine. Goes out: bundles for the probe and for pictures.
"""

import subprocess
from pathlib import Path

from apps.cache import cached_folder, digest
from apps.linux_bundle import make_linux_bundle
from apps.pythons import SharedPython

COLOUR = (0x12, 0xAB, 0x34)
"""Of the icon; nothing else on the display has it."""

APP = """
import sys

from PySide6.QtCore import QTimer
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QApplication, QMenu, QSystemTrayIcon

app = QApplication(sys.argv)
picture = QPixmap(64, 64)
picture.fill(QColor(0x12, 0xAB, 0x34))
menu = QMenu()
menu.addAction("Show")
more = menu.addMenu("More")
more.addAction("Deep inside")
menu.addAction("Quit", app.quit)
icon = QSystemTrayIcon(QIcon() if "--null" in sys.argv else QIcon(picture))
icon.setToolTip("Hello")
icon.setContextMenu(menu)
if "--hidden" not in sys.argv:
    icon.show()
if "--crash" in sys.argv:
    sys.exit("it went wrong")
sys.exit(app.exec())
"""

STUB = r"""
#include <stdio.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    char *arguments[64] = {PYTHON, "-m", "hello_tray"};
    for (int i = 1; i < argc && i < 60; i++) arguments[i + 2] = argv[i];
    %s
    execv(arguments[0], arguments);
    perror(arguments[0]);
    return 1;
}
"""


def make_app(folder: Path, python: SharedPython, packages: Path) -> Path:
    """A bundle around APP in `folder`."""
    return make_linux_bundle(
        folder,
        {"Module": "hello_tray"},
        python=python,
        site_packages=packages,
        app={"hello_tray/__init__.py": "", "hello_tray/__main__.py": APP},
    )


def with_stub(app: Path, python: SharedPython, before: str) -> Path:
    """Put a C program that ends in execv in the launcher's place."""
    source = "#include <sys/wait.h>\n" + STUB.replace("%s", before)
    home = app / "Contents/Frameworks/Python.framework/Versions" / python.version
    packages = home / "lib" / f"python{python.version}"

    def build(folder: Path) -> None:
        (folder / "stub.c").write_text(source)
        subprocess.run(
            ["cc", "-o", "stub", "stub.c", f'-DPYTHON="{python.executable}"'],
            cwd=folder,
            check=True,
        )

    stub = cached_folder(f"linux-stub-{digest(source, str(python))}", build) / "stub"
    main = app / "Contents/MacOS" / app.stem
    main.unlink()
    main.write_bytes(stub.read_bytes())
    main.chmod(0o755)
    (app / "PYTHONPATH").write_text(f"{packages}:{packages / 'site-packages'}")
    return app
