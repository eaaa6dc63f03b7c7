"""Characters and their kinds, numbers in texts, sorting."""
# ruff: noqa: D103 - a model's name says which function it answers for

from collections.abc import Callable

from ...machine.frame import Frame, signed
from ...machine.models import models
from ...machine.types import Jump, Model

_BLANK = b" \t\n\v\f\r"


@models("strtol", "strtoul", "strtoll", "strtoull", "strtoimax", "strtoumax", "strtoq")
def strtol(frame: Frame) -> int:
    text, base = frame.text(0), frame.integer(2)
    value, length = parse_number(text, base)
    if end := frame.raw(1):
        frame.memory.put_u64(end, frame.raw(0) + length)
    return value


@models("atoi", "atol", "atoll")
def atoi(frame: Frame) -> int:
    return parse_number(frame.text(0), 10)[0]


def parse_number(text: bytes, base: int) -> tuple[int, int]:
    """A C integer at the start of `text`, and the bytes it takes (0 if there is none)."""
    at = len(text) - len(text.lstrip(_BLANK))
    negative = text[at : at + 1] == b"-"
    at += text[at : at + 1] in (b"-", b"+")
    if base in (0, 16) and text[at : at + 2].lower() == b"0x":
        base, at = 16, at + 2
    elif base == 0:
        base = 8 if text[at : at + 1] == b"0" else 10
    start, value = at, 0
    while at < len(text) and at - start < 64:
        digit = int(chr(text[at]), 36) if chr(text[at]).isalnum() and text[at] < 128 else 99
        if digit >= base:
            break
        value, at = value * base + digit, at + 1
    return (-value if negative else value), at if at > start else 0


def _character(test: Callable[[str], bool]) -> Model:
    def model(frame: Frame) -> int | Jump | None:
        code = signed(frame.raw(0) & 0xFFFFFFFF, 32)
        return int(0 <= code < 128 and test(chr(code)))

    return model


for _name, _test in {
    "isalpha": str.isalpha,
    "isdigit": str.isdigit,
    "isalnum": str.isalnum,
    "isspace": lambda c: c in " \t\n\v\f\r",
    "isupper": str.isupper,
    "islower": str.islower,
    "isprint": str.isprintable,
    "ispunct": lambda c: c.isprintable() and not c.isalnum() and c != " ",
    "isxdigit": lambda c: c in "0123456789abcdefABCDEF",
}.items():
    models(_name)(_character(_test))


@models("tolower", "__tolower")
def tolower(frame: Frame) -> int:
    code = frame.integer(0)
    return code + 32 if ord("A") <= code <= ord("Z") else code


@models("toupper", "__toupper")
def toupper(frame: Frame) -> int:
    code = frame.integer(0)
    return code - 32 if ord("a") <= code <= ord("z") else code


_ALPHA, _CONTROL, _DIGIT, _GRAPH = 0x100, 0x200, 0x400, 0x800
_LOWER, _PUNCT, _SPACE, _UPPER, _XDIGIT, _BLANK_TYPE, _PRINT = (
    0x1000,
    0x2000,
    0x4000,
    0x8000,
    0x10000,
    0x20000,
    0x40000,
)
"""Bits of a character's type: _CTYPE_* of macOS' _ctype.h."""


def rune_type(code: int) -> int:
    """The bits that `__DefaultRuneLocale` holds for an ASCII character."""
    if not 0 <= code < 128:
        return 0
    c = chr(code)
    bits = 0
    for bit, holds in (
        (_ALPHA, c.isalpha()),
        (_CONTROL, code < 32 or code == 127),
        (_DIGIT, c.isdigit()),
        (_GRAPH, 32 < code < 127),
        (_LOWER, c.islower()),
        (_PUNCT, 32 < code < 127 and not c.isalnum()),
        (_SPACE, c in " \t\n\v\f\r"),
        (_UPPER, c.isupper()),
        (_XDIGIT, c in "0123456789abcdefABCDEF"),
        (_BLANK_TYPE, c in " \t"),
        (_PRINT, 32 <= code < 127),
    ):
        bits |= bit if holds else 0
    return bits | (int(c, 16) if c in "0123456789abcdefABCDEF" else 0)


@models("__maskrune")
def maskrune(frame: Frame) -> int:
    return rune_type(frame.integer(0)) & frame.raw(1)


_SORT_LIMIT = 10_000


@models("qsort")
def qsort(frame: Frame) -> None:
    start, count, width, compare = (frame.raw(index) for index in range(4))
    if count * width > frame.machine.spending.budget.memory or count > _SORT_LIMIT:
        frame.machine.spending.memory(count * max(width, 1))
    items = [frame.memory.read(start + index * width, width) for index in range(count)]
    left, right = frame.memory.allocate(width), frame.memory.allocate(width)
    for index in range(1, len(items)):
        item, at = items[index], index
        while at > 0:
            frame.machine.spending.time()
            frame.memory.write(left, items[at - 1])
            frame.memory.write(right, item)
            if signed(frame.machine.call(compare, left, right) & 0xFFFFFFFF, 32) <= 0:
                break
            items[at] = items[at - 1]
            at -= 1
        items[at] = item
    frame.memory.write(start, b"".join(items))
