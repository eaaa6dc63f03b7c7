"""The sources start other programs in one module only."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import plover_tray

PACKAGE = Path(plover_tray.__file__).parent
ONLY = PACKAGE / "tools/program.py"
THE_APPS_OWN = PACKAGE / "payload/boot"
"""Runs in the user's app, where nothing of this package is."""
MODULES = {"subprocess", "multiprocessing", "pty", "_posixsubprocess"}
FUNCTIONS = ("exec", "posix_spawn", "spawn", "system", "popen", "fork", "startfile")
"""Beginnings of names in `os`."""


def starts(source: str) -> Iterator[str]:
    """What in a source starts another program, or could."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [f"{node.module}.{name.name}" for name in node.names]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            names = [f"{node.value.id}.{node.attr}"]
        else:
            continue
        for name in names:
            module, _, rest = name.partition(".")
            if module in MODULES or (module == "os" and rest.startswith(FUNCTIONS)):
                yield f"line {node.lineno}: {name}"
            if module == "asyncio" and rest.startswith("create_subprocess"):
                yield f"line {node.lineno}: {name}"


SOURCES = [file for file in sorted(PACKAGE.rglob("*.py")) if THE_APPS_OWN not in file.parents]


def test_no_module_but_one_starts_a_program() -> None:
    found = {
        str(file.relative_to(PACKAGE)): list(starts(file.read_text()))
        for file in SOURCES
        if file != ONLY
    }
    assert len(found) > 200
    assert {name: lines for name, lines in found.items() if lines} == {}
    assert list(starts(ONLY.read_text()))


@pytest.mark.parametrize(
    "source",
    [
        "import subprocess",
        "def f():\n    from subprocess import run as r",
        "import os\nos.execv('a', ['a'])",
        "from os import posix_spawn",
        "import os, sys\nx = os.system",
        "import multiprocessing.pool",
        "import asyncio\nasyncio.create_subprocess_exec('a')",
    ],
)
def test_a_module_that_does_would_be_found(source: str) -> None:
    assert list(starts(source))


def test_the_tools_know_nothing_of_who_uses_them() -> None:
    for file in (PACKAGE / "tools").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level:
                assert (node.level, node.module) in {(1, "secret"), (2, "errors")}, file
