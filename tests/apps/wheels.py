"""Real macOS wheels, unpacked as pip would install them, on any machine.

Comes in: the name of a list in `pins/` (exact versions with hashes). Goes out: a site-packages
folder in the cache. uv resolves for another platform than the one it runs on.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from apps.cache import cache_root, cached_folder, digest

PINS = Path(__file__).parent / "pins"

UV_PLATFORMS = {"arm64": "aarch64-apple-darwin", "x86_64": "x86_64-apple-darwin"}

OLDEST_MACOS = "14.4"
"""What uv takes for the system's version: PySide6 6.12's wheels are tagged macosx_14_0, and uv's
own default is 13.0 (seen here)."""


def uv() -> str:
    """Return the path of uv: the one beside this Python, else the one on PATH."""
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if not found:
        raise RuntimeError("uv is missing: run ci/test, or install the development dependencies")
    return found


def mac_site_packages(pins: str = "plover", *, arch: str = "arm64", python: str = "3.13") -> Path:
    """Return a folder with the macOS wheels that `pins/<pins>.txt` names; only for reading.

    What an installer adds for the machine it runs on (`bin`, `.lock`) is taken out again.
    """
    text = (PINS / f"{pins}.txt").read_text()
    key = digest(text, arch, python, OLDEST_MACOS, "2")

    def install(folder: Path) -> None:
        install_wheels(folder, pins, "--python-platform", UV_PLATFORMS[arch], python=python)

    return cached_folder(f"wheels/{pins}-{arch}-{key}", install)


def linux_site_packages(pins: str, *, python: str) -> Path:
    """Return a folder with this machine's own wheels of `pins/<pins>.txt` for Python `python`.

    Source distributions are built where a project has no wheel; needs that Python's headers.
    """
    text = (PINS / f"{pins}.txt").read_text()
    version = subprocess.run([python, "-VV"], check=True, capture_output=True, text=True).stdout
    key = digest(text, version, "2")

    def install(folder: Path) -> None:
        install_wheels(folder, pins, python=python, only_binary=False)

    return cached_folder(f"wheels/{pins}-here-{key}", install)


def install_wheels(
    folder: Path, pins: str, *options: str, python: str, only_binary: bool = True
) -> None:
    """Install `pins/<pins>.txt` into `folder`; a failure shows what uv said."""
    where = ["--python-version", python] if only_binary else ["--python", python]
    command = [
        *(uv(), "pip", "install", "--target", str(folder), *where, *options),
        *(("--only-binary", ":all:") if only_binary else ()),
        *("--no-deps", "--require-hashes", "--link-mode", "copy", "--no-config"),
        *("-r", str(PINS / f"{pins}.txt")),
    ]
    environment = {
        **os.environ,
        "MACOSX_DEPLOYMENT_TARGET": OLDEST_MACOS,
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(cache_root() / "uv")),
        **_index_of_pip(),
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")
    shutil.rmtree(folder / "bin", ignore_errors=True)
    (folder / ".lock").unlink(missing_ok=True)


def _index_of_pip() -> dict[str, str]:
    """Hand pip's setting for the package index to uv, which does not read pip's variables."""
    if "UV_DEFAULT_INDEX" in os.environ or "UV_INDEX_URL" in os.environ:
        return {}
    index = os.environ.get("PIP_INDEX_URL")
    return {"UV_DEFAULT_INDEX": index} if index else {}
