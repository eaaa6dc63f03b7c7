"""Bytecode of the boot module: made by a Python of the app's version, used only where it fits."""

import importlib.util
import marshal
import subprocess
import sys
from pathlib import Path

import pytest
from apps.pythons import SharedPython, shared_pythons

from plover_tray.errors import FixError
from plover_tray.payload.bytecode import boot_bytecode, own_python
from plover_tray.payload.parts import boot_files

OWN = "{}.{}".format(*sys.version_info[:2])

ASK = """
import os, sys
sys.argv = [sys.argv[1], "-c", "print(sorted(sys.modules))"]
names = {"__name__": "boot", "__file__": sys.argv[0]}
exec(compile(open(sys.argv[0]).read(), sys.argv[0], "exec"), names)
print(names["sibling"]("gui").seen.__code__.co_filename)
print(getattr(names["sibling"]("gui"), "MARK", "as written"))
"""
"""Loads the boot module without running anything, and one file through it."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A boot module's folder as in a bundle, with bytecode that shows when it is used."""
    for name, data in boot_files().items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "__pycache__").mkdir()
    return tmp_path


def marked(python: SharedPython, folder: Path) -> Path:
    """Bytecode of gui.py that is what the source says, and a mark; return its path."""
    source = (folder / "gui.py").read_bytes()
    (folder / "gui.py").write_bytes(source + b"\nMARK = 'bytecode'\n")
    script = (
        "import importlib.util as u, marshal, sys; s = open('gui.py', 'rb').read();"
        f"h = u.source_hash({source!r}); c = compile(s, 'gui.py', 'exec');"
        "open('__pycache__/gui.%s.pyc' % sys.implementation.cache_tag, 'wb').write("
        "u.MAGIC_NUMBER + bytes([3, 0, 0, 0]) + h + marshal.dumps(c))"
    )
    subprocess.run([python.executable, "-I", "-c", script], check=True, cwd=folder)
    (folder / "gui.py").write_bytes(source)
    return next((folder / "__pycache__").iterdir())


def ask(python: SharedPython, folder: Path) -> list[str]:
    done = subprocess.run(
        [python.executable, "-I", "-S", "-c", ASK, folder / "boot.py"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture(params=[python.version for python in shared_pythons()])
def python(request: pytest.FixtureRequest) -> SharedPython:
    return next(python for python in shared_pythons() if python.version == request.param)


def test_bytecode_that_fits_is_used_and_knows_where_it_is(
    python: SharedPython, folder: Path
) -> None:
    marked(python, folder)
    assert ask(python, folder) == [str(folder / "gui.py"), "bytecode"]


def test_bytecode_of_another_source_is_not_used(python: SharedPython, folder: Path) -> None:
    marked(python, folder)
    with (folder / "gui.py").open("a") as source:
        source.write("# changed\n")
    assert ask(python, folder) == [str(folder / "gui.py"), "as written"]


@pytest.mark.parametrize("damage", [b"", b"\0" * 40, b"magic", b"cut off"])
def test_damaged_bytecode_is_not_used(folder: Path, damage: bytes) -> None:
    python = shared_pythons()[-1]
    path = marked(python, folder)
    data = path.read_bytes()
    path.write_bytes({b"magic": b"\0\0\0\0" + data[4:], b"cut off": data[:-20]}.get(damage, damage))
    assert ask(python, folder) == [str(folder / "gui.py"), "as written"]


def test_every_file_but_the_script_has_its_bytecode(python: SharedPython) -> None:
    files = boot_bytecode(python.version, str(python.executable))
    tag = f"cpython-{python.version.replace('.', '')}"
    names = {f"__pycache__/{name[:-3]}.{tag}.pyc" for name in boot_files() if name != "boot.py"}
    assert files.keys() == names


def test_it_is_what_the_source_compiles_to() -> None:
    files = boot_bytecode(OWN, sys.executable)
    for name, source in boot_files().items():
        if name != "boot.py":
            data = files[f"__pycache__/{name[:-3]}.{sys.implementation.cache_tag}.pyc"]
            assert data[:8] == importlib.util.MAGIC_NUMBER + bytes([3, 0, 0, 0])
            assert data[8:16] == importlib.util.source_hash(source)
            assert marshal.loads(data[16:]) == compile(source, name, "exec", dont_inherit=True)


def test_it_is_the_same_each_time(python: SharedPython) -> None:
    first = boot_bytecode(python.version, str(python.executable))
    boot_bytecode.cache_clear()
    assert boot_bytecode(python.version, str(python.executable)) == first


def test_no_module_in_the_current_folder_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)
    boot_bytecode.cache_clear()
    assert own_python(OWN) == sys.executable


def test_this_tools_own_python_compiles_for_its_own_version_only() -> None:
    assert own_python(OWN) == sys.executable
    assert own_python("3.6") is None


@pytest.mark.parametrize("lie", ["absent", "another version", "nonsense", "fails"])
def test_a_python_that_is_not_of_that_version_is_refused(lie: str, tmp_path: Path) -> None:
    program = tmp_path / "python"
    said = {
        "another version": f'exec "{sys.executable}" "$@"',
        "nonsense": 'echo \'[[3, 6], {"x": "!"}]\'',
        "fails": "exit 1",
    }
    if lie in said:
        program.write_text(f"#!/bin/sh\n{said[lie]}\n")
        program.chmod(0o755)
    with pytest.raises(FixError, match=r"not a CPython 3\.6"):
        boot_bytecode("3.6", str(program))
