"""A Python runtime laid out as relocatable-python lays out Python.framework.

Comes in: a Python version, and whether the real macOS CPython or the stand-in is wanted. Goes out:
a `Python.framework` folder. The layout is that of Plover's releases to 5.2: install name
`@rpath/Versions/3.13/Python`, the interpreter moved to `bin`, an Info.plist beside it that carries
the app's identifier, trimmed of Resources and share (openstenoproject/plover, osx/make_app.sh and
osx/app_resources/dist_blacklist.txt).
"""

import plistlib
import shutil
from pathlib import Path

from apps.cache import cached_folder, copy_tree, digest
from apps.compile import BOTH, SOURCES, Options, c_string, compile_stub, write_executable

INTERPRETER_RPATHS = ("@executable_path/../../../", "@executable_path/../../../../../Frameworks")
"""What Plover's make_app.sh puts into the interpreter: the framework's own folder, and the app's
Frameworks, where a bare `libhidapi.dylib` is found."""

STAND_IN_LIBRARY = {
    "os.py": "# stand-in\n",
    "encodings/__init__.py": "# stand-in\n",
    "runpy.py": "# stand-in\n",
    "site.py": "# stand-in\n",
}
"""Enough of a standard library to be recognised as one by its landmarks; nothing runs."""


def stand_in_libpython(
    version: str = "3.13",
    *,
    archs: tuple[str, ...] = BOTH,
    install_name: str = "",
    minos: str = "11.0",
) -> bytes:
    """Compile the stand-in libpython of `version`; `install_name` defaults to the framework's."""
    major, minor = map(int, version.split("."))
    return compile_stub(
        "stand_in_libpython.c",
        Options(
            archs=archs,
            install_name=install_name or f"@rpath/Versions/{version}/Python",
            defines={
                "PY_VERSION_NUMBER": f"0x{major:02x}{minor:02x}05f0",
                "PY_VERSION_TEXT": c_string(f"{version}.5"),
            },
            minos=minos,
        ),
    )


def stand_in_library(version: str, *, install_name: str) -> Path:
    """Return a cached file with the stand-in libpython, to link against."""
    data = stand_in_libpython(version, install_name=install_name)
    key = digest(data)
    folder = cached_folder(f"stand-in-library-{key}", lambda f: (f / "Python").write_bytes(data))
    return folder / "Python"


def extension_module(*, archs: tuple[str, ...] = BOTH, name: str = "_struct") -> bytes:
    """Compile an extension module that does nothing: a dylib with libpython's symbols left open.

    setuptools makes MH_BUNDLE files, which zig cannot (0.17.1 crashes); Rust's and CMake's builds
    make dylibs as this one. The real wheels have both.
    """
    options = Options(archs=archs, undefined=True, install_name=f"@rpath/{name}.so")
    return compile_stub("extension_module.c", options)


def stand_in_framework(version: str = "3.13", *, archs: tuple[str, ...] = BOTH) -> Path:
    """Return a cached `Python.framework` around the stand-in libpython; copy it out to use it."""

    def build(folder: Path) -> None:
        home = folder / "Versions" / version
        library = write_executable(home / "Python", stand_in_libpython(version, archs=archs))
        interpreter = Options(archs=archs, libraries=(library,), rpaths=INTERPRETER_RPATHS)
        write_executable(
            home / "bin" / f"python{version}", compile_stub("interpreter.c", interpreter)
        )
        for path, text in STAND_IN_LIBRARY.items():
            target = home / "lib" / f"python{version}" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        (home / "lib" / f"python{version}" / "lib-dynload").mkdir()
        module = f"_struct.cpython-{version.replace('.', '')}-darwin.so"
        write_executable(
            home / "lib" / f"python{version}" / "lib-dynload" / module,
            extension_module(archs=archs),
        )
        lay_links(folder, version)

    sources = "".join(
        (SOURCES / name).read_text()
        for name in ("stand_in_libpython.c", "interpreter.c", "extension_module.c")
    )
    key = digest(sources, version, repr(archs), repr(STAND_IN_LIBRARY), "5")
    return cached_folder(f"stand-in-framework-{key}/Python.framework", build)


def lay_links(framework: Path, version: str) -> None:
    """Add the symlinks that a Python.framework has around `Versions/<version>`."""
    home = framework / "Versions" / version
    (framework / "Versions" / "Current").symlink_to(version)
    (framework / "Python").symlink_to("Versions/Current/Python")
    for name in ("python", "python3"):
        (home / "bin" / name).unlink(missing_ok=True)
        (home / "bin" / name).symlink_to(f"python{version}")
    (home / "lib" / f"libpython{version}.dylib").unlink(missing_ok=True)
    (home / "lib" / f"libpython{version}.dylib").symlink_to("../Python")


def put_framework(
    contents: Path, framework: Path, *, version: str = "3.13", identifier: str = ""
) -> Path:
    """Copy a framework into `Contents/Frameworks`; return its `Versions/<version>` folder.

    With `identifier`, the interpreter gets the Info.plist that Plover gives it.
    """
    copied = copy_tree(framework, contents / "Frameworks" / "Python.framework")
    home = copied / "Versions" / version
    if identifier:
        (home / "bin" / "Info.plist").write_bytes(
            plistlib.dumps({"CFBundleIdentifier": identifier})
        )
    return home


def trim(home: Path, version: str) -> None:
    """Take out what Plover's release takes out of the framework's home folder."""
    library = home / "lib" / f"python{version}"
    for path in (
        *(home / "Resources", home / "share", home / "include", home / "lib" / "pkgconfig"),
        *(library / name for name in ("tkinter", "idlelib", "ensurepip", "test", "turtledemo")),
        *library.glob("config-*"),
    ):
        shutil.rmtree(path, ignore_errors=True)
