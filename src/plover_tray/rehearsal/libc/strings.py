"""strlen, strcpy, strcmp, strchr, strtol and the like, for bytes and for wchar_t."""
# ruff: noqa: D103 - a model's name says which function it answers for

from collections.abc import Callable

from ..darwin_errno import text as error_text
from ..frame import Frame, Jump, Model, signed, to_bytes
from ..symbols import models
from .memory import checked
from .process_state import fail

_BLANK = b" \t\n\v\f\r"


@models("strlen")
def strlen(frame: Frame) -> int:
    return len(frame.text(0))


@models("strnlen")
def strnlen(frame: Frame) -> int:
    return len(frame.memory.text(frame.pointer(0), frame.size(1)))


@models("strcpy", "__strcpy_chk", "stpcpy", "__stpcpy_chk")
def strcpy(frame: Frame) -> int:
    target, text = frame.pointer(0), frame.text(1)
    if frame.name.endswith("_chk"):
        checked(frame, len(text) + 1, frame.raw(2))
    frame.memory.write(target, text + b"\0")
    return target + len(text) if "stp" in frame.name else target


@models("strncpy", "__strncpy_chk", "stpncpy", "__stpncpy_chk")
def strncpy(frame: Frame) -> int:
    target, size = frame.pointer(0), frame.size(2)
    if frame.name.endswith("_chk"):
        checked(frame, size, frame.raw(3))
    text = frame.memory.text(frame.pointer(1), size)
    frame.memory.write(target, text + bytes(min(size, 1 << 24) - len(text)))
    return target + len(text) if "stp" in frame.name else target


@models("strcat", "__strcat_chk")
def strcat(frame: Frame) -> int:
    target, had, more = frame.pointer(0), frame.text(0), frame.text(1)
    if frame.name.endswith("_chk"):
        checked(frame, len(had) + len(more) + 1, frame.raw(2))
    frame.memory.write(target + len(had), more + b"\0")
    frame.gives(had + more)
    return target


@models("strncat", "__strncat_chk")
def strncat(frame: Frame) -> int:
    target, had, size = frame.pointer(0), frame.text(0), frame.size(2)
    more = frame.memory.text(frame.pointer(1), size)
    if frame.name.endswith("_chk"):
        checked(frame, len(had) + len(more) + 1, frame.raw(3))
    frame.memory.write(target + len(had), more + b"\0")
    frame.gives(had + more)
    return target


@models("strlcpy", "__strlcpy_chk")
def strlcpy(frame: Frame) -> int:
    target, text, size = frame.pointer(0), frame.text(1), frame.size(2)
    if frame.name.endswith("_chk"):
        checked(frame, size, frame.raw(3))
    if size:
        frame.memory.write(target, text[: size - 1] + b"\0")
    return len(text)


@models("strlcat", "__strlcat_chk")
def strlcat(frame: Frame) -> int:
    target, more, size = frame.pointer(0), frame.text(1), frame.size(2)
    if frame.name.endswith("_chk"):
        checked(frame, size, frame.raw(3))
    had = frame.memory.text(target, size) if size else b""
    frame.note(0, repr(had))
    if len(had) < size:
        frame.memory.write(target + len(had), more[: size - len(had) - 1] + b"\0")
    return len(had) + len(more)


@models("strdup")
def strdup(frame: Frame) -> int:
    return frame.memory.allocate_text(frame.text(0))


@models("strndup")
def strndup(frame: Frame) -> int:
    return frame.memory.allocate_text(frame.memory.text(frame.pointer(0), frame.size(1)))


def _compare(left: bytes, right: bytes) -> int:
    return (left > right) - (left < right)


@models("strcmp", "strcoll")
def strcmp(frame: Frame) -> int:
    return _compare(frame.text(0), frame.text(1))


@models("strcasecmp", "strcasecmp_l")
def strcasecmp(frame: Frame) -> int:
    return _compare(frame.text(0).lower(), frame.text(1).lower())


@models("strncmp")
def strncmp(frame: Frame) -> int:
    return _compare(*_both_cut(frame))


@models("strncasecmp")
def strncasecmp(frame: Frame) -> int:
    left, right = _both_cut(frame)
    return _compare(left.lower(), right.lower())


def _both_cut(frame: Frame) -> tuple[bytes, bytes]:
    size = frame.size(2)
    left = frame.memory.text(frame.raw(0), size)
    right = frame.memory.text(frame.raw(1), size)
    frame.note(0, repr(left))
    frame.note(1, repr(right))
    return left, right


@models("strchr", "index")
def strchr(frame: Frame) -> int:
    text, byte = frame.text(0) + b"\0", frame.raw(1) & 0xFF
    frame.note(1, repr(chr(byte)))
    return _at(frame, text.find(byte))


@models("strrchr", "rindex")
def strrchr(frame: Frame) -> int:
    text, byte = frame.text(0) + b"\0", frame.raw(1) & 0xFF
    frame.note(1, repr(chr(byte)))
    return _at(frame, text.rfind(byte))


@models("strstr")
def strstr(frame: Frame) -> int:
    return _at(frame, frame.text(0).find(frame.text(1)))


@models("strnstr")
def strnstr(frame: Frame) -> int:
    text = frame.memory.text(frame.pointer(0), frame.size(2))
    return _at(frame, text.find(frame.text(1)))


@models("strcasestr")
def strcasestr(frame: Frame) -> int:
    return _at(frame, frame.text(0).lower().find(frame.text(1).lower()))


@models("strpbrk")
def strpbrk(frame: Frame) -> int:
    text, wanted = frame.text(0), frame.text(1)
    return _at(frame, next((i for i, byte in enumerate(text) if byte in wanted), -1))


def _at(frame: Frame, offset: int) -> int:
    return 0 if offset < 0 else frame.raw(0) + offset


@models("strspn")
def strspn(frame: Frame) -> int:
    text, wanted = frame.text(0), frame.text(1)
    return next((i for i, byte in enumerate(text) if byte not in wanted), len(text))


@models("strcspn")
def strcspn(frame: Frame) -> int:
    text, wanted = frame.text(0), frame.text(1)
    return next((i for i, byte in enumerate(text) if byte in wanted), len(text))


@models("strsep")
def strsep(frame: Frame) -> int:
    place = frame.pointer(0)
    start = frame.memory.u64(place)
    if not start:
        return 0
    text, ends = frame.memory.text(start), frame.text(1)
    at = next((i for i, byte in enumerate(text) if byte in ends), None)
    if at is None:
        frame.memory.put_u64(place, 0)
    else:
        frame.memory.write(start + at, b"\0")
        frame.memory.put_u64(place, start + at + 1)
    return start


@models("strtok", "strtok_r")
def strtok(frame: Frame) -> int:
    memory, ends = frame.memory, frame.text(1)
    if frame.name == "strtok_r":
        place = frame.raw(2)
    else:
        place = frame.machine.state.setdefault("strtok", memory.keep(bytes(8)))
    start = frame.pointer(0) or memory.u64(place)
    if not start:
        return 0
    text = memory.text(start)
    skipped = next((i for i, byte in enumerate(text) if byte not in ends), None)
    if skipped is None:
        memory.put_u64(place, 0)
        return 0
    end = next((i for i, byte in enumerate(text) if i > skipped and byte in ends), None)
    if end is None:
        memory.put_u64(place, 0)
    else:
        memory.write(start + end, b"\0")
        memory.put_u64(place, start + end + 1)
    return start + skipped


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


@models("strerror")
def strerror(frame: Frame) -> int:
    text = to_bytes(error_text(frame.integer(0)))
    frame.gives(text)
    return frame.memory.keep_text(text)


@models("strerror_r")
def strerror_r(frame: Frame) -> int:
    text = to_bytes(error_text(frame.integer(0)))
    if frame.size(2):
        frame.memory.write(frame.pointer(1), text[: frame.raw(2) - 1] + b"\0")
    return 0


# ---- wchar_t -------------------------------------------------------------------------------------


def wide(text: str) -> bytes:
    """`text` as wchar_t with its final zero."""
    return text.encode("utf-32-le", "surrogatepass") + bytes(4)


@models("wcslen")
def wcslen(frame: Frame) -> int:
    return len(frame.wide(0))


@models("wcsdup", "_wcsdup")
def wcsdup(frame: Frame) -> int:
    data = wide(frame.wide(0))
    address = frame.memory.allocate(len(data))
    frame.memory.write(address, data)
    return address


@models("wcscmp")
def wcscmp(frame: Frame) -> int:
    left, right = frame.wide(0), frame.wide(1)
    return (left > right) - (left < right)


@models("wcscpy", "wcscat")
def wcscpy(frame: Frame) -> int:
    start = 4 * len(frame.wide(0)) if frame.name == "wcscat" else 0
    frame.memory.write(frame.pointer(0) + start, wide(frame.wide(1)))
    return frame.raw(0)


@models("wcsncpy")
def wcsncpy(frame: Frame) -> int:
    target, size = frame.pointer(0), min(frame.size(2), 1 << 20)
    data = wide(frame.wide(1))[:-4][: 4 * size]
    frame.memory.write(target, data + bytes(4 * size - len(data)))
    return target


@models("wcschr", "wcsrchr")
def wcschr(frame: Frame) -> int:
    text, wanted = frame.wide(0), chr(min(frame.raw(1) & 0xFFFFFFFF, 0x10FFFF))
    at = text.find(wanted) if frame.name == "wcschr" else text.rfind(wanted)
    return 0 if at < 0 else frame.raw(0) + 4 * at


@models("mbstowcs", "mbsrtowcs")
def mbstowcs(frame: Frame) -> int:
    """UTF-8, which is macOS' own multibyte encoding in any UTF-8 locale; Latin-1 in C."""
    target, size = frame.pointer(0), frame.size(2)
    source = frame.memory.u64(frame.raw(1)) if frame.name == "mbsrtowcs" else frame.raw(1)
    data = frame.memory.text(source)
    frame.note(1, repr(data))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return fail(frame, "EILSEQ")
    if target:
        frame.memory.write(target, wide(text)[:-4][: 4 * size])
        if len(text) < size:
            frame.memory.put_u32(target + 4 * len(text), 0)
        return min(len(text), size)
    return len(text)


@models("wcstombs")
def wcstombs(frame: Frame) -> int:
    target, text, size = frame.pointer(0), frame.wide(1), frame.size(2)
    data = text.encode("utf-8", "surrogateescape")
    if target:
        frame.memory.write(target, (data + b"\0")[:size])
        return min(len(data), size)
    return len(data)


@models("mbstowcs_l", "mbtowc", "btowc")
def mbtowc(frame: Frame) -> int:
    if frame.name == "btowc":
        code = frame.integer(0)
        return code if 0 <= code < 128 else -1
    source = frame.pointer(1)
    if not source:
        return 0
    data = frame.memory.text(source, 4)
    if not data:
        return 0
    for length in range(1, len(data) + 1):
        try:
            character = data[:length].decode("utf-8")
        except UnicodeDecodeError:
            continue
        if target := frame.raw(0):
            frame.memory.put_u32(target, ord(character))
        return length
    return -1


_SORT_LIMIT = 10_000


@models("qsort")
def qsort(frame: Frame) -> None:
    start, count, width, compare = (frame.raw(index) for index in range(4))
    if count * width > frame.machine.spending.budget.memory or count > _SORT_LIMIT:
        frame.machine.spending.memory(count * width)
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
