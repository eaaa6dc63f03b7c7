"""Compiled Python modules: in goes a .pyc, out its names, constants and functions.

The bytes come from the bundle and may be anything, and the marshal format is that of the bundle's
Python, not of ours: so this reads them itself and never hands them to the host's `marshal`, which
"is not intended to be secure against erroneous or maliciously constructed data" (its own
documentation). Nothing is run, and no instruction is looked at: names and constants are enough.

Sources: CPython's `Python/marshal.c`, and for the magic numbers the list in
`Lib/importlib/_bootstrap_external.py` (from 3.14 `Include/internal/pycore_magic_number.h`).
"""

from dataclasses import dataclass
from typing import TypeGuard

from ..errors import PloverTrayError

MAX_BYTECODE = 16 << 20
"""Bytes of a .pyc; the largest of the standard library has some 400 KB."""
MAX_DEPTH = 80
"""Of objects in one another, two for each function in a function; CPython's own bound is 2,000,
but each takes five of the host's 1,000 frames here."""
MAX_ITEMS = 2_000_000
"""Objects looked at in one file: one tuple can be referred to by many code objects."""
MAX_NAMES_IN_TUPLE = 64
"""A longer tuple of strings is data, not the names of an import."""

HEADER_SIZE = 16
"""Bytes: magic, flags, and a time and size or a hash (PEP 552)."""

MAGIC_NUMBERS = {
    (3, 9): range(3420, 3430),
    (3, 10): range(3430, 3450),
    (3, 11): range(3450, 3500),
    (3, 12): range(3500, 3550),
    (3, 13): range(3550, 3600),
    (3, 14): range(3600, 3650),
}
"""First two bytes of a .pyc, little-endian, by the Python that writes them, alphas included."""

_FLAG_REF = 0x80
_SIZES = {"i": 4, "I": 8, "g": 8, "y": 16}
"""Bytes of numbers that are passed over."""
_LITTLE = frozenset("N0FTS.")
"""Types without content: None, the end of a dictionary, False, True, StopIteration, Ellipsis."""


class BytecodeError(PloverTrayError):
    """A .pyc that is damaged, or of a Python that is not known here."""


@dataclass(frozen=True, slots=True)
class Code:
    """What a code object names, without what it does."""

    name: str
    """`<module>` or the function's name."""
    names: frozenset[str]
    """Globals, attributes and imported modules."""
    strings: frozenset[str]
    """Constants that are strings."""
    string_tuples: frozenset[tuple[str, ...]]
    """Constants that are tuples of strings, such as the names of a `from ... import`."""
    inner: tuple["Code", ...]
    """Functions, classes and comprehensions in it."""


def read_pyc(data: bytes) -> tuple[tuple[int, int], Code]:
    """The version of Python that made a .pyc, and its module's code.

    Raises BytecodeError for anything that is damaged, too large or of an unknown Python.
    """
    if len(data) > MAX_BYTECODE:
        raise BytecodeError(f"The bytecode is larger than {MAX_BYTECODE >> 20} MB.")
    if len(data) < HEADER_SIZE or data[2:4] != b"\r\n":
        raise BytecodeError("This is not a compiled Python module.")
    magic = int.from_bytes(data[:2], "little")
    version = next((v for v, numbers in MAGIC_NUMBERS.items() if magic in numbers), None)
    if version is None:
        raise BytecodeError(f"The bytecode has the magic number {magic}, which is not known here.")
    code = _Reader(data, HEADER_SIZE, version).read(0)
    if not isinstance(code, Code):
        raise BytecodeError("The compiled module holds no code.")
    return version, code


class _Reader:
    """marshal's objects: strings, tuples and code as they are, everything else as None."""

    def __init__(self, data: bytes, at: int, version: tuple[int, int]) -> None:
        self._data, self._at, self._version = data, at, version
        self._references: list[object] = []
        self._items = 0

    def read(self, depth: int) -> object:
        """The object at the current place."""
        if depth > MAX_DEPTH:
            raise BytecodeError("The bytecode is nested more deeply than any compiler writes it.")
        self._count(1)
        (tag,) = self._take(1)
        kind = chr(tag & ~_FLAG_REF)
        if not tag & _FLAG_REF:
            return self._object(kind, depth)
        # As in marshal.c: the number is taken before the content is read, and given again on "r".
        number = len(self._references)
        self._references.append(None)
        self._references[number] = value = self._object(kind, depth)
        return value

    def _object(self, kind: str, depth: int) -> object:
        if kind in _LITTLE:
            return None
        if kind in _SIZES:
            self._take(_SIZES[kind])
        elif kind == "l":
            self._take(2 * abs(self._int()))
        elif kind in "fx":
            for _ in range(1 if kind == "f" else 2):
                self._take(self._byte())
        elif kind == "s":
            self._take(self._int())
        elif kind in "utaA":
            return self._text(self._int())
        elif kind in "zZ":
            return self._text(self._byte())
        elif kind in "()":
            count = self._int() if kind == "(" else self._byte()
            return tuple(self._several(count, depth))
        elif kind in "[<>":
            self._several(self._int(), depth)
        elif kind == ":":
            self._several(3, depth)
        elif kind == "{":
            self._dictionary(depth)
        elif kind == "r":
            return self._reference()
        elif kind == "c":
            return self._code(depth)
        else:
            raise BytecodeError(f"The bytecode holds an object of the unknown type {kind!r}.")
        return None

    def _code(self, depth: int) -> Code:
        # Up to 3.10: six ints; code, constants, names, three tuples of variables, file, name;
        # the first line; line table. From 3.11: five ints; code, constants, names, variables and
        # their kinds, file, name, qualified name; the first line; line and exception tables.
        new = self._version >= (3, 11)
        self._take(4 * (5 if new else 6))
        fields = self._several(8, depth)
        self._take(4)
        self._several(2 if new else 1, depth)
        constants, names, name = fields[1], fields[2], fields[6 if new else 7]
        if not (isinstance(constants, tuple) and isinstance(names, tuple)):
            raise BytecodeError("The bytecode holds a code object without names or constants.")
        self._count(len(constants) + len(names))
        return Code(
            name if isinstance(name, str) else "?",
            frozenset(item for item in names if isinstance(item, str)),
            frozenset(item for item in constants if isinstance(item, str)),
            frozenset(item for item in constants if self._holds_names(item)),
            tuple(item for item in constants if isinstance(item, Code)),
        )

    def _holds_names(self, item: object) -> TypeGuard[tuple[str, ...]]:
        if not isinstance(item, tuple) or not 0 < len(item) <= MAX_NAMES_IN_TUPLE:
            return False
        self._count(len(item))
        return all(isinstance(part, str) for part in item)

    def _several(self, count: int, depth: int) -> list[object]:
        if not 0 <= count <= len(self._data) - self._at:
            raise BytecodeError("The bytecode names more objects than it can hold.")
        return [self.read(depth + 1) for _ in range(count)]

    def _dictionary(self, depth: int) -> None:
        while self._data[self._at : self._at + 1] != b"0":
            self._several(2, depth)
        self._take(1)

    def _reference(self) -> object:
        number = self._int()
        if not 0 <= number < len(self._references):
            raise BytecodeError("The bytecode refers to an object that it does not hold.")
        return self._references[number]

    def _text(self, size: int) -> str:
        try:
            return self._take(size).decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            raise BytecodeError("The bytecode holds a string that is not UTF-8.") from None

    def _int(self) -> int:
        return int.from_bytes(self._take(4), "little", signed=True)

    def _byte(self) -> int:
        return self._take(1)[0]

    def _take(self, size: int) -> bytes:
        end = self._at + size
        if size < 0 or end > len(self._data):
            raise BytecodeError("The bytecode is cut short.")
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def _count(self, items: int) -> None:
        self._items += items
        if self._items > MAX_ITEMS:
            raise BytecodeError("The bytecode holds more objects than any module has.")
