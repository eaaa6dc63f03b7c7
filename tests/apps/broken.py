"""Small bundles with one thing wrong in each, by name.

Comes in: an empty folder. Goes out: the bundle. Apart from the one thing they are sound: their main
executable hosts Python in process. `SOUND` is the same without anything wrong.
"""

import plistlib
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from apps.bundles import HELLO_AGAIN, HOME, PYTHON, make_bundle
from apps.compile import BOTH, Options, compile_stub, write_executable
from apps.runtime import extension_module, stand_in_library

MODULES = f"{HOME}/lib/python{PYTHON}/lib-dynload"
SITE_PACKAGES = f"{HOME}/lib/python{PYTHON}/site-packages"


def sound(folder: Path, **how: Any) -> Path:
    """Make a bundle with nothing wrong: `make_bundle`'s options, a main executable that is good."""
    bundle = make_bundle(folder, **{"kind": "dlopen", **how})
    (bundle / "Contents" / HOME / "bin" / "Info.plist").unlink(missing_ok=True)
    return bundle


def _made(**how: Any) -> Callable[[Path], Path]:
    return lambda folder: sound(folder, **how)


def _info(**keys: Any) -> Callable[[Path], Path]:
    return _made(info=keys)


def _changed(change: Callable[[Path], object], **how: Any) -> Callable[[Path], Path]:
    def build(folder: Path) -> Path:
        bundle = sound(folder, **how)
        change(bundle / "Contents")
        return bundle

    return build


def library_loading(install_name: str, *, rpaths: tuple[str, ...] = ()) -> bytes:
    """Compile a dylib with a load command for a library of this install name."""
    loaded = stand_in_library(PYTHON, install_name=install_name)
    return compile_stub(
        "linked_in_process.c",
        Options(libraries=(loaded,), rpaths=rpaths, install_name="@rpath/libhello.dylib"),
    )


def _loading(install_name: str, *, rpaths: tuple[str, ...] = ()) -> Callable[[Path], Path]:
    def change(contents: Path) -> None:
        data = library_loading(install_name, rpaths=rpaths)
        write_executable(contents / "Frameworks" / "libhello.dylib", data)

    return _changed(change)


def _put(relative: str, make: Callable[[], bytes]) -> Callable[[Path], Path]:
    return _changed(lambda contents: write_executable(contents / relative, make()))


def _same_identifier(contents: Path) -> None:
    data = plistlib.dumps({"CFBundleIdentifier": "org.example.hello-tray"})
    (contents / HOME / "bin" / "Info.plist").write_bytes(data)


def _rename_executable(contents: Path) -> None:
    (contents / "MacOS" / "Hello Tray").rename(contents / "MacOS" / "hello-tray-2")


BROKEN: Mapping[str, Callable[[Path], Path]] = {
    # Info.plist
    "no-executable-key": _info(CFBundleExecutable=None),
    "executable-with-a-folder": _made(executable_value="MacOS/Hello Tray"),
    "executable-has-another-name": _changed(_rename_executable),
    "no-identifier": _made(identifier=None),
    "empty-identifier": _made(identifier=""),
    "identifier-with-spaces": _made(identifier="Hello Tray"),
    "identifier-with-underscore": _made(identifier="org.example.hello_tray"),
    "identifier-with-empty-part": _made(identifier="org..hello-tray"),
    "identifier-is-a-number": _info(CFBundleIdentifier=7),
    "version-is-a-number": _info(CFBundleVersion=1.2, CFBundleShortVersionString=1.2),
    "no-version": _info(CFBundleVersion=None, CFBundleShortVersionString=None),
    "minimum-system-too-low": _made(minos="13.0", info={"LSMinimumSystemVersion": "11.0"}),
    "minimum-system-is-a-number": _info(LSMinimumSystemVersion=11.0),
    "no-minimum-system": _info(LSMinimumSystemVersion=None),
    "same-identifier-beside-the-interpreter": _changed(_same_identifier),
    # The runtime
    "no-runtime": _made(runtime=False),
    "runtime-without-library": _changed(lambda c: (c / HOME / "Python").unlink()),
    "runtime-without-standard-library": _changed(lambda c: shutil.rmtree(c / HOME / "lib")),
    "runtime-for-arm64-only": _made(runtime_archs=("arm64",)),
    "main-for-x86_64-only": _made(archs=("x86_64",)),
    "main-and-runtime-have-nothing-in-common": _made(archs=("x86_64",), runtime_archs=("arm64",)),
    "extension-for-arm64-only": _put(
        f"{MODULES}/_arm_only.cpython-313-darwin.so", lambda: extension_module(archs=("arm64",))
    ),
    "extension-for-another-python": _put(
        f"{SITE_PACKAGES}/other.cpython-311-darwin.so", lambda: extension_module(archs=BOTH)
    ),
    # Mach-O
    "loads-from-homebrew": _loading("/opt/homebrew/opt/hidapi/lib/libhidapi.0.dylib"),
    "loads-from-usr-local": _loading("/usr/local/lib/libhidapi.0.dylib"),
    "loads-from-a-home-folder": _loading("/Users/builder/src/hidapi/libhidapi.0.dylib"),
    "loads-beside-the-interpreter": _loading("@executable_path/../lib/libpython3.13.dylib"),
    "loads-by-rpath-of-nobody": _loading("@rpath/libnowhere.dylib"),
    "loads-by-rpath-outside": _loading("@rpath/libnowhere.dylib", rpaths=("/opt/homebrew/lib",)),
    "loads-beside-itself-what-is-missing": _loading("@loader_path/libnowhere.dylib"),
    # Identity
    "starts-python-again": _made(app=HELLO_AGAIN),
}
"""Bundles with one thing wrong, by what that is."""
