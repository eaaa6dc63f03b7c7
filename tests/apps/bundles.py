"""Application bundles of every kind, small ones and the whole of Plover.

Comes in: a destination and what should be wrong (or right) with the bundle. Goes out: the .app.
`make_bundle` makes small ones around the stubs of `kinds`; `make_plover` makes the demo: the real
Plover wheel and PySide6 with a main executable in the style of Plover 5.2.
"""

import plistlib
import shutil
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from apps.cache import cached_folder, copy_tree, digest
from apps.compile import BOTH, Options, c_string, compile_stub, write_executable
from apps.kinds import CHAINED_STUBS, SCRIPTS, STUBS
from apps.real_runtime import NoRealRuntimeError, framework_library, real_framework
from apps.runtime import put_framework, stand_in_framework, stand_in_library
from apps.wheels import mac_site_packages

PYTHON = "3.13"
HOME = f"Frameworks/Python.framework/Versions/{PYTHON}"
SITE_PACKAGES = f"{HOME}/lib/python{PYTHON}/site-packages"

HELLO_TRAY = {
    "hello_tray/__init__.py": "",
    "hello_tray/__main__.py": '''"""A tray icon and nothing else."""

import sys


def main() -> int:
    from PySide6.QtGui import QIcon
    from PySide6.QtWidgets import QApplication, QMenu, QSystemTrayIcon

    app = QApplication(sys.argv)
    menu = QMenu()
    menu.addAction("Quit", app.quit)
    icon = QSystemTrayIcon(QIcon.fromTheme("application-exit"))
    icon.setContextMenu(menu)
    icon.show()
    return app.exec()


if __name__ == "__main__":
    sys.exit(main())
''',
}
"""The app in the small bundles: it does not start Python again."""

HELLO_AGAIN = {
    **HELLO_TRAY,
    "hello_tray/__main__.py": '''"""Starts itself again, as Plover's dist_main does."""

import os
import sys


def main() -> None:
    os.environ["PYTHONUSERBASE"] = os.path.expanduser("~/Library/hello_tray/plugins")
    os.execv(sys.executable, [sys.executable, "-m", "hello_tray.app", *sys.argv[1:]])


if __name__ == "__main__":
    main()
''',
    "hello_tray/app.py": HELLO_TRAY["hello_tray/__main__.py"],
}
"""The app whose entry module re-executes Python (rule ID105)."""


BARE_KINDS = ("symlink", "missing", "not-executable")
"""Kinds of `make_bundle` without a program of their own."""


def make_bundle(
    destination: Path,
    kind: str = "plover-5.2",
    *,
    name: str = "Hello Tray",
    identifier: str | None = "org.example.hello-tray",
    executable: str | None = None,
    executable_value: str | None = None,
    info_format: str = "xml",
    info: Mapping[str, Any] | None = None,
    app: Mapping[str, str] | None = None,
    archs: tuple[str, ...] = BOTH,
    runtime_archs: tuple[str, ...] = BOTH,
    runtime: bool = True,
    minos: str = "11.0",
    sdk: str = "14.0",
    python: str = PYTHON,
) -> Path:
    """Make `<destination>/<name>.app` (or `destination` itself if it ends in `.app`); return it.

    `kind` is a key of `kinds.STUBS`, `CHAINED_STUBS` or `SCRIPTS`, or `symlink` (a link to the
    interpreter), `missing` (no main executable), `not-executable` (a stub without its x bits).
    `executable` is the file's name in Contents/MacOS (default: `name`), `executable_value` what
    CFBundleExecutable says (default: the same). `info` adds keys, or takes them away where the
    value is None. `app` maps paths in site-packages to source text.
    """
    bundle = destination if destination.suffix == ".app" else destination / f"{name}.app"
    contents = bundle / "Contents"
    file_name = executable or name
    (contents / "MacOS").mkdir(parents=True)
    write_info(
        contents,
        {
            **plain_info(name, identifier, executable_value or file_name),
            **(info or {}),
        },
        info_format,
    )
    put_resources(contents, name)
    home = contents / HOME.replace(PYTHON, python)
    if runtime:
        framework = stand_in_framework(python, archs=runtime_archs)
        put_framework(contents, framework, version=python, identifier=identifier or "")
    site_packages = home / "lib" / f"python{python}" / "site-packages"
    for path, text in (HELLO_TRAY if app is None else app).items():
        target = site_packages / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    main = contents / "MacOS" / file_name
    _put_main_executable(contents, main, kind, archs=archs, minos=minos, sdk=sdk)
    return bundle


def _put_main_executable(
    contents: Path, path: Path, kind: str, *, archs: tuple[str, ...], minos: str, sdk: str
) -> None:
    if kind == "missing":
        return
    if kind == "symlink":
        path.symlink_to("../Frameworks/Python.framework/Versions/Current/bin/python")
        return
    if kind in SCRIPTS:
        write_executable(path, SCRIPTS[kind].encode())
        return
    write_executable(path, stub_bytes(kind, archs=archs, minos=minos, sdk=sdk))
    if kind == "not-executable":
        path.chmod(0o644)
    if kind == "linked-beside":
        library = stand_in_library(PYTHON, install_name="@executable_path/Python")
        write_executable(path.with_name("Python"), library.read_bytes())
    if kind in {"exec-helper", "unknown-call"}:
        helper = compile_stub("helper.c", Options(archs=archs))
        write_executable(contents / "MacOS" / "helper", helper)


def stub_bytes(
    kind: str,
    *,
    archs: tuple[str, ...] = BOTH,
    minos: str = "11.0",
    sdk: str = "14.0",
    module: str = "hello_tray",
) -> bytes:
    """Compile the stub `kind` of `kinds` (others count as `plover-5.2`)."""
    stub = {**STUBS, **CHAINED_STUBS}.get(kind, STUBS["plover-5.2"])
    libraries: tuple[Path, ...] = ()
    rpaths: tuple[str, ...] = ()
    if kind == "linked":
        libraries = (stand_in_framework(archs=archs) / "Versions" / PYTHON / "Python",)
        rpaths = ("@executable_path/../Frameworks/Python.framework",)
    if kind == "linked-beside":
        libraries = (stand_in_library(PYTHON, install_name="@executable_path/Python"),)
    return compile_stub(
        stub.source,
        Options(
            archs=archs,
            minos=minos,
            sdk=sdk,
            frameworks=stub.frameworks,
            fortify=stub.fortify,
            chained=stub.chained,
            libraries=libraries,
            rpaths=rpaths,
            defines={"MODULE": c_string(module)},
        ),
    )


def plain_info(name: str, identifier: str | None, executable: str) -> dict[str, Any]:
    """Return an Info.plist of the usual keys."""
    return {
        "CFBundleDevelopmentRegion": "en",
        "CFBundleDisplayName": name,
        "CFBundleExecutable": executable,
        "CFBundleIconFile": "app.icns",
        "CFBundleIdentifier": identifier,
        "CFBundleInfoDictionaryVersion": "6.0",
        "CFBundleName": name,
        "CFBundlePackageType": "APPL",
        "CFBundleShortVersionString": "1.2.3",
        "CFBundleVersion": "1.2.3",
        "LSMinimumSystemVersion": "11.0",
        "NSPrincipalClass": "NSApplication",
    }


def write_info(contents: Path, info: Mapping[str, Any], info_format: str = "xml") -> None:
    """Write Contents/Info.plist (`xml` or `binary`) without the keys whose value is None."""
    kept = {key: value for key, value in info.items() if value is not None}
    formats = {"xml": plistlib.FMT_XML, "binary": plistlib.FMT_BINARY}
    (contents / "Info.plist").write_bytes(plistlib.dumps(kept, fmt=formats[info_format]))


def read_info(bundle: Path) -> dict[str, Any]:
    """Read a bundle's Info.plist."""
    read: dict[str, Any] = plistlib.loads((bundle / "Contents" / "Info.plist").read_bytes())
    return read


def put_resources(contents: Path, name: str) -> None:
    """Write PkgInfo, the icon, a localisation and a script into the bundle."""
    (contents / "PkgInfo").write_text("APPL????")
    resources = contents / "Resources"
    (resources / "en.lproj").mkdir(parents=True)
    strings = f'CFBundleName = "{name}";\n'
    (resources / "en.lproj" / "InfoPlist.strings").write_text(strings)
    (resources / "app.icns").write_bytes(icns())
    (resources / "main.py").write_text("import hello_tray.__main__\n\nhello_tray.__main__.main()\n")


def icns(size: int = 128) -> bytes:
    """Draw an icon (a dark key on a light ground) and return it as an .icns file.

    One PNG of 128 pixels under the type `ic07` (the icns format as libicns documents it).
    """

    def pixel(x: int, y: int) -> bytes:
        on_key = size // 4 <= x < 3 * size // 4 and size // 3 <= y < 2 * size // 3
        return b"\x30\x34\x50\xff" if on_key else b"\xe8\xea\xf2\xff"

    rows = b"".join(b"\0" + b"".join(pixel(x, y) for x in range(size)) for y in range(size))

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)

    header = struct.pack(">2I5B", size, size, 8, 6, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows, 9)), chunk(b"IEND", b""))
    )
    return (
        b"icns" + struct.pack(">I", 16 + len(png)) + b"ic07" + struct.pack(">I", 8 + len(png)) + png
    )


PLOVER_INFO: Mapping[str, Any] = {
    "CFBundleDevelopmentRegion": "en",
    "CFBundleDisplayName": "Plover",
    "CFBundleExecutable": "Plover",
    "CFBundleIconFile": "plover.icns",
    "CFBundleIdentifier": "org.openstenoproject.plover",
    "CFBundleInfoDictionaryVersion": "6.0",
    "CFBundleName": "Plover",
    "CFBundlePackageType": "APPL",
    "CFBundleShortVersionString": "5.4.2",
    "CFBundleVersion": "5.4.2",
    "NSAppSleepDisabled": True,
    "NSAppleEventsUsageDescription": (
        "Plover needs to control system events in order to raise and lower dialogs over other"
        " windows."
    ),
    "NSHumanReadableCopyright": "© 2026, Open Steno Project",
    "NSPrincipalClass": "NSApplication",
}
"""The keys of Plover 5.2's Info.plist (openstenoproject/plover, osx/app_resources/Info.plist)."""


def plover_bundle(*, runtime: str = "any") -> Path:
    """Return the demo bundle in the cache, only for reading; `make_plover` gives a copy.

    `runtime` is `real` (a whole macOS CPython; raises NoRealRuntimeError when it cannot be had),
    `library` (a real library, the rest a stand-in), `stand-in`, or `any`: the first of these that
    can be had; `runtime_of` tells which it is.
    """
    framework, used = _framework(runtime)
    site_packages = mac_site_packages("plover")
    stub = stub_bytes("plover-5.2", module="plover.scripts.dist_main")

    def build(folder: Path) -> None:
        contents = folder / "Plover.app" / "Contents"
        (contents / "MacOS").mkdir(parents=True)
        (contents / "Resources").mkdir()
        write_info(contents, PLOVER_INFO)
        (contents / "Resources" / "plover.icns").write_bytes(icns())
        write_executable(contents / "MacOS" / "Plover", stub)
        home = put_framework(
            contents, framework, version=PYTHON, identifier=PLOVER_INFO["CFBundleIdentifier"]
        )
        target = home / "lib" / f"python{PYTHON}" / "site-packages"
        shutil.rmtree(target, ignore_errors=True)
        copy_tree(site_packages, target)

    key = digest(stub, str(framework), str(site_packages), repr(PLOVER_INFO), icns(), "3")
    return cached_folder(f"plover-{used}-{key}", build) / "Plover.app"


def _framework(runtime: str) -> tuple[Path, str]:
    if runtime in {"real", "any"}:
        try:
            return real_framework(), "real"
        except NoRealRuntimeError:
            if runtime == "real":
                raise
    if runtime == "stand-in":
        return stand_in_framework(PYTHON), "stand-in"
    return framework_library(), "library"


def make_plover(destination: Path, *, runtime: str = "any") -> Path:
    """Copy the demo bundle to `<destination>/Plover.app` (about 470 MB); return it."""
    return copy_tree(plover_bundle(runtime=runtime), destination / "Plover.app")


def runtime_of(bundle: Path) -> str:
    """Say which libpython a bundle of ours has, for people."""
    data = (bundle / "Contents" / HOME / "Python").read_bytes()
    if b"(stand-in)" in data:
        return "a stand-in that runs nothing"
    if b"/DLC/freeze_core" in data:
        return (
            "python.org's library 3.13.15, as freeze-core carries it; the standard library is a"
            " stand-in (with Maven's client, mvn, the whole is real)"
        )
    return "the whole of 3.13.5, as bytedeco builds it"
