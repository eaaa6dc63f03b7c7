"""The code with which the app begins: in goes what Python is asked to run, out where it execs.

A module that only fetches its main function from another (`from app.cli import main; main()`) is
followed one step, into that function alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ..bundle.entry import Entry
from ..bundle.python_path import FoundModule, PythonPath
from ..errors import PloverTrayError, show_path
from .bytecode import read_pyc
from .reexec import Module, ReExec, in_bytecode, in_source

MAX_FOLLOWED = 50
"""Modules looked for behind the entry module."""
MAX_PARSED = 1 << 20
"""Bytes of them that are parsed."""


class NotReadError(PloverTrayError):
    """The entry module cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class EntryCode:
    """What was read of the entry module."""

    program: str
    """As it is asked for: `plover.scripts.dist_main`, a script's path."""
    path: str
    """The file in the bundle that has the execs; empty for code of the command line."""
    reexecs: tuple[ReExec, ...]


def read_entry(entry: Entry, script: str | None, python_path: PythonPath) -> EntryCode:
    """Look for execs of Python in what `entry` runs; `script` is its path in the bundle, if any.

    Raises NotReadError where there is nothing that can be read.
    """
    if entry.kind == "code":
        module = _parsed(None, entry.target.encode("utf-8", "surrogatepass"))
        return _with_imports("The code given with -c", "", "", module, python_path)
    if entry.kind == "script":
        found = python_path.read_file(script) if script else None
    elif entry.kind == "function":
        found = python_path.find(entry.target.partition(":")[0])
    else:
        found = python_path.find_program(entry.target)
    if found is None:
        raise NotReadError(f"{show_path(entry.target)} is not in the bundle.")
    if found.form == "extension":
        raise NotReadError(f"{show_path(found.path)} is compiled to machine code.")
    module = _parsed(found, found.data)
    return _with_imports(entry.target, found.path, _package(found), module, python_path)


def _with_imports(
    program: str, path: str, package: str, module: Module, python_path: PythonPath
) -> EntryCode:
    if module.reexecs:
        return EntryCode(program, path, module.reexecs)
    parsed = 0
    for other, functions in _imported(package, module, python_path):
        parsed += len(other.data)
        if parsed > MAX_PARSED:
            break
        try:
            reexecs = _parsed(other, other.data).reexecs
        except NotReadError:
            continue
        there = tuple(place for place in reexecs if place.function in functions)
        if there:
            return EntryCode(program, other.path, there)
    return EntryCode(program, path, ())


def _imported(
    package: str, module: Module, python_path: PythonPath
) -> Iterator[tuple[FoundModule, set[str]]]:
    wanted: dict[str, set[str]] = {}
    for name, function in sorted(module.imports):
        for absolute in _absolute(name, package):
            wanted.setdefault(absolute, set()).add(function)
    followed = 0
    for name, functions in wanted.items():
        found = python_path.find(name)
        if found is None:
            continue
        if b"exec" in found.data:  # all that is looked for has it in its name
            yield found, functions
        followed += 1
        if followed == MAX_FOLLOWED:
            return


def _absolute(name: str, package: str) -> list[str]:
    """The modules that `name` in a `from` of a module in `package` can be.

    Source says with leading dots what is relative; bytecode does not say it in its names.
    """
    stripped = name.lstrip(".")
    level = len(name) - len(stripped)
    parts = package.split(".") if package else []
    if level:
        base = parts[: len(parts) - level + 1]
        return [".".join([*base, *stripped.split(".")]).strip(".")] if base else []
    return [name, *([f"{package}.{name}"] if package else [])]


def _package(found: FoundModule) -> str:
    return found.name if found.package else found.name.rpartition(".")[0]


def _parsed(found: FoundModule | None, data: bytes) -> Module:
    try:
        if found is not None and found.form == "bytecode":
            return in_bytecode(read_pyc(data)[1])
        return in_source(data)
    except PloverTrayError as error:
        where = f"{show_path(found.path)}: " if found else ""
        raise NotReadError(f"{where}{error.message}") from None
