"""The reader of .pyc files, against what each CPython of the machine writes."""

import contextlib
import importlib.util
import marshal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from apps.pythons import shared_pythons
from apps.real_runtime import NoRealRuntimeError
from hypothesis import given
from hypothesis import strategies as st
from launcher.matrix import MAVEN, maven_python

from plover_tray.facts.bytecode import HEADER_SIZE, BytecodeError, Code, read_pyc
from plover_tray.facts.reexec import in_bytecode

SOURCE = '''\
"""A module with something of everything."""
import os, sys
from plover.scripts.main import main as other, version
NUMBERS = (1, -(2 ** 40), 10 ** 30, 1.5, 2j, None, True, ..., b"bytes", frozenset({1, 2}))
def main(argument: "int" = 3, *rest, key=None):
    args = sys.argv[:]
    args[0:1] = [sys.executable, "-m", "plover.scripts.main", "--gui", "qt"]
    os.environ["PYTHONUSERBASE"] = "héé" + "\\ud800"
    def inner(x):
        return [y for y in (x, key, args) if y in {"a", "b"}]
    os.execv(args[0], args)
class Thing:
    def method(self):
        try:
            self.f = lambda: f"{self!r}"
        except* ValueError:
            self.f = NUMBERS[1:2]
'''

OLD_SOURCE = SOURCE.replace("except*", "except")
"""Before 3.11 there are no exception groups."""

NAMES = [python.version for python in shared_pythons()] + [MAVEN]


def walk(code: Code) -> Iterator[Code]:
    yield code
    for inner in code.inner:
        yield from walk(inner)


def own_pyc(source: str = SOURCE) -> bytes:
    header = importlib.util.MAGIC_NUMBER + bytes(HEADER_SIZE - 4)
    return header + marshal.dumps(compile(source, "x.py", "exec"))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("optimize", ["0", "2"])
def test_each_cpythons_bytecode_is_read(name: str, optimize: str, tmp_path: Path) -> None:
    try:
        python = next((p for p in shared_pythons() if p.version == name), None) or maven_python()
    except NoRealRuntimeError as error:
        pytest.skip(str(error))
    source, target = tmp_path / "module.py", tmp_path / "module.pyc"
    minor = int(python.version.split(".")[1])
    source.write_text(SOURCE if minor >= 11 else OLD_SOURCE, "utf-8")
    compiling = (
        "import py_compile, sys; source, target, level = sys.argv[1:];"
        "py_compile.compile(source, target, doraise=True, optimize=int(level))"
    )
    subprocess.run(
        [python.executable, "-I", "-c", compiling, source, target, optimize],
        env={"LD_LIBRARY_PATH": str(python.library.parent)},
        check=True,
    )
    version, code = read_pyc(target.read_bytes())
    assert version == (3, minor)
    assert code.name == "<module>"
    found = {each.name: each for each in walk(code)}
    assert {"main", "Thing", "method", "inner", "<lambda>"} <= set(found)
    assert {"sys", "argv", "executable", "os", "environ", "execv"} <= found["main"].names
    assert {"-m", "--gui", "qt"} <= found["main"].strings | {
        text for names in found["main"].string_tuples for text in names
    }
    assert ("main", "version") in code.string_tuples
    assert "plover.scripts.main" in code.names
    (reexec,) = in_bytecode(code).reexecs
    assert (reexec.function, reexec.call, reexec.line) == ("main", "os.execv", None)


def test_nothing_but_a_pyc_is_taken_for_one() -> None:
    for data in (b"", b"text", b"\xcb\r\r\n", bytes(100), own_pyc()[:HEADER_SIZE]):
        with pytest.raises(BytecodeError):
            read_pyc(data)


def test_an_unknown_magic_number_is_named() -> None:
    with pytest.raises(BytecodeError, match="9999"):
        read_pyc((9999).to_bytes(2, "little") + own_pyc()[2:])


def test_a_module_that_is_no_code_is_refused() -> None:
    with pytest.raises(BytecodeError, match="no code"):
        read_pyc(own_pyc()[:HEADER_SIZE] + marshal.dumps("only a string"))


@pytest.mark.parametrize(
    "body",
    [
        b"\xa9" * 4 + b"\xff",  # tuples in tuples, cut short
        b"(\xff\xff\xff\x7f",  # two thousand million objects
        b"(\xff\xff\xff\xff",  # a negative number of them
        b"l\x00\x00\x00\x80",  # the smallest int's digits
        b"s\xff\xff\xff\x7f",
        b"r\x00\x00\x00\x00",
        b"{" + b"N" * 50,
        b"u\x02\x00\x00\x00\xff\xff",
        b"\x00",
        b")\x01" * 100_000,
        b"c" * 100_000,
    ],
)
def test_hostile_bytes_are_refused(body: bytes) -> None:
    with pytest.raises(BytecodeError):
        read_pyc(own_pyc()[:HEADER_SIZE] + body)


def test_one_large_tuple_that_many_code_objects_share_is_refused() -> None:
    # 66,000 code objects could each refer to one tuple of a million names.
    def code_with(constants: bytes, names: bytes) -> bytes:
        empty = b")\x00"
        strings = b"z\x01x" * 3
        return (
            b"c" + bytes(20) + b"N" + constants + names + empty + b"N" + strings + bytes(4) + b"NN"
        )

    large = b"\xa8" + (1_000_000).to_bytes(4, "little") + b"N" * 1_000_000
    first = code_with(b")\x00", large)
    others = code_with(b")\x00", b"r\x00\x00\x00\x00") * 100
    constants = b"(" + (101).to_bytes(4, "little") + first + others
    with pytest.raises(BytecodeError, match="more objects"):
        read_pyc(own_pyc()[:HEADER_SIZE] + code_with(constants, b")\x00"))


@given(st.data())
def test_damaged_bytecode_gives_code_or_an_error_of_ours(data: st.DataObject) -> None:
    good = own_pyc()
    changed = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(HEADER_SIZE, len(good) - 1))] = data.draw(st.integers(0, 255))
    changed = changed[: data.draw(st.integers(HEADER_SIZE, len(good)))]
    try:
        _, code = read_pyc(bytes(changed))
    except BytecodeError:
        return
    in_bytecode(code)


@given(st.binary(max_size=200))
def test_any_bytes_give_code_or_an_error_of_ours(body: bytes) -> None:
    with contextlib.suppress(BytecodeError):
        read_pyc(own_pyc()[:HEADER_SIZE] + body)


def test_what_is_read_agrees_with_the_hosts_own_code_objects() -> None:
    source = Path(subprocess.__file__).read_text("utf-8")
    _, code = read_pyc(own_pyc(source))
    compiled = [compile(source, "x.py", "exec")]
    found = list(walk(code))
    for ours in found:
        theirs = compiled.pop(0)
        inner = [c for c in theirs.co_consts if hasattr(c, "co_consts")]
        compiled[:0] = inner
        assert ours.name == theirs.co_name
        assert ours.names == set(theirs.co_names)
        assert ours.strings == {c for c in theirs.co_consts if isinstance(c, str)}
    assert not compiled
