"""Builds the launcher: in go launcher.m and its headers, out comes a program.

For macOS: one universal2 file with an arm64 and an x86_64 slice, each signed ad-hoc, made on any
machine by zig, which needs no Apple SDK (on a Mac, `--apple` uses Xcode's clang instead). The same
sources give the same bytes, whatever the folder, the cache or the machine. For Linux (`--gnustep`):
the same source against GNUstep, to run it for real in tests.

    python launcher/build.py -o launcher-universal2 [--sdk 14.0] [--apple]
    python launcher/build.py --gnustep -o launcher
    python launcher/build.py --digest

`--digest` prints a hash of everything that the macOS launcher is made from; whoever asks whether a
built launcher is still good (hatch_build.py, ci/set-up.sh) asks for that.
"""

import argparse
import ast
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).resolve().parent
SOURCE = HERE / "launcher.m"
PACKAGE = HERE.parent / "src"

PACKAGE_NAME = "plover_tray"
TOOLS = ("ziglang", "macholib")
"""Distributions that have a part in the built bytes: the compiler, and the Mach-O writer's."""

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
    """A hash of all that the macOS launcher is made from: its `inputs` and the TOOLS' versions."""
    total = hashlib.sha256()
    for name in TOOLS:
        total.update(f"{name} {_version(name)}\n".encode())
    for path in inputs():
        data = path.read_bytes()
        total.update(f"{path.relative_to(HERE.parent)} {len(data)}\n".encode() + data)
    return total.hexdigest()


def inputs() -> list[Path]:
    """The files that the macOS launcher is made from, in a fixed order.

    The launcher's own sources, this script, and the package's modules that it imports, found by
    following their imports from here.
    """
    stubs = [path for path in HERE.glob("stubs/**/*") if path.is_file()]
    own = [*HERE.glob("*.[hm]"), *stubs, HERE / "build.py"]
    return sorted({*own, *_package_modules(HERE / "build.py")})


def _package_modules(start: Path) -> set[Path]:
    """The package's files that run when `start` is run and does all its imports."""
    found: set[Path] = set()
    todo = [start]
    while todo:
        for path in imported_files(todo.pop(), PACKAGE):
            # Importing a module runs the `__init__` of each folder on the way to it. The package's
            # own is left out: `_package` sees to it that it is not run.
            folders = path.relative_to(PACKAGE / PACKAGE_NAME).parents
            inits = [PACKAGE / PACKAGE_NAME / folder / "__init__.py" for folder in folders][:-1]
            new = {path, *inits} - found
            found |= new
            todo += new
    return found


def imported_files(source: Path, root: Path, *, for_types: bool = False) -> set[Path]:
    """The files below `root` that the imports in the Python file `source` name.

    Imports inside functions count; those under `if TYPE_CHECKING`, which never run, count only
    `for_types`. A module counts where it is named, without the packages around it.
    """
    found = set()
    for names in _imports(ast.parse(source.read_bytes()), for_types=for_types):
        for level, module, name in names:
            folder = source.parents[level - 1] if level else root
            target = folder.joinpath(*module.split(".")) if module else folder
            path = (_module_file(target / name) if name else None) or _module_file(target)
            if path and path.is_relative_to(root):
                found.add(path)
    return found - {source}


def _imports(node: ast.AST, *, for_types: bool) -> Iterator[list[tuple[int, str, str]]]:
    """(dots in front, module, name taken from it or nothing) of all imports in a syntax tree."""
    if isinstance(node, ast.Import):
        yield [(0, alias.name, "") for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        yield [(node.level, node.module or "", alias.name) for alias in node.names]
    never_run: list[ast.stmt] = []
    if isinstance(node, ast.If) and not for_types:
        named = ast.unparse(node.test).rpartition(".")[2]
        never_run = node.body if named == "TYPE_CHECKING" else []
    for child in ast.iter_child_nodes(node):
        if child not in never_run:
            yield from _imports(child, for_types=for_types)


def _module_file(target: Path) -> Path | None:
    for path in (target / "__init__.py", target.with_name(f"{target.name}.py")):
        if path.is_file():
            return path
    return None


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


@contextmanager
def _package() -> Iterator[None]:
    """The package of this source tree for imports, whatever is installed or imported already.

    Its `__init__` is not run: that is the whole of plover-tray with all it depends on, of which a
    package build has nothing and the launcher needs nothing.
    """
    before = _take_package()
    package = ModuleType(PACKAGE_NAME)
    package.__path__ = [str(PACKAGE / PACKAGE_NAME)]
    sys.modules[PACKAGE_NAME] = package
    try:
        yield
    finally:
        _take_package()
        sys.modules.update(before)


def _take_package() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.partition(".")[0] == PACKAGE_NAME]
    return {name: sys.modules.pop(name) for name in names}


def build_universal2(*, sdk: Version | None = None, apple: bool = False) -> bytes:
    """The launcher for macOS: universal2, signed ad-hoc.

    `sdk` goes into LC_BUILD_VERSION of both slices; None takes DEFAULT_SDK. `apple` compiles with
    `xcrun clang` against Apple's headers (not tried by us: we have no Mac) instead of zig.
    Raises BuildError.
    """
    # The linker's signature, which only arm64 has, seals the wrong SDK: both get a new one.
    thin = [compile_slice(arch, apple=apple) for arch in ARCHS]
    with _package():
        from plover_tray.macho.edit import (  # noqa: PLC0415
            join_slices,
            set_build_version,
            strip_signature,
        )
        from plover_tray.signing.macho_seal import sign_macho_bytes  # noqa: PLC0415

        version = sdk or parse_version(DEFAULT_SDK)
        slices = [
            set_build_version(strip_signature(data), minos=None, sdk=version) for data in thin
        ]
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
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("-o", "--output", type=Path, help="file to write")
    what.add_argument("--digest", action="store_true", help="print a hash of all that goes in")
    parser.add_argument("--sdk", type=parse_version, help=f"SDK to claim (default {DEFAULT_SDK})")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--apple", action="store_true", help="compile with Xcode's clang (on a Mac)")
    where.add_argument("--gnustep", action="store_true", help="build for Linux and GNUstep instead")
    options = parser.parse_args(arguments)
    if options.digest:
        print(inputs_digest())
        return 0
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
