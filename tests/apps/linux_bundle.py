"""Bundles laid out as on macOS that run here, on Linux.

Comes in: what the app shall run. Goes out: a .app whose main executable is the project's own
launcher built against GNUstep, around a real libpython, with Python's configuration in Info.plist
as `fix` writes it. What differs from a Mac's: ELF instead of Mach-O, and site-packages is a link to
the cache unless asked for otherwise.
"""

import runpy
import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from apps.bundles import HELLO_TRAY, plain_info, put_resources, write_info
from apps.cache import cached_folder, copy_tree, digest
from apps.pythons import SharedPython
from apps.wheels import linux_site_packages
from plover_tray.payload.bytecode import boot_bytecode, own_python

PROJECT = Path(__file__).parents[2]
LAUNCHER = PROJECT / "launcher"
BOOT = PROJECT / "src" / "plover_tray" / "payload" / "boot"

LEFT_OUT = shutil.ignore_patterns(
    *("test", "tests", "idlelib", "tkinter", "ensurepip", "turtledemo", "config-*"),
    *("site-packages", "dist-packages", "lib2to3"),
)


@cache
def gnustep_launcher() -> Path:
    """Build `launcher/launcher.m` for this machine; return the program, in the cache.

    Raises what `launcher/build.py` raises when gobjc is missing.
    """
    sources = [path for path in sorted(LAUNCHER.rglob("*")) if path.suffix in {".m", ".h", ".py"}]

    def build(folder: Path) -> None:
        runpy.run_path(str(LAUNCHER / "build.py"))["build_gnustep"](folder / "launcher")

    key = digest(*(path.read_bytes() for path in sources))
    return cached_folder(f"gnustep-launcher-{key}", build) / "launcher"


def linux_framework(python: SharedPython) -> Path:
    """Return a cached `Python.framework` of one of this machine's Pythons, trimmed as Plover's."""

    def build(folder: Path) -> None:
        home = folder / "Versions" / python.version
        library = home / "lib" / f"python{python.version}"
        (home / "bin").mkdir(parents=True)
        shutil.copytree(python.standard_library, library, symlinks=True, ignore=LEFT_OUT)
        shutil.copy2(python.library, home / "Python")
        (folder / "Versions" / "Current").symlink_to(python.version)
        (folder / "Python").symlink_to("Versions/Current/Python")

    key = digest(str(python), "2")
    return cached_folder(f"linux-framework-{key}/Python.framework", build)


def plover_site_packages(python: SharedPython) -> Path:
    """Return a cached folder with this machine's Plover 5.4.2, PySide6-Essentials and pip."""
    return linux_site_packages("plover-linux", python=str(python.executable))


def make_linux_bundle(
    destination: Path,
    entry: Mapping[str, Any],
    *,
    python: SharedPython,
    site_packages: Path | None = None,
    app: Mapping[str, str] | None = None,
    name: str = "Hello Tray",
    identifier: str = "org.example.hello-tray",
    settings: Mapping[str, Any] | None = None,
    link_site_packages: bool = True,
) -> Path:
    """Make `<destination>/<name>.app`; return it.

    `entry` holds exactly one of Module, Script, Function or Code, and may hold Flags and
    Arguments, as in Info.plist; `settings` are further keys of that dictionary. `app` maps paths to
    sources put into site-packages; beside linked ones they go into the standard library's folder.
    `link_site_packages=False` copies the packages (300 MB). The boot module is compiled where `fix`
    does it by default: for the version of the Python that runs the tests.
    """
    bundle = destination / f"{name}.app"
    contents = bundle / "Contents"
    version = python.version
    (contents / "MacOS").mkdir(parents=True)
    put_resources(contents, name)
    for program in (name, f"python{version}"):
        shutil.copy2(gnustep_launcher(), contents / "MacOS" / program)
    boot = contents / "Resources" / "plover-tray"
    boot.mkdir()
    for source in BOOT.glob("*.py"):
        shutil.copy2(source, boot)
    compiler = own_python(version)
    for path, data in (boot_bytecode(version, compiler) if compiler else {}).items():
        (boot / path).parent.mkdir(exist_ok=True)
        (boot / path).write_bytes(data)
    copy_tree(linux_framework(python), contents / "Frameworks" / "Python.framework")
    home = f"Frameworks/Python.framework/Versions/{version}"
    _put_site_packages(
        contents / home / "lib" / f"python{version}", site_packages, app, link=link_site_packages
    )
    tray = {
        "Schema": 1,
        "Library": f"{home}/Python",
        "Home": home,
        "Version": version,
        "Interpreter": f"MacOS/python{version}",
        "Boot": "Resources/plover-tray/boot.py",
        **entry,
        **(settings or {}),
    }
    write_info(contents, {**plain_info(name, identifier, name), "PloverTray": tray})
    return bundle


def _put_site_packages(
    library: Path, site_packages: Path | None, app: Mapping[str, str] | None, *, link: bool
) -> None:
    target = library / "site-packages"
    if site_packages is None:
        target.mkdir()
    elif link:
        target.symlink_to(site_packages)
    else:
        copy_tree(site_packages, target)
    # Debian's site module looks into dist-packages only.
    (library / "dist-packages").symlink_to("site-packages")
    # The cache must stay as it is; the standard library's folder is on sys.path as well.
    folder = library if site_packages is not None and link else target
    for path, text in (HELLO_TRAY if app is None else app).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
