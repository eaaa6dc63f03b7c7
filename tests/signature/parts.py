"""Signed things to look at: an app that Apple's tools signed, and a small bundle of real code.

Comes in: the macOS wheels of `apps.wheels`. Goes out: folders; those in the cache only for reading.
"""

import os
import shutil
import tarfile
from functools import cache
from pathlib import Path

from apps.bundles import plain_info, write_info
from apps.cache import cached_folder, copy_tree, digest
from apps.wheels import mac_site_packages

REDIRECTOR = "Mitmproxy Redirector.app"
EXECUTABLE = "Contents/MacOS/Mitmproxy Redirector"

FRAMEWORK = "QtConcurrent.framework"
"""The smallest of PySide6's, without its links as in all wheels."""


@cache
def wheels(pins: str) -> Path:
    """The wheels of `pins`, looked at once in a run: there are thousands of files."""
    return mac_site_packages(pins)


def apple_signed_app() -> Path:
    """Mitmproxy's redirector, signed with a Developer ID, notarized and stapled by its makers."""
    folder = wheels("signed")
    archive = folder / "mitmproxy_macos" / f"{REDIRECTOR}.tar"

    def extract(into: Path) -> None:
        with tarfile.open(archive) as tar:
            tar.extraction_filter = getattr(tarfile, "data_filter", None)  # from Python 3.11.4 on
            tar.extractall(into)

    return cached_folder(f"apple-signed-{digest(str(folder), '1')}", extract) / REDIRECTOR


def wheels_with_signatures() -> list[Path]:
    """Unpacked macOS wheels: Plover with PySide6 and hidapi, and cffi."""
    return [wheels("plover"), wheels("signed")]


def qt_app(name: str) -> Path:
    """One of the apps in PySide6-Essentials, signed ad-hoc by Apple's codesign."""
    return wheels("plover") / "PySide6" / f"{name}.app"


def tool() -> Path:
    """A small universal program, signed ad-hoc by Apple's codesign."""
    return wheels("plover") / "PySide6" / "svgtoqml"


def library() -> Path:
    """A small universal library: arm64 signed by the linker, x86_64 not at all."""
    return wheels("plover") / "PySide6" / "QtConcurrent.abi3.so"


def small_app(folder: Path, name: str = "Small") -> Path:
    """A bundle with a program, a helper, a library, a framework without links, and resources."""
    bundle = folder / f"{name}.app"
    contents = bundle / "Contents"
    (contents / "MacOS").mkdir(parents=True)
    write_info(contents, plain_info(name, "org.example.small", name))
    (contents / "PkgInfo").write_bytes(b"APPL????")
    shutil.copy(tool(), contents / "MacOS" / name)
    shutil.copy(tool(), contents / "MacOS" / "python3.13")
    resources = contents / "Resources"
    (resources / "en.lproj").mkdir(parents=True)
    (resources / "lib" / "python3.13").mkdir(parents=True)
    (resources / "en.lproj" / "InfoPlist.strings").write_text('"CFBundleName" = "Small";')
    (resources / "icon.icns").write_bytes(b"icns\0\0\0\x08")
    shutil.copy(library(), resources / "lib" / "python3.13" / library().name)
    (resources / "lib" / "python3.13" / "os.py").write_text("name = 'posix'\n")
    (resources / "os link.py").symlink_to("lib/python3.13/os.py")
    frameworks = contents / "Frameworks"
    frameworks.mkdir()
    shutil.copy(library(), frameworks / "libqt.dylib")
    source = wheels("plover") / "PySide6/Qt/lib" / FRAMEWORK
    copy_tree(source, frameworks / FRAMEWORK)
    for path in bundle.rglob("*"):
        if not path.is_symlink():
            os.utime(path)
    return bundle
