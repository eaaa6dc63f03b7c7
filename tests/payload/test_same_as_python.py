"""A program started by the boot module sees what it sees when Python starts it itself."""

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from apps.pythons import SharedPython

from payload.programs import BOOT_SCRIPT, DUMP, Outcome, run

KINDS = {
    "a module": ["-m", "dump", "one", "two words"],
    "a package": ["-m", "package", "-m", "x"],
    "a module in a package": ["-m", "package.inner"],
    "code": ["-c", DUMP, "--flag", "-c"],
    "a script": ["script", "dump.py", "a", "--", "-b"],
    "a script by a crooked path": ["script", "./package/../dump.py"],
    "a folder": ["script", "application", "x"],
    "a zip file": ["script", "archive.zip", "x"],
    "a module's file": ["script", "package/inner.py"],
}

FLAGS = {
    "isolated": ["-I"],
    "without environment": ["-E"],
    "without user site": ["-s"],
    "without site": ["-S"],
    "without both": ["-sES"],
    "optimized": ["-OO"],
    "unbuffered": ["-u"],
    "with warnings": ["-W", "error::UserWarning", "-Wdefault"],
    "for developers": ["-X", "dev"],
    "in UTF-8": ["-X", "utf8", "-X", "own=thing"],
    "quiet": ["-q", "-bb", "-R"],
    "with hash checks": ["--check-hash-based-pycs", "always"],
}

ENVIRONMENTS = {
    "paths": {"PYTHONPATH": "/nowhere:package"},
    "a user base": {"PYTHONUSERBASE": "/nowhere/base"},
    "an encoding": {"PYTHONIOENCODING": "latin-1:replace"},
    "no buffers": {"PYTHONUNBUFFERED": "1"},
    "warnings": {"PYTHONWARNINGS": "ignore,error::UserWarning"},
    "the C locale": {"LANG": "C", "LC_ALL": "C"},
    "a POSIX locale": {"LANG": "POSIX"},
}


def both(
    python: SharedPython,
    folder: Path,
    words: list[str],
    flags: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
) -> tuple[Outcome, Outcome]:
    """The outcome of Python itself, and that of Python with the boot module."""
    plain = words[1:] if words[0] == "script" else words
    itself = run([python.executable, *flags, *plain], folder, env=env)
    booted = run([python.executable, *flags, BOOT_SCRIPT, *words], folder, env=env)
    return itself, booted


def report(outcome: Outcome) -> dict[str, object]:
    """What the program said."""
    assert outcome.status == 0, outcome.stderr
    found: dict[str, object] = json.loads(outcome.stdout[outcome.stdout.index("{") :])
    return found


@pytest.mark.parametrize("words", KINDS.values(), ids=KINDS)
def test_each_kind_of_program_sees_what_python_shows_it(
    python: SharedPython, folder: Path, words: list[str]
) -> None:
    itself, booted = both(python, folder, words)
    assert report(booted) == report(itself)
    assert booted == itself


@pytest.mark.parametrize("flags", FLAGS.values(), ids=FLAGS)
@pytest.mark.parametrize("kind", ["a module", "a script"])
def test_pythons_own_options_are_kept(
    some_python: SharedPython, folder: Path, flags: list[str], kind: str
) -> None:
    itself, booted = both(some_python, folder, KINDS[kind], flags)
    if itself.status == 0:
        without_site = any("S" in flag for flag in flags)
        expected, found = report(itself), report(booted)
        if without_site:  # nobody has imported os yet
            del expected["modules"], found["modules"], expected["importer_cache"]
            del found["importer_cache"]
        assert found == expected
    else:
        assert booted == itself


def test_the_safe_path_is_kept(python: SharedPython, folder: Path) -> None:
    if python.version in ("3.9", "3.10"):
        pytest.skip("safe_path is there from 3.11 on")
    for flags, env in ((["-P"], {}), ([], {"PYTHONSAFEPATH": "1"})):
        for kind in ("a script", "code"):
            itself, booted = both(python, folder, KINDS[kind], flags, env)
            assert report(booted) == report(itself)
        assert str(folder) not in json.dumps(report(booted)["path"])


@pytest.mark.parametrize("env", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_pythons_own_variables_are_kept(
    some_python: SharedPython, folder: Path, env: dict[str, str]
) -> None:
    for kind in ("a module", "a script"):
        itself, booted = both(some_python, folder, KINDS[kind], env=env)
        assert report(booted) == report(itself)


def test_bytecode_is_run_without_its_source(python: SharedPython, folder: Path) -> None:
    compiled = folder / "only"
    compiled.mkdir()
    subprocess.run(
        [
            *(python.executable, "-c"),
            "import py_compile, sys; py_compile.compile(sys.argv[1], sys.argv[2])",
            *(folder / "dump.py", compiled / "tool.pyc"),
        ],
        check=True,
    )
    (compiled / "extensionless").write_bytes((compiled / "tool.pyc").read_bytes())
    for name in ("only/tool.pyc", "only/extensionless"):
        itself, booted = both(python, folder, ["script", name, "x"])
        assert report(booted) == report(itself)


@pytest.mark.parametrize(
    "words",
    [
        ["-m", "no_such_module"],
        ["-m", "package.no_such_module"],
        ["-m", "application"],
        ["script", "no_such_script.py"],
        ["script", "empty"],
    ],
)
def test_what_cannot_be_found_is_said_in_pythons_words(
    some_python: SharedPython, folder: Path, words: list[str]
) -> None:
    (folder / "empty").mkdir()
    itself, booted = both(some_python, folder, words)
    assert booted == itself
    assert itself.status in (1, 2) or words[1] == "application"


def test_an_entry_point_is_called_as_by_its_console_script(
    python: SharedPython, folder: Path
) -> None:
    env = {"PYTHONPATH": str(folder)}
    words = ["function", "package.entry:main", "--version"]
    booted = run([python.executable, BOOT_SCRIPT, *words], folder, env=env)
    assert booted.status == 1
    assert booted.stderr == "the result\n"
    assert "package.entry ['" in booted.stdout
    assert "main', '--version'] None" in booted.stdout
    nested = ["function", "package.entry:group.run"]
    assert run([python.executable, BOOT_SCRIPT, *nested], folder, env=env).status == 7


def test_a_script_whose_first_line_is_for_somebody_else(python: SharedPython, folder: Path) -> None:
    (folder / "other.py").write_text("this is no Python\n1 / 0\n")
    words = ["script", "other.py", "-x"]
    if python.version == "3.9":  # which has no sys.orig_argv
        words = ["-m", "dump"]
    itself, booted = both(python, folder, words, ["-x"])
    assert (booted.status, booted.stdout) == (itself.status, itself.stdout)
    assert booted.stderr.splitlines() == itself.stderr.splitlines()


def test_nothing_is_written_into_the_boot_modules_folder(
    python: SharedPython, folder: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "boot"
    shutil.copytree(BOOT_SCRIPT.parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    before = sorted(path.relative_to(copy) for path in copy.rglob("*"))
    (folder / "again.py").write_text(
        "import os, sys\nos.execv(sys.executable, [sys.executable, '-c', 'print(1)'])\n"
    )
    env = {"PYTHONDONTWRITEBYTECODE": ""}
    assert run([python.executable, copy / "boot.py", "-m", "again"], folder, env=env).status == 0
    assert sorted(path.relative_to(copy) for path in copy.rglob("*")) == before


def test_every_file_of_the_boot_module_is_read_by_the_oldest_python(
    python: SharedPython,
) -> None:
    subprocess.run(
        [
            *(python.executable, "-I", "-c"),
            "import sys\nfor p in sys.argv[1:]: compile(open(p, 'rb').read(), p, 'exec')",
            *sorted(BOOT_SCRIPT.parent.glob("*.py")),
        ],
        check=True,
    )
