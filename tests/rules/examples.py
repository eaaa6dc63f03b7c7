"""For each rule a bundle that breaks it: what the rules find in it, made when it is asked for.

Comes in: an empty folder. Goes out: the findings for the bundle that was made there.
"""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from apps.broken import BROKEN, library_loading, sound
from apps.bundles import HELLO_AGAIN, SITE_PACKAGES, make_bundle
from apps.cache import copy_tree
from apps.compile import write_executable
from apps.hostile import CASES
from apps.runtime import extension_module
from signature.parts import apple_signed_app

from plover_tray import fix
from plover_tray.bundle.app_bundle import AppBundle
from plover_tray.findings import Finding
from plover_tray.macho.edit import join_slices, split_slices, strip_signature
from plover_tray.signing.macho_seal import sign_macho_bytes
from plover_tray.signing.options import SignOptions
from plover_tray.signing.sign import seal_in_place
from rules.checking import (
    change_info,
    check,
    hosted,
    rehearsed,
    set_version,
    with_our_configuration,
)

MAIN = "Contents/MacOS/Hello Tray"
HOME = "Contents/Frameworks/Python.framework/Versions/3.13"
MODULE = f"{HOME}/lib/python3.13/lib-dynload/_struct.cpython-313-darwin.so"
QT = f"Contents/{SITE_PACKAGES}/PySide6/Qt/lib"

Example = Callable[[Path], list[Finding]]


def sealed(folder: Path, options: SignOptions | None = None) -> Path:
    """A bundle that was sealed well."""
    bundle = make_bundle(folder)
    seal_in_place(bundle, options)
    return bundle


def unsign(path: Path, arch: str) -> None:
    """Take the signature of one slice away."""
    slices = [
        strip_signature(data) if slice_.arch == arch else data
        for slice_, data in split_slices(path.read_bytes())
    ]
    path.write_bytes(join_slices(slices))


def without_hardened_runtime(app: Path) -> None:
    """Take the flag of the hardened runtime out of the main executable's CodeDirectories."""
    main = AppBundle.open(app).main
    assert main is not None
    path = app / main.path
    data = bytearray(path.read_bytes())
    at = data.find(bytes.fromhex("fade0c02"))
    while at >= 0:
        flags = int.from_bytes(data[at + 12 : at + 16], "big")
        data[at + 12 : at + 16] = (flags & ~0x10000).to_bytes(4, "big")
        at = data.find(bytes.fromhex("fade0c02"), at + 4)
    path.write_bytes(data)


def put_adhoc_library(app: Path) -> None:
    """Put a library with an ad-hoc signature into Frameworks."""
    target = app / "Contents/Frameworks/extra.dylib"
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(sign_macho_bytes(extension_module(), identifier="extra"))


def flatten_a_framework(bundle: Path) -> None:
    """Put in a framework as wheels carry them: without links."""
    framework = bundle / "Contents/Frameworks/Flat.framework"
    version = framework / "Versions/A"
    (version / "Resources").mkdir(parents=True)
    shutil.copy2(bundle / HOME / "Python", version / "Flat")
    shutil.copy2(bundle / "Contents/Info.plist", version / "Resources")
    shutil.copytree(version / "Resources", framework / "Resources")


def _rehearsed(make: Callable[[Path], Path]) -> Example:
    return lambda folder: rehearsed(make(folder))


def _kind(kind: str) -> Example:
    return _rehearsed(lambda folder: make_bundle(folder, kind))


def _checked(make: Callable[[Path], Path]) -> Example:
    return lambda folder: check(make(folder))


def _changed(change: Callable[[Path], object], make: Callable[[Path], Path] = sound) -> Example:
    def example(folder: Path) -> list[Finding]:
        bundle = make(folder)
        change(bundle)
        return check(bundle)

    return example


def _signed(
    change: Callable[[Path], object] = lambda _: None, make: Callable[[Path], Path] = sealed
) -> Example:
    def example(folder: Path) -> list[Finding]:
        bundle = make(folder)
        change(bundle)
        return check(bundle, select=["CS"])

    return example


def _info(**keys: object) -> Example:
    return _changed(lambda bundle: change_info(bundle, **keys))


def _our_launcher_without(path: str) -> Example:
    def change(bundle: Path) -> None:
        with_our_configuration(bundle)
        (bundle / path).write_bytes(b"no program")
        if not path.startswith("Contents/MacOS"):
            (bundle / path).unlink()

    return _changed(change)


def _library(loads: str, rpaths: tuple[str, ...] = ()) -> Example:
    def change(bundle: Path) -> None:
        data = library_loading(loads, rpaths=rpaths)
        write_executable(bundle / "Contents/Frameworks/libhello.dylib", data)

    return _changed(change)


def _qt(name: str, version: tuple[int, int, int]) -> Example:
    def change(bundle: Path) -> None:
        data = set_version(library_loading("/usr/lib/libz.1.dylib"), version, bundle / "scratch")
        write_executable(bundle / QT / f"{name}.framework/Versions/A/{name}", data)

    return _changed(change)


def _not_read(folder: Path) -> list[Finding]:
    bundle = sound(folder)
    return check(bundle, hosted(bundle, "-m", "nowhere"))


def _sign_inner_code_again(bundle: Path) -> None:
    path = bundle / "Contents/MacOS/helper"
    shutil.copy2(bundle / MODULE, path)
    seal_in_place(bundle)
    path.write_bytes(sign_macho_bytes(path.read_bytes(), identifier="another"))


def _signed_app(folder: Path) -> Path:
    return copy_tree(apple_signed_app(), folder / "Signed.app")


def _with_options(options: SignOptions) -> Example:
    return _signed(make=lambda folder: sealed(folder, options))


_GET_TASK_ALLOW = SignOptions(entitlements={"com.apple.security.get-task-allow": True})


def _fixed_with_something_left_out(folder: Path) -> Path:
    bundle = make_bundle(folder, "sh")
    main = bundle / "Contents/MacOS/Hello Tray"
    main.write_text(main.read_text().replace("DIR=", "umask 077\nDIR=", 1))
    fix(bundle, folder / "fixed.app", seal=False)
    return folder / "fixed.app"


EXAMPLES: Mapping[str, Example] = {
    "ID101": _kind("plover-5.2"),
    "ID102": _kind("sh"),
    "ID103": _kind("posix-spawn"),
    "ID104": _kind("symlink"),
    "ID105": _checked(lambda folder: sound(folder, app=HELLO_AGAIN)),
    "ID106": _kind("unknown-call"),
    "ID107": _not_read,
    "ID108": _rehearsed(CASES["frameworks-is-loop"].make),
    "ID109": _checked(_fixed_with_something_left_out),
    "PL101": _info(CFBundleExecutable=None),
    "PL102": _checked(BROKEN["executable-with-a-folder"]),
    "PL103": _checked(lambda folder: sound(folder, executable_value="hello tray")),
    "PL104": _info(CFBundleIdentifier=None),
    "PL105": _info(CFBundleIdentifier="Hello Tray"),
    "PL106": _info(CFBundleVersion=1.2),
    "PL107": _info(CFBundlePackageType="BNDL"),
    "PL108": _checked(BROKEN["minimum-system-too-low"]),
    "PL109": _info(LSMinimumSystemVersion=11.0),
    "PL110": _info(LSBackgroundOnly=True),
    "PL111": _info(LSUIElement="maybe"),
    "PL112": _checked(lambda folder: sound(folder, minos="14.0", sdk="14.0")),
    "PY101": _rehearsed(lambda folder: make_bundle(folder, runtime=False)),
    "PY102": _checked(BROKEN["runtime-for-arm64-only"]),
    "PY103": _checked(BROKEN["same-identifier-beside-the-interpreter"]),
    "PY104": _our_launcher_without("Contents/Resources/plover-tray/boot.py"),
    "PY105": _our_launcher_without("Contents/MacOS/python3.13"),
    "MO101": _changed(
        lambda bundle: (bundle / MODULE).write_bytes((bundle / MODULE).read_bytes()[:300])
    ),
    "MO102": _checked(BROKEN["main-for-x86_64-only"]),
    "MO103": _checked(BROKEN["extension-for-arm64-only"]),
    "MO104": _library("/opt/homebrew/lib/libhidapi.dylib"),
    "MO105": _library("@executable_path/../lib/libnowhere.dylib"),
    "MO106": _library("@loader_path/libnowhere.dylib"),
    "MO107": _library(
        "@rpath/Versions/3.13/Python",
        rpaths=("/Users/builder/lib", "@loader_path/Python.framework"),
    ),
    "QT101": _qt("QtCore", (6, 8, 3)),
    "QT102": _qt("QtWidgets", (6, 12, 0)),
    "CS101": _signed(lambda bundle: unsign(bundle / MODULE, "arm64")),
    "CS102": _signed(make=make_bundle),
    "CS103": _signed(lambda bundle: (bundle / "Contents/Resources/main.py").unlink()),
    "CS104": _signed(_sign_inner_code_again, make_bundle),
    "CS105": _signed(lambda bundle: unsign(bundle / MODULE, "x86_64")),
    "CS106": _signed(lambda bundle: (bundle / "Icon").touch()),
    "CS107": _signed(lambda bundle: (bundle / "Contents/Resources/l").symlink_to("/tmp")),
    "CS108": _signed(lambda bundle: (bundle / "Contents/Resources/MAIN.py").touch()),
    "CS109": _signed(flatten_a_framework, make_bundle),
    "CS110": _signed(put_adhoc_library, _signed_app),
    "CS111": _signed(
        lambda bundle: copy_tree(apple_signed_app(), bundle / "Contents/Resources/Other.app")
    ),
    "CS112": _with_options(_GET_TASK_ALLOW),
    "CS113": _signed(without_hardened_runtime, _signed_app),
    "CS114": _with_options(SignOptions(hardened=True, entitlements={})),
}
"""By the rule's code."""
