"""The package's build: the launcher gets into a wheel, and is built only when it has to be."""

import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from apps.wheels import uv

from launcher.sources import PROJECT, build_module, load

OUTPUT = "src/plover_tray/payload/launcher-universal2"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what a source distribution has to have for a build."""
    skip = shutil.ignore_patterns("__pycache__", "launcher-universal2")
    for name in ("launcher", "src"):
        shutil.copytree(PROJECT / name, tmp_path / "tree" / name, ignore=skip)
    for name in ("pyproject.toml", "hatch_build.py", "LICENSE", "README.md"):
        shutil.copy2(PROJECT / name, tmp_path / "tree" / name)
    return tmp_path / "tree"


def test_a_wheel_carries_the_launcher(tree: Path, tmp_path: Path) -> None:
    command: list[str | Path] = [uv(), "build", "--wheel", "-o", tmp_path / "dist", tree]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next((tmp_path / "dist").glob("*.whl"))) as wheel:
        data = wheel.read("plover_tray/payload/launcher-universal2")
        names = wheel.namelist()
    assert data == build_module().build_universal2()
    assert not [name for name in names if name.startswith("launcher")]


@pytest.fixture
def hook(tree: Path) -> Any:
    return load("hatch_build_under_test", tree / "hatch_build.py")


def test_it_is_built_again_only_when_something_it_is_made_from_has_changed(
    tree: Path, hook: Any
) -> None:
    assert hook.build_if_needed(tree) is True
    assert hook.build_if_needed(tree) is False
    with (tree / "launcher/settings.h").open("a") as source:
        source.write("// a change\n")
    assert hook.build_if_needed(tree) is True
    assert hook.build_if_needed(tree) is False


def test_a_damaged_or_missing_launcher_is_built_again(tree: Path, hook: Any) -> None:
    hook.build_if_needed(tree)
    good = (tree / OUTPUT).read_bytes()
    (tree / OUTPUT).write_bytes(good[:-1])
    assert hook.build_if_needed(tree) is True
    assert (tree / OUTPUT).read_bytes() == good
    (tree / OUTPUT).unlink()
    assert hook.build_if_needed(tree) is True
    assert (tree / OUTPUT).read_bytes() == good
    assert [path.name for path in (tree / "build").iterdir()] == ["launcher.stamp"]
