"""Bundles as the other builders of Python apps make them; they host Python in process.

Comes in: the name of a builder. Goes out: a bundle around that builder's real launcher, out of its
macOS wheel, laid out as the builder lays it out, with a little app in it. None of them may raise an
alarm about the process's identity. What we add in place of a whole build is said at each.
"""

import plistlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from apps.bundles import PYTHON, icns, plain_info, stub_bytes, write_info
from apps.cache import cached_folder, copy_tree, digest
from apps.compile import write_executable
from apps.runtime import stand_in_framework, stand_in_libpython
from apps.wheels import mac_site_packages

APP = '"""An app that shows its name."""\n\nprint("hello")\n'


_SIDE_LOADED = b"MEI\015\013\012\013\016"
"""What PyInstaller appends to a program whose archive lies beside it (building/api.py)."""


def make_peer(destination: Path, builder: str, *, name: str = "Hello Peer") -> Path:
    """Make `<destination>/<name>.app` in the manner of a builder of `BUILDERS`; return it."""
    bundle = destination / f"{name}.app"
    contents = bundle / "Contents"
    for folder in ("MacOS", "Resources", "Frameworks"):
        (contents / folder).mkdir(parents=True)
    (contents / "PkgInfo").write_text("APPL????")
    (contents / "Resources" / "app.icns").write_bytes(icns())
    extra = BUILDERS[builder](contents, name)
    identifier = f"org.example.hello-{builder.replace('_', '-')}"
    write_info(contents, {**plain_info(name, identifier, name), **extra})
    return bundle


def _pyinstaller(contents: Path, name: str) -> dict[str, Any]:
    """PyInstaller 6, windowed onedir: the archive beside the program (`append_pkg=False`).

    In Frameworks: the library, its data; in Resources: links to them (PyInstaller/building/osx.py).
    """
    wheels = mac_site_packages("peers")
    loader = wheels / "PyInstaller" / "bootloader" / "Darwin-64bit" / "runw"
    write_executable(contents / "MacOS" / name, loader.read_bytes() + _SIDE_LOADED)
    shutil.copy2(_pyinstaller_archive(wheels), contents / "MacOS" / f"{name}.pkg")
    home = contents / "Frameworks" / "Python.framework" / "Versions" / PYTHON
    write_executable(home / "Python", stand_in_libpython(PYTHON))
    (home / "Resources").mkdir()
    (home / "Resources" / "Info.plist").write_bytes(
        plistlib.dumps({"CFBundleIdentifier": "org.python.python", "CFBundleName": "Python"})
    )
    _framework_links(home.parent)
    (contents / "Frameworks" / "Python").symlink_to("Python.framework/Python")
    (contents / "Frameworks" / "base_library.zip").write_bytes(b"PK\5\6" + bytes(18))
    for item in ("Python", "Python.framework", "base_library.zip"):
        (contents / "Resources" / item).symlink_to(f"../Frameworks/{item}")
    return {"NSHighResolutionCapable": True}


def _pyinstaller_archive(wheels: Path) -> Path:
    """Let PyInstaller's own writer make the archive that its bootloader reads."""
    writing = (
        "import sys; from PyInstaller.archive.writers import CArchiveWriter;"
        "CArchiveWriter(sys.argv[1], [('pyi-contents-directory _internal', '', False, 'o'),"
        " ('hello', sys.argv[2], True, 's')], 'Python.framework/Versions/3.13/Python')"
    )

    def build(folder: Path) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            script = Path(scratch, "hello.py")
            script.write_text(APP)
            subprocess.run(
                [sys.executable, "-W", "ignore", "-c", writing, folder / "app.pkg", script],
                env={"PYTHONPATH": str(wheels), "PYTHONDONTWRITEBYTECODE": "1"},
                check=True,
            )

    return cached_folder(f"pyinstaller-{digest(str(wheels), writing, APP)}", build) / "app.pkg"


def _py2app(contents: Path, name: str) -> dict[str, Any]:
    """py2app 0.28: `__boot__.py` in Resources, the framework's library, a `python` beside the main.

    The keys are those of py2app/apptemplate/plist_template.py.
    """
    template = mac_site_packages("peers") / "py2app" / "apptemplate"
    main = template / "prebuilt" / "main-universal2"
    write_executable(contents / "MacOS" / name, main.read_bytes())
    framework = stand_in_framework(PYTHON) / "Versions" / PYTHON
    write_executable(
        contents / "MacOS" / "python", (framework / "bin" / f"python{PYTHON}").read_bytes()
    )
    home = contents / "Frameworks" / "Python.framework" / "Versions" / PYTHON
    write_executable(home / "Python", (framework / "Python").read_bytes())
    _framework_links(home.parent)
    resources = contents / "Resources"
    copy_tree(framework / "lib" / f"python{PYTHON}", resources / "lib" / f"python{PYTHON}")
    (resources / "__boot__.py").write_text(
        "import os, sys\nsys.frozen = 'macosx_app'\n_run = os.environ['RESOURCEPATH']\n"
        "exec(compile(open(os.path.join(_run, 'hello.py')).read(), 'hello.py', 'exec'))\n"
    )
    (resources / "hello.py").write_text(APP)
    shutil.copy2(template / "lib" / "__error__.sh", resources)
    shutil.copy2(template / "lib" / "site.py", resources)
    runtime = f"@executable_path/../Frameworks/Python.framework/Versions/{PYTHON}/Python"
    return {
        "PyMainFileNames": ["__boot__"],
        "PyOptions": {
            "alias": False,
            "argv_emulation": False,
            "emulate_shell_environment": False,
            "no_chdir": False,
            "prefer_ppc": False,
            "site_packages": False,
            "use_faulthandler": False,
            "use_pythonpath": False,
            "verbose": False,
        },
        "PyResourcePackages": [f"lib/python{PYTHON}", f"lib/python{PYTHON}/lib-dynload"],
        "PyRuntimeLocations": [runtime],
        "PythonInfoDict": {
            "PythonExecutable": "@executable_path/python",
            "PythonLongVersion": "3.13.5 (stand-in)",
            "PythonShortVersion": PYTHON,
            "py2app": {"template": "app", "version": "0.28.10"},
        },
    }


def _cx_freeze(contents: Path, name: str) -> dict[str, Any]:
    """cx_Freeze 8: the real program and the real universal2 CPython 3.13 of freeze-core's wheel.

    Everything lies in Resources, `MacOS/lib` is a link to it (cx_Freeze/command/bdist_mac.py).
    """
    core = mac_site_packages("peers") / "freeze_core"
    base = core / "bases" / "console-cpython-313-darwin"
    write_executable(contents / "MacOS" / name, base.read_bytes())
    library = contents / "Resources" / "lib"
    library.mkdir()
    write_executable(library / "Python", (core / "bases" / "lib" / "Python").read_bytes())
    for module in ("_struct", "math", "_datetime"):
        for found in (core / "lib").glob(f"{module}.*.so"):
            write_executable(library / found.name, found.read_bytes())
    (library / "library.zip").write_bytes(b"PK\5\6" + bytes(18))
    (contents / "MacOS" / "lib").symlink_to("../Resources/lib")
    return {}


def _nuitka(contents: Path, name: str) -> dict[str, Any]:
    """A stand-in in Nuitka's layout: its programs are compiled anew for each app.

    All in Contents/MacOS, libpython beside the program that is linked to it.
    """
    program = stub_bytes("linked-beside")
    write_executable(contents / "MacOS" / name, program)
    write_executable(
        contents / "MacOS" / "Python",
        stand_in_libpython(PYTHON, install_name="@executable_path/Python"),
    )
    return {}


def _briefcase(contents: Path, name: str) -> dict[str, Any]:
    """A stand-in in briefcase's layout: its stub is in no registry.

    A program linked to the framework, which has the standard library in it, the app in
    Resources/app, `MainModule` in Info.plist (beeware/briefcase-macOS-app-template).
    """
    write_executable(contents / "MacOS" / name, stub_bytes("linked"))
    framework = copy_tree(stand_in_framework(PYTHON), contents / "Frameworks" / "Python.framework")
    shutil.rmtree(framework / "Versions" / PYTHON / "bin")
    app = contents / "Resources" / "app" / "hello_peer"
    app.mkdir(parents=True)
    (app / "__main__.py").write_text(APP)
    (app / "__init__.py").touch()
    (contents / "Resources" / "app_packages").mkdir()
    return {"MainModule": "hello_peer"}


def _framework_links(versions: Path) -> None:
    (versions / "Current").symlink_to(PYTHON)
    (versions.parent / "Python").symlink_to("Versions/Current/Python")
    if (versions / PYTHON / "Resources").exists():
        (versions.parent / "Resources").symlink_to("Versions/Current/Resources")


BUILDERS: Mapping[str, Callable[[Path, str], dict[str, Any]]] = {
    "pyinstaller": _pyinstaller,
    "py2app": _py2app,
    "cx_freeze": _cx_freeze,
    "nuitka": _nuitka,
    "briefcase": _briefcase,
}
"""How each builder fills Contents; what it returns goes into Info.plist."""

REAL_LAUNCHERS = ("pyinstaller", "py2app", "cx_freeze")
"""Those whose main executable is the builder's own; the others' are stand-ins."""
