"""Builds the launcher: in go launcher.m and its headers, out comes a program.

For macOS: one universal2 file with an arm64 and an x86_64 slice, each signed ad-hoc, made on any
machine by zig, which needs no Apple SDK (on a Mac, `--apple` uses Xcode's clang instead). The same
sources give the same bytes, whatever the folder, the cache or the machine. For Linux (`--gnustep`):
the same source against GNUstep, to run it for real in tests.

    python launcher/build.py -o launcher-universal2 [--sdk 14.0] [--apple]
    python launcher/build.py --gnustep -o launcher
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE / "launcher.m"
PACKAGE = HERE.parent / "src"

INPUTS = (
    "launcher.m",
    "paths.h",
    "settings.h",
    "appkit.h",
    "failure.h",
    "placeholders.h",
    "start_python.h",
    "stubs/usr/lib/libobjc.tbd",
    "build.py",
)
"""What the built bytes depend on, next to the compiler and the package's Mach-O writer."""
MACHO_WRITER = ("macho", "signature", "signing/macho_seal.py")

ARCHS = {"x86_64": "x86_64", "arm64": "aarch64"}
"""Apple's name of an architecture and zig's."""
MINOS = "11.0"
"""The oldest macOS: the first for arm64."""
DEFAULT_SDK = "14.0"
"""Decides how AppKit behaves; `fix` and `build` put the app's own in its place."""
IDENTIFIER = "launcher"
"""In the ad-hoc signature, until an app's bundle is sealed."""
HEADER_PAD = 0x1000
"""Bytes free behind the load commands, where `fix` adds the app's LC_RPATHs."""
STACK_SIZE = 0x1000000
"""Of the main thread: 16 MB, as CPython links its own interpreter on macOS (its configure.ac)."""

COMMON_FLAGS = ("-std=gnu11", "-Wall", "-Wextra", "-fobjc-exceptions")
MACOS_FLAGS = (
    *COMMON_FLAGS,
    "-Os",
    "-lobjc",
    f"-Wl,-headerpad,{HEADER_PAD:#x}",
    f"-Wl,-stack_size,{STACK_SIZE:#x}",
)

Version = tuple[int, int, int]


class BuildError(Exception):
    """The compiler is missing or refused; the message is what it said."""


def parse_version(text: str) -> Version:
    """`14` or `14.2` or `14.2.1` as three numbers. Raises ValueError for anything else."""
    numbers = [int(part) for part in text.split(".")]
    if not 1 <= len(numbers) <= 3 or not all(0 <= number < 256 for number in numbers[1:]):
        raise ValueError(f"{text!r} is no version")
    major, minor, patch = (*numbers, 0, 0)[:3]
    return major, minor, patch


def inputs_digest() -> str:
    """A hash of everything in the source tree that the macOS launcher is made from."""
    total = hashlib.sha256()
    files = [HERE / name for name in INPUTS]
    for name in MACHO_WRITER:
        path = PACKAGE / "plover_tray" / name
        files += sorted(path.glob("*.py")) if path.is_dir() else [path]
    for path in files:
        data = path.read_bytes()
        total.update(f"{path.name} {len(data)}\n".encode() + data)
    return total.hexdigest()


def build_universal2(*, sdk: Version | None = None, apple: bool = False) -> bytes:
    """The launcher for macOS: universal2, signed ad-hoc.

    `sdk` goes into LC_BUILD_VERSION of both slices; None takes DEFAULT_SDK. `apple` compiles with
    `xcrun clang` against Apple's headers (not tried by us: we have no Mac) instead of zig.
    Raises BuildError.
    """
    if str(PACKAGE) not in sys.path:
        sys.path.insert(0, str(PACKAGE))  # a package build has the source tree, not the package
    from plover_tray.macho.edit import (  # noqa: PLC0415
        join_slices,
        set_build_version,
        strip_signature,
    )
    from plover_tray.signing.macho_seal import sign_macho_bytes  # noqa: PLC0415

    slices = []
    for arch in ARCHS:
        # The linker's signature, which only arm64 has, seals the wrong SDK: both get a new one.
        thin = strip_signature(compile_slice(arch, apple=apple))
        slices.append(set_build_version(thin, minos=None, sdk=sdk or parse_version(DEFAULT_SDK)))
    return sign_macho_bytes(join_slices(slices), identifier=IDENTIFIER)


def compile_slice(arch: str, *, apple: bool = False) -> bytes:
    """The launcher for one architecture of ARCHS as the linker leaves it. Raises BuildError."""
    if apple:
        compiler = ["xcrun", "--sdk", "macosx", "clang", "-arch", arch]
        compiler += [f"-mmacosx-version-min={MINOS}", "-fno-objc-arc", "-Wl,-S,-x"]
    else:
        compiler = [
            sys.executable,
            "-m",
            "ziglang",
            "cc",
            "-target",
            f"{ARCHS[arch]}-macos.{MINOS}",
        ]
        compiler += ["-s", "-Werror", "-L", str(HERE / "stubs/usr/lib")]
    with tempfile.TemporaryDirectory(prefix="launcher-") as folder:
        # The linker writes the file's name into its signature: the same one for everybody.
        output = Path(folder, "launcher")
        _run([*compiler, *MACOS_FLAGS, str(SOURCE), "-o", str(output)], cwd=folder)
        return output.read_bytes()


def build_gnustep(output: Path, *, flags: Sequence[str] = ()) -> None:
    """Write the launcher for Linux and GNUstep to `output`; needs gcc with Objective-C (gobjc).

    GNUstep itself is opened at run time. `flags` are added to the compiler's. Raises BuildError.
    """
    _run(["gcc", *COMMON_FLAGS, "-O2", *flags, str(SOURCE), "-lobjc", "-ldl", "-o", str(output)])


def _run(command: Sequence[str], *, cwd: str | None = None) -> None:
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise BuildError(f"{command[0]} cannot be run: {error}") from error
    if done.returncode:
        raise BuildError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(description="Builds the launcher.")
    parser.add_argument("-o", "--output", type=Path, required=True, help="file to write")
    parser.add_argument("--sdk", type=parse_version, help=f"SDK to claim (default {DEFAULT_SDK})")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--apple", action="store_true", help="compile with Xcode's clang (on a Mac)")
    where.add_argument("--gnustep", action="store_true", help="build for Linux and GNUstep instead")
    options = parser.parse_args(arguments)
    try:
        if options.gnustep:
            build_gnustep(options.output)
        else:
            options.output.write_bytes(build_universal2(sdk=options.sdk, apple=options.apple))
            options.output.chmod(0o755)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
