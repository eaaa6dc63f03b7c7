"""C and Objective-C to Mach-O on any machine, with zig and no SDK.

Comes in: a source of `stubs/` (or any text), architectures, versions. Goes out: an executable or a
dylib, thin or universal2, and the same bytes every time. What was compiled once is kept in the
cache. The universal2 writer here is deliberately not the package's own: inputs of tests should not
come out of the code under test.
"""

import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from apps.cache import cache_root, cached_folder, digest

SOURCES = Path(__file__).parent / "stubs"
BOTH = ("arm64", "x86_64")

ZIG_ARCHS = {"arm64": "aarch64", "x86_64": "x86_64"}

CPU_TYPES = {"arm64": (0x0100000C, 0), "x86_64": (0x01000007, 3)}
"""cputype and cpusubtype (mach/machine.h)."""

SLICE_ALIGNMENT = {"arm64": 14, "x86_64": 12}
"""Power of two that lipo aligns a slice to: the page size."""

_PLAIN = ("-Os", "-D_FORTIFY_SOURCE=0")
_FORTIFIED = ("-O0", "-D_FORTIFY_SOURCE=2", "-fstack-protector-strong", "-fno-sanitize=undefined")

SDK_SYMBOLS: Mapping[str, tuple[str, ...]] = {
    "CoreFoundation": (
        "___CFConstantStringClassReference",
        "_CFArrayGetCount",
        "_CFBundleCopyBundleURL",
        "_CFBundleCopyExecutableURL",
        "_CFBundleCopyPrivateFrameworksURL",
        "_CFBundleCopyResourcesDirectoryURL",
        "_CFBundleGetMainBundle",
        "_CFRelease",
        "_CFStringCreateWithCString",
        "_CFStringGetCString",
        "_CFURLCopyFileSystemPath",
        "_CFURLGetFileSystemRepresentation",
    ),
    "Foundation": (
        "_NSLog",
        "_OBJC_CLASS_$_NSArray",
        "_OBJC_CLASS_$_NSAutoreleasePool",
        "_OBJC_CLASS_$_NSBundle",
        "_OBJC_CLASS_$_NSFileManager",
        "_OBJC_CLASS_$_NSMutableArray",
        "_OBJC_CLASS_$_NSObject",
        "_OBJC_CLASS_$_NSProcessInfo",
        "_OBJC_CLASS_$_NSString",
        "_OBJC_CLASS_$_NSTask",
        "_OBJC_CLASS_$_NSURL",
        "_OBJC_METACLASS_$_NSObject",
    ),
    "AppKit": ("_NSApp", "_OBJC_CLASS_$_NSApplication", "_OBJC_CLASS_$_NSWorkspace"),
    "objc": (
        "__objc_empty_cache",
        "_objc_alloc",
        "_objc_alloc_init",
        "_objc_autoreleasePoolPop",
        "_objc_autoreleasePoolPush",
        "_objc_getClass",
        "_objc_msgSend",
        "_objc_opt_class",
        "_objc_release",
        "_objc_retain",
        "_objc_retainAutoreleasedReturnValue",
        "_sel_registerName",
    ),
}
"""What the stubs use of Apple's libraries; written as .tbd files, the linker's text stubs."""

_FRAMEWORKS = "/System/Library/Frameworks"
INSTALL_NAMES = {
    "CoreFoundation": f"{_FRAMEWORKS}/CoreFoundation.framework/Versions/A/CoreFoundation",
    "Foundation": f"{_FRAMEWORKS}/Foundation.framework/Versions/C/Foundation",
    "AppKit": f"{_FRAMEWORKS}/AppKit.framework/Versions/C/AppKit",
    "objc": "/usr/lib/libobjc.A.dylib",
}


@dataclass(frozen=True, slots=True)
class Options:
    """How to compile and link; the defaults give a plain executable for macOS 11."""

    archs: tuple[str, ...] = BOTH
    minos: str = "11.0"
    sdk: str = "14.0"
    defines: Mapping[str, str] = field(default_factory=dict)
    """Macros; a value is taken as C text, so strings carry their own quotes (see `c_string`)."""
    frameworks: tuple[str, ...] = ()
    install_name: str = ""
    """Makes it a dylib of this install name."""
    rpaths: tuple[str, ...] = ()
    libraries: tuple[Path, ...] = ()
    """Dylibs to link against, as `LC_LOAD_DYLIB` of their install names."""
    fortify: bool = False
    """As a debug build of Xcode: not optimised, `__*_chk` calls, a guarded stack."""
    strip: bool = True
    chained: bool = False
    """Bind imports by chained fixups, as Xcode does for macOS 12 and later; zig's linker cannot,
    so it takes LLVM's (see `chained_linker`)."""
    undefined: bool = False
    """Leave undefined symbols to be looked up at run time, as Python's extension modules do."""


def c_string(text: str) -> str:
    """Return `text` as a C string literal, for `Options.defines`."""
    return json.dumps(text)


def compile_stub(name: str, options: Options = Options()) -> bytes:
    """Compile `stubs/<name>` (`plover_5_2.c`); Objective-C when it ends in `.m`.

    Several architectures give universal2. Raises RuntimeError with what the compiler said.
    """
    return compile_source((SOURCES / name).read_text(), Path(name).suffix, options)


def compile_source(source: str, suffix: str = ".c", options: Options = Options()) -> bytes:
    """Compile C (`.c`) or Objective-C (`.m`) text; see `compile_stub`."""
    libraries = "".join(digest(library.read_bytes()) for library in options.libraries)
    key = digest(
        *(source, suffix, repr(replace(options, libraries=())), libraries),
        *(repr(SDK_SYMBOLS), _zig_version(), _headers(), "6"),
    )

    def build(folder: Path) -> None:
        slices = {arch: _compile_slice(source, suffix, options, arch) for arch in options.archs}
        data = join(slices) if len(slices) > 1 else next(iter(slices.values()))
        (folder / "output").write_bytes(data)

    return (cached_folder(f"compiled/{key}", build) / "output").read_bytes()


def join(slices: Mapping[str, bytes]) -> bytes:
    """Put thin Mach-O files into one universal file, as `lipo -create` lays it out."""
    header = bytearray(struct.pack(">2I", 0xCAFEBABE, len(slices)))
    position = 8 + 20 * len(slices)
    body: list[tuple[int, bytes]] = []
    for arch, data in sorted(slices.items(), key=lambda item: SLICE_ALIGNMENT[item[0]]):
        alignment = 1 << SLICE_ALIGNMENT[arch]
        position = -(-position // alignment) * alignment
        header += struct.pack(">5I", *CPU_TYPES[arch], position, len(data), SLICE_ALIGNMENT[arch])
        body.append((position, data))
        position += len(data)
    output = bytearray(position)
    output[: len(header)] = header
    for offset, data in body:
        output[offset : offset + len(data)] = data
    return bytes(output)


def _compile_slice(source: str, suffix: str, options: Options, arch: str) -> bytes:
    with tempfile.TemporaryDirectory(dir=cache_root()) as folder:
        # The output's base name goes into the linker's signature: the same one for everybody.
        text, output = Path(folder, f"stub{suffix}"), Path(folder, "stub")
        text.write_text(source)
        command: list[str | Path] = [
            *(sys.executable, "-m", "ziglang", "cc"),
            *("-target", f"{ZIG_ARCHS[arch]}-macos.{options.minos}"),
            *("-g0", "-Wall", "-Wno-unused-command-line-argument", "-I", SOURCES),
            *(f"-D{name}={value}" for name, value in sorted(options.defines.items())),
            *(_FORTIFIED if options.fortify else _PLAIN),
            *(("-fno-objc-arc",) if suffix == ".m" else ()),
        ]
        if options.chained:
            parts = Path(folder, "stub.o")
            _run([*command, "-c", text, "-o", parts], folder, options)
            _run(_chained_link(parts, output, options, arch), folder, options)
        else:
            _run(
                [*command, text, *_link_flags(options, suffix, folder), "-o", output],
                folder,
                options,
            )
        return output.read_bytes()


def _link_flags(options: Options, suffix: str, folder: str) -> list[str | Path]:
    sdk = apple_stand_in_sdk()
    flags: list[str | Path] = [
        *("-L", sdk / "lib", "-F", sdk / "Frameworks"),
        *_flags("-framework", options.frameworks),
        *(("-lobjc",) if suffix == ".m" else ()),
        *(("-s",) if options.strip else ()),
        *(f"-Wl,-rpath,{rpath}" for rpath in options.rpaths),
    ]
    for number, library in enumerate(options.libraries):
        # zig takes a file for a library by its extension; a framework's has none.
        flags.append(shutil.copy(library, Path(folder, f"library{number}.dylib")))
    if options.install_name:
        flags += ["-dynamiclib", f"-Wl,-install_name,{options.install_name}"]
    if options.undefined:
        flags.append("-Wl,-undefined,dynamic_lookup")
    return flags


def chained_linker() -> str | None:
    """Return LLVM's linker for Mach-O if it is there and new enough for chained fixups (16)."""
    return next(filter(None, (shutil.which(f"ld64.lld-{n}") for n in range(25, 15, -1))), None)


def _chained_link(parts: Path, output: Path, options: Options, arch: str) -> list[str | Path]:
    linker = chained_linker()
    if linker is None:
        raise RuntimeError("no linker for chained fixups (Debian's package lld-19)")
    sdk = apple_stand_in_sdk()
    return [
        *(linker, "-arch", arch, "-platform_version", "macos", options.minos, options.sdk),
        *("-fixup_chains", "-L", sdk / "lib", "-F", sdk / "Frameworks"),
        *("-lSystem", "-lobjc", "-dead_strip_dylibs"),
        *_flags("-framework", options.frameworks),
        *_flags("-rpath", options.rpaths),
        *("-o", output, parts),
    ]


def _run(command: Sequence[str | Path], folder: str, options: Options) -> None:
    environment = {
        **os.environ,
        "ZIG_LIB_DIR": str(zig_lib(options.sdk)),
        "ZIG_GLOBAL_CACHE_DIR": str(cache_root() / "zig"),
        "ZIG_LOCAL_CACHE_DIR": folder,
    }
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, cwd=folder
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}\n{done.stderr}")


def _flags(flag: str, values: Iterable[str]) -> Sequence[str]:
    return [word for value in values for word in (flag, value)]


@cache
def zig_folder() -> Path:
    """Return the folder of the package `ziglang`."""
    found = importlib.util.find_spec("ziglang")
    if found is None or found.origin is None:
        raise RuntimeError("ziglang is missing: run ci/test, or install the development tools")
    return Path(found.origin).parent


@cache
def _headers() -> str:
    return "".join(header.read_text() for header in sorted(SOURCES.glob("*.h")))


@cache
def _zig_version() -> str:
    return importlib.metadata.version("ziglang")


def apple_stand_in_sdk() -> Path:
    """Return a folder with .tbd files for what `SDK_SYMBOLS` lists: an SDK's link-time part."""

    def build(folder: Path) -> None:
        for name, symbols in SDK_SYMBOLS.items():
            path = (
                folder / "lib" / "libobjc.tbd"
                if name == "objc"
                else folder / "Frameworks" / f"{name}.framework" / f"{name}.tbd"
            )
            path.parent.mkdir(parents=True, exist_ok=True)
            listed = ", ".join(f"'{symbol}'" for symbol in symbols)
            path.write_text(
                "--- !tapi-tbd\ntbd-version: 4\ntargets: [ x86_64-macos, arm64-macos ]\n"
                f"install-name: '{INSTALL_NAMES[name]}'\ncurrent-version: 1.0\nexports:\n"
                f"  - targets: [ x86_64-macos, arm64-macos ]\n    symbols: [ {listed} ]\n...\n"
            )
        # zig's own, for architectures that LLVM's linker does not know or does not ask for.
        system = zig_folder() / "lib" / "libc" / "darwin" / "libSystem.tbd"
        text = re.sub(r",\s+arm64e\.x1-\w+", "", system.read_text())
        (folder / "lib" / "libSystem.tbd").write_text(text.replace("arm64e-", "arm64-"))

    key = digest(repr(SDK_SYMBOLS), repr(INSTALL_NAMES), _zig_version(), "2")
    return cached_folder(f"stand-in-sdk-{key}", build)


def zig_lib(sdk: str) -> Path:
    """Return zig's library folder with another SDK version in it, as links to the real one.

    zig's linker writes the version it finds in `libc/darwin/SDKSettings.json` into
    LC_BUILD_VERSION and takes no flag for it (seen here with 0.17.1).
    """
    original = zig_folder() / "lib"

    def build(folder: Path) -> None:
        opened = folder
        source = original
        for name in ("libc", "darwin"):
            _link_all_but(source, opened, name)
            source, opened = source / name, opened / name
            opened.mkdir()
        _link_all_but(source, opened, "SDKSettings.json")
        (opened / "SDKSettings.json").write_text(json.dumps({"Version": sdk}))

    return cached_folder(f"zig-lib-{sdk}-{digest(str(original), _zig_version())}", build)


def _link_all_but(source: Path, folder: Path, left_out: str) -> None:
    for item in source.iterdir():
        if item.name != left_out:
            (folder / item.name).symlink_to(item)


def write_executable(destination: Path, data: bytes) -> Path:
    """Write `data` as a program that may be run; return `destination`."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    destination.write_bytes(data)
    destination.chmod(0o755)
    return destination
