"""Environments made from the bundle's interpreter, and pip: both start it again and again."""

import io
import os
import subprocess
import tarfile
from pathlib import Path

import pytest
from apps.cache import cached_folder, digest
from apps.pythons import shared_pythons
from conftest import missing

from launcher.conftest import MakeBundle
from launcher.matrix import REPORT, Bundle, Case

BUILD_BACKEND = """\
flit_core==4.2.0 \\
    --hash=sha256:2bee22dc8ba89c2e35b4e1ad575e596aac945c85672dd8f3cad21b629036e044
"""

SOURCE_DISTRIBUTION = {
    "pyproject.toml": """\
[build-system]
requires = ["flit_core >=3.2"]
build-backend = "flit_core.buildapi"
[project]
name = "greeting"
version = "1.0"
description = "Says hello"
[project.scripts]
greet = "greeting:main"
""",
    "greeting.py": """\
import sys
def main():
    print("hello from", sys.executable, sys.argv[1:])
""",
}


@pytest.fixture(scope="session")
def wheels() -> Path:
    """A folder with what a source distribution needs to be built."""

    def build(folder: Path) -> None:
        (folder / "list.txt").write_text(BUILD_BACKEND)
        said = "no Python with pip was found"
        for python in reversed(shared_pythons()):
            command = [str(python.executable), "-m", "pip", "download", "-q", "--no-deps"]
            done = subprocess.run(
                [*command, "--require-hashes", "-r", "list.txt", "-d", "."],
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode == 0:
                return
            said = done.stderr.strip()[-500:]
        raise RuntimeError(said)

    try:
        return cached_folder(f"wheels/build-backend-{digest(BUILD_BACKEND)}", build)
    except RuntimeError as error:
        missing(f"the build backend cannot be downloaded: {error}")
        raise


@pytest.fixture(scope="session")
def source_distribution(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sdist") / "greeting-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, text in SOURCE_DISTRIBUTION.items():
            member = tarfile.TarInfo(f"greeting-1.0/{name}")
            member.size, member.mtime = len(text), 1_500_000_000
            archive.addfile(member, io.BytesIO(text.encode()))
    return path


def has(bundle: Bundle, module: str) -> bool:
    return bundle.run(bundle.interpreter, "-c", f"import {module}").returncode == 0


def test_an_environment_starts_the_bundles_interpreter(
    python: Case, make_bundle: MakeBundle, tmp_path: Path
) -> None:
    bundle = make_bundle(python)
    first, second = tmp_path / "first", tmp_path / "second"
    made = bundle.run(bundle.interpreter, "-m", "venv", "--without-pip", first)
    assert made.returncode == 0, made.stderr
    assert os.path.realpath(first / "bin/python") == str(bundle.interpreter)
    assert f"home = {bundle.interpreter.parent}\n" in (first / "pyvenv.cfg").read_text()
    made = bundle.run(first / "bin/python", "-m", "venv", "--without-pip", second)
    assert made.returncode == 0, made.stderr
    for folder in (first, second):
        found = bundle.report(folder / "bin/python3", "-I", "-W", "error", "-c", REPORT)
        assert found["executable"] == str(folder / "bin/python3")
        assert found["process"] == str(bundle.interpreter)
        assert found["prefix"] == str(folder)
        assert found["base_prefix"] == str(python.home)
    shown = bundle.run("python", "-m", "site", env={"PATH": str(first / "bin")})
    assert str(first / f"lib/python{python.python.version}/site-packages") in shown.stdout
    assert "ENABLE_USER_SITE: False" in shown.stdout


def test_pip_builds_and_installs_into_an_environment(
    newest: Case,
    make_bundle: MakeBundle,
    tmp_path: Path,
    wheels: Path,
    source_distribution: Path,
) -> None:
    bundle = make_bundle(newest)
    if not has(bundle, "ensurepip"):
        pytest.skip("this Python comes without ensurepip")
    environment = tmp_path / "environment"
    made = bundle.run(bundle.interpreter, "-m", "venv", environment)
    assert made.returncode == 0, made.stderr
    installed = bundle.run(
        environment / "bin/pip",
        *("install", "--no-index", "--find-links", wheels, "--no-cache-dir", source_distribution),
    )
    assert installed.returncode == 0, installed.stderr
    greeted = bundle.run(environment / "bin/greet", "-m", "x")
    assert greeted.stdout == f"hello from {environment}/bin/python ['-m', 'x']\n".replace(
        "bin/python ", f"bin/{first_line_program(environment / 'bin/greet')} "
    )


def first_line_program(script: Path) -> str:
    return Path(script.read_text().splitlines()[0].removeprefix("#!")).name


def test_pip_builds_a_source_distribution_and_installs_it_for_the_user(
    python: Case,
    make_bundle: MakeBundle,
    tmp_path: Path,
    wheels: Path,
    source_distribution: Path,
) -> None:
    """What Plover's plugin manager does: pip in a child, building in an environment of its own."""
    bundle = make_bundle(python)
    if not has(bundle, "pip"):
        pytest.skip("this Python comes without pip")
    user = {"PYTHONUSERBASE": str(tmp_path / "user base")}
    installed = bundle.run(
        bundle.interpreter,
        *("-m", "pip", "install", "--user", "--no-index", "--find-links", wheels),
        *("--no-cache-dir", "--no-warn-script-location", source_distribution),
        env={**user, "PIP_BREAK_SYSTEM_PACKAGES": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )
    assert installed.returncode == 0, installed.stdout + installed.stderr
    assert "Successfully installed greeting-1.0" in installed.stdout
    greeted = bundle.run(bundle.interpreter, "-m", "greeting", env=user)
    assert greeted.returncode == 0, greeted.stderr
    greeted = bundle.run(tmp_path / "user base/bin/greet", "-s", "x", env=user)
    assert greeted.stdout == f"hello from {bundle.interpreter} ['-s', 'x']\n"
