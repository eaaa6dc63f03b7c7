"""Whether a file is a Python is told by its name, and everywhere by the same one."""

import ast
import re
from pathlib import Path

import pytest

import plover_tray
from plover_tray.bundle.python_names import is_libpython, is_python

SOURCES = Path(plover_tray.__file__).parent

PYTHONS = [
    "python",
    "python3",
    "python3.9",
    "python3.13",
    "python3.13t",
    "python3.13d",
    "python3.13td",
    "pythonw",
    "pythonw3.13",
    "python3-intel64",
    "python3.13-intel64",
    "python2.7-32",
    "Python",
    "PYTHON3",
]
OTHERS = [
    "",
    "pypy",
    "pypy3",
    "ipython",
    "bpython3",
    "pythonize",
    "python3-config",
    "python3.13-config",
    "python-dateutil",
    "python_launcher",
    "Python Launcher",
    "python is a snake",
    "python.py",
    "python3.13.dylib",
    "python\n",
    "libpython3.13.dylib",
    "sh",
]


@pytest.mark.parametrize("name", PYTHONS)
def test_the_names_of_cpythons_own_installs_are_pythons(name: str) -> None:
    assert is_python(name)
    assert is_python(f"/Applications/An App.app/Contents/MacOS/{name}")


@pytest.mark.parametrize("name", OTHERS)
def test_other_programs_are_none_whatever_folder_they_lie_in(name: str) -> None:
    assert not is_python(name)
    assert not is_python(f"/opt/python3.13/{name}")


@pytest.mark.parametrize(
    "path",
    [
        "Contents/Frameworks/libpython3.13.dylib",
        "Contents/Frameworks/libpython3.13t.dylib",
        "/usr/lib/libpython3.so",
        "Contents/Frameworks/Python.framework/Versions/3.13/Python",
        "Contents/Frameworks/PythonT.framework/Versions/3.13/PythonT",
        "/Library/Developer/CommandLineTools/Python3.framework/Versions/3.9/Python3",
    ],
)
def test_libpythons_are_known_by_their_names(path: str) -> None:
    assert is_libpython(path)


@pytest.mark.parametrize(
    "path", ["libQt6Core.dylib", "libpython3.13/x.dylib", "python3.13", "xpython"]
)
def test_other_libraries_are_no_libpythons(path: str) -> None:
    assert not is_libpython(path)


def test_no_other_module_tells_a_python_by_its_name() -> None:
    """A comparison of the start of a name with `python` belongs into python_names alone."""
    found = [
        f"{path.relative_to(SOURCES)}:{node.lineno}"
        for path in sorted(SOURCES.rglob("*.py"))
        if path.parent.name != "boot" and path.name not in ("python_names.py", "python_runtime.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("startswith", "fullmatch", "match", "search")
        for argument in node.args
        if isinstance(argument, ast.Constant)
        and re.fullmatch(r"(lib)?[Pp]ython3?", str(argument.value))  # PYTHON begins variables
    ]
    assert found == []
