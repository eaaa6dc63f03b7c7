"""Is a built launcher stale? The digest follows every file that its build reads, and no other."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from launcher.sources import PROJECT, build_module, load

INPUTS = [str(path.relative_to(PROJECT)) for path in build_module().inputs()]

LISTENING = """
import os, sys
tree, build_py, output = sys.argv[1:]
opened = set()
def listen(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, os.PathLike)):
        opened.add(os.path.realpath(arguments[0]))
sys.addaudithook(listen)
import importlib.util
spec = importlib.util.spec_from_file_location("launcher_build", build_py)
build = importlib.util.module_from_spec(spec)
spec.loader.exec_module(build)
before = set(sys.modules)
take, imported = build._take_package, set()
def took():
    taken = take()
    imported.update(getattr(module, "__file__", None) for module in taken.values())
    return taken
build._take_package = took
open(output, "wb").write(build.build_universal2())
inside = lambda path: path and path.startswith(tree + os.sep) and path != output
print(*sorted(filter(inside, opened)), sep="\\n")
print("---")
print(*sorted(filter(inside, imported)), sep="\\n")
print("---")
print(*sorted({name.partition(".")[0] for name in set(sys.modules) - before}), sep="\\n")
"""
"""Builds the launcher and prints the tree's files that were opened for it, then those of its
modules, then the top packages that were imported."""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    skip = shutil.ignore_patterns("__pycache__", "launcher-universal2")
    for name in ("launcher", "src"):
        shutil.copytree(PROJECT / name, tmp_path / "tree" / name, ignore=skip)
    return tmp_path.resolve() / "tree"


def built(tree: Path) -> Any:
    """The tree's own launcher/build.py."""
    return load("launcher_build_of_a_copy", tree / "launcher/build.py")


def changed(path: Path) -> None:
    """One byte more: an empty line is nothing to a compiler, but is to a hash."""
    path.write_bytes(path.read_bytes() + b"\n")


@pytest.mark.parametrize("name", INPUTS)
def test_a_changed_byte_in_any_source_changes_the_digest(tree: Path, name: str) -> None:
    build = built(tree)
    before = build.inputs_digest()
    assert build.inputs_digest() == before
    changed(tree / name)
    assert build.inputs_digest() != before


def test_files_that_the_build_does_not_read_leave_the_digest_as_it_is(tree: Path) -> None:
    build = built(tree)
    before = build.inputs_digest()
    others = [path for path in tree.rglob("*") if path.is_file() and path not in build.inputs()]
    assert tree / "src/plover_tray/api.py" in others
    assert tree / "launcher/README.md" in others
    for path in others:
        changed(path)
    assert build.inputs_digest() == before


def test_a_new_compiler_or_mach_o_library_changes_the_digest(
    monkeypatch: pytest.MonkeyPatch, tree: Path
) -> None:
    build = built(tree)
    before = build.inputs_digest()
    version = build.metadata.version
    for tool in ("ziglang", "macholib"):
        with monkeypatch.context() as patch:
            patch.setattr(
                build.metadata,
                "version",
                lambda name, tool=tool: version(name) + "+" * (name == tool),
            )
            assert build.inputs_digest() != before, tool


@pytest.mark.parametrize(
    "line",
    [
        "from ..findings import Finding\n",
        "from .. import findings\n",
        "import plover_tray.findings\n",
        "def late():\n    from plover_tray import findings\n",
    ],
)
def test_a_module_that_the_writer_begins_to_import_is_followed(tree: Path, line: str) -> None:
    build = built(tree)
    findings = tree / "src/plover_tray/findings.py"
    assert findings not in build.inputs()
    with (tree / "src/plover_tray/macho/tables.py").open("a") as source:
        source.write(line)
    assert findings in build.inputs()


def test_a_new_header_is_followed(tree: Path) -> None:
    build = built(tree)
    before = build.inputs_digest()
    (tree / "launcher/another.h").write_text("")
    assert build.inputs_digest() != before


def test_the_digest_covers_all_that_a_real_build_opens_and_imports(
    tree: Path, tmp_path: Path
) -> None:
    output = tmp_path / "launcher"
    done = subprocess.run(
        [sys.executable, "-c", LISTENING, tree, tree / "launcher/build.py", output],
        # Without bytecode, so that every module's own file is opened.
        env={**os.environ, "PYTHONPATH": "", "PYTHONPYCACHEPREFIX": str(tmp_path / "none")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    opened, imported, packages = (part.split("\n") for part in done.stdout[:-1].split("\n---\n"))
    inputs = {str(path) for path in built(tree).inputs()}
    assert str(tree / "src/plover_tray/macho/edit.py") in imported
    assert set(imported) <= set(opened) <= inputs
    assert {path for path in inputs if path.endswith(".py")} == set(opened), "none too many"
    # What else has a part in the bytes is named in TOOLS.
    foreign = set(packages) - sys.stdlib_module_names - {"plover_tray"}
    assert foreign <= {*built(tree).TOOLS, "altgraph"}


def test_the_compiler_reads_no_file_of_the_tree_that_is_not_an_input() -> None:
    command = [sys.executable, "-m", "ziglang", "cc", "-target", "aarch64-macos.11.0", "-MM"]
    done = subprocess.run(
        [*command, build_module().SOURCE], capture_output=True, text=True, check=True
    )
    read = {Path(word).name for word in done.stdout.replace("\\\n", " ").split()[1:]}
    assert {"launcher.m", "settings.h", "paths.h"} <= read
    assert {f"launcher/{name}" for name in read} <= set(INPUTS)


def test_the_command_line_prints_the_digest(capsys: pytest.CaptureFixture[str]) -> None:
    build = build_module()
    assert build.main(["--digest"]) == 0
    assert capsys.readouterr().out == build.inputs_digest() + "\n"


def test_building_leaves_the_package_that_is_imported_as_it_was() -> None:
    import plover_tray
    import plover_tray.macho.edit

    before = {name: item for name, item in sys.modules.items() if name.startswith("plover_tray")}
    build_module().build_universal2()
    after = {name: item for name, item in sys.modules.items() if name.startswith("plover_tray")}
    assert after == before
    assert sys.modules["plover_tray"] is plover_tray
