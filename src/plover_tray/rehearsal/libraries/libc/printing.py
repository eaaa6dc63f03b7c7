"""printf's formats, for memory and for streams that lead nowhere.

Comes in: a format and its arguments. Goes out: bytes; a conversion that is not known ends the
rehearsal. What is printed is kept for the person to read, and goes nowhere else.
"""
# ruff: noqa: D103 - a model's name says which function it answers for

import re

from ...budget import over
from ...ending import unknown
from ...guest.darwin_errno import text as error_text
from ...guest.text import to_bytes
from ...machine.frame import Frame, Variadics, signed
from ...machine.memory import LONGEST_TEXT
from ...machine.models import models
from ...machine.objects import Text, Url
from .memory import checked
from .process_state import errno_cell
from .text_output import emit_stream, emit_text

_CONVERSION = re.compile(
    rb"%(?:\d+\$)?([-+ #0']*)(\*|\d+)?(?:\.(\*|\d+)?)?(hh|h|ll|l|q|j|z|t|L)?(.)", re.DOTALL
)
_PRECISION = re.compile(rb"\.(\*|\d+)?")
MAX_WIDTH = 1 << 20
_BITS = {b"hh": 8, b"h": 16, b"": 32, b"l": 64, b"ll": 64, b"q": 64, b"j": 64, b"z": 64, b"t": 64}


def format_text(frame: Frame, template: bytes, arguments: Variadics) -> bytes:
    """Do what printf does. Raises Ended for a conversion that has no model."""
    out: list[bytes] = []
    at = size = 0
    for match in _CONVERSION.finditer(template):
        out.append(template[at : match.start()])
        at = match.end()
        out.append(_convert(frame, match, arguments))
        size += len(out[-1])
        if size > LONGEST_TEXT:
            over("memory", "a format makes a text without an end")
    out.append(template[at:])
    return b"".join(out)


def _convert(frame: Frame, match: re.Match[bytes], arguments: Variadics) -> bytes:
    flags, width, _, length, kind = match.groups()
    whole = match.group()
    if kind == b"%":
        return b"%"
    if b"$" in whole:
        raise unknown(frame.name, f"the conversion {whole!r} has no model")
    size = _number(width, arguments)
    if size is not None and size < 0:
        flags, size = flags + b"-", -size
    precision = None
    if (found := _PRECISION.search(whole)) is not None:
        precision = _number(found.group(1), arguments) if found.group(1) else 0
        precision = None if precision is not None and precision < 0 else precision
    text = _value(frame, kind, length or b"", flags, precision, arguments, whole)
    return _pad(text, flags, size or 0, kind, precision)


def _number(given: bytes | None, arguments: Variadics) -> int | None:
    if given is None:
        return None
    if given == b"*":
        value = signed(arguments.word() & 0xFFFFFFFF, 32)
    else:
        value = int(given.lstrip(b"0")[:10] or b"0")  # more digits are far above the bound
    return max(-MAX_WIDTH, min(value, MAX_WIDTH))


def _value(
    frame: Frame,
    kind: bytes,
    length: bytes,
    flags: bytes,
    precision: int | None,
    arguments: Variadics,
    whole: bytes,
) -> bytes:
    if kind in b"di":
        bits = _BITS.get(length, 64)
        value = signed(arguments.word() & (1 << bits) - 1, bits)
        arguments.note(str(value))
        return _sign(value, flags) + _digits(str(abs(value)), precision)
    if kind in b"uxXo":
        value = arguments.word() & (1 << _BITS.get(length, 64)) - 1
        arguments.note(str(value))
        digits = {b"u": "d", b"x": "x", b"X": "X", b"o": "o"}[kind]
        text = _digits(format(value, digits), precision)
        prefix = {b"x": b"0x", b"X": b"0X", b"o": b"0"}.get(kind, b"")
        return prefix + text if b"#" in flags and value else text
    if kind == b"c":
        return bytes([arguments.word() & 0xFF])
    if kind == b"p":
        return b"0x%x" % arguments.word()
    if kind in b"sS":
        address = arguments.word()
        if not address:
            text = b"(null)"
        elif length == b"l" or kind == b"S":
            text = to_bytes(frame.memory.wide_text(address))
        elif precision is not None:
            text = frame.memory.text(address, precision)
        else:
            text = frame.memory.text(address)
        arguments.note(repr(text.decode("utf-8", "replace")))
        return text if precision is None else text[:precision]
    if kind in b"fFeEgG" and length != b"L":
        number = arguments.double()
        places = min(6 if precision is None else precision, 100)
        return _sign(number, flags) + format(abs(number), f".{places}{kind.decode()}").encode()
    if kind == b"m":
        return error_text(frame.memory.u32(errno_cell(frame.machine))).encode()
    if kind == b"@":
        value_object = frame.machine.objects.at(arguments.word())
        arguments.note(str(value_object))
        if isinstance(value_object, Text):
            return to_bytes(value_object.text)
        if isinstance(value_object, Url):
            return to_bytes(value_object.path)
        return to_bytes(str(value_object))
    raise unknown(frame.name, f"the conversion {whole.decode('latin-1')!r} has no model")


def _sign(value: float, flags: bytes) -> bytes:
    if value < 0:
        return b"-"
    return b"+" if b"+" in flags else b" " if b" " in flags else b""


def _digits(text: str, precision: int | None) -> bytes:
    return text.rjust(precision or 0, "0").encode()


def _pad(text: bytes, flags: bytes, width: int, kind: bytes, precision: int | None) -> bytes:
    if b"-" in flags:
        return text.ljust(width)
    if b"0" in flags and kind not in b"csS" and (precision is None or kind not in b"diuxXo"):
        sign = text[:1] if text[:1] in (b"-", b"+", b" ") else b""
        return sign + text[len(sign) :].rjust(width - len(sign), b"0")
    return text.rjust(width)


# ---- into memory ---------------------------------------------------------------------------------


def _put(frame: Frame, place: int, size: int, text: bytes) -> int:
    if size:
        frame.memory.write(place, text[: size - 1] + b"\0")
    frame.gives(text[: max(0, size - 1)])
    return len(text)


@models("snprintf")
def snprintf(frame: Frame) -> int:
    place, size, template = frame.pointer(0), frame.size(1), frame.text(2)
    return _put(frame, place, size, format_text(frame, template, frame.variadic(3)))


@models("vsnprintf")
def vsnprintf(frame: Frame) -> int:
    place, size, template = frame.pointer(0), frame.size(1), frame.text(2)
    return _put(frame, place, size, format_text(frame, template, frame.va_list(3)))


@models("__snprintf_chk")
def snprintf_checked(frame: Frame) -> int:
    place, size, room, template = frame.pointer(0), frame.size(1), frame.size(3), frame.text(4)
    checked(frame, size, room)
    return _put(frame, place, size, format_text(frame, template, frame.variadic(5)))


@models("__vsnprintf_chk")
def vsnprintf_checked(frame: Frame) -> int:
    place, size, room, template = frame.pointer(0), frame.size(1), frame.size(3), frame.text(4)
    checked(frame, size, room)
    return _put(frame, place, size, format_text(frame, template, frame.va_list(5)))


@models("sprintf", "vsprintf")
def sprintf(frame: Frame) -> int:
    place, template = frame.pointer(0), frame.text(1)
    arguments = frame.va_list(2) if frame.name[0] == "v" else frame.variadic(2)
    text = format_text(frame, template, arguments)
    return _put(frame, place, len(text) + 1, text)


@models("__sprintf_chk", "__vsprintf_chk")
def sprintf_checked(frame: Frame) -> int:
    place, room, template = frame.pointer(0), frame.size(2), frame.text(3)
    arguments = frame.va_list(4) if "vs" in frame.name else frame.variadic(4)
    text = format_text(frame, template, arguments)
    checked(frame, len(text) + 1, room)
    return _put(frame, place, len(text) + 1, text)


@models("asprintf", "vasprintf")
def asprintf(frame: Frame) -> int:
    place, template = frame.pointer(0), frame.text(1)
    arguments = frame.va_list(2) if frame.name[0] == "v" else frame.variadic(2)
    text = format_text(frame, template, arguments)
    frame.memory.put_u64(place, frame.memory.allocate_text(text))
    frame.gives(text)
    return len(text)


@models("__asprintf_chk", "__vasprintf_chk")
def asprintf_checked(frame: Frame) -> int:
    place, template = frame.pointer(0), frame.text(2)
    arguments = frame.va_list(3) if "vas" in frame.name else frame.variadic(3)
    text = format_text(frame, template, arguments)
    frame.memory.put_u64(place, frame.memory.allocate_text(text))
    frame.gives(text)
    return len(text)


# ---- to streams ----------------------------------------------------------------------------------


@models("printf", "vprintf")
def printf(frame: Frame) -> int:
    template = frame.text(0)
    arguments = frame.va_list(1) if frame.name[0] == "v" else frame.variadic(1)
    return emit_text(frame, 1, format_text(frame, template, arguments))


@models("__printf_chk", "__vprintf_chk")
def printf_checked(frame: Frame) -> int:
    template = frame.text(1)
    arguments = frame.va_list(2) if "vp" in frame.name else frame.variadic(2)
    return emit_text(frame, 1, format_text(frame, template, arguments))


@models("fprintf", "vfprintf")
def fprintf(frame: Frame) -> int:
    template = frame.text(1)
    arguments = frame.va_list(2) if frame.name[0] == "v" else frame.variadic(2)
    return emit_stream(frame, frame.pointer(0), format_text(frame, template, arguments))


@models("__fprintf_chk", "__vfprintf_chk")
def fprintf_checked(frame: Frame) -> int:
    template = frame.text(2)
    arguments = frame.va_list(3) if "vf" in frame.name else frame.variadic(3)
    return emit_stream(frame, frame.pointer(0), format_text(frame, template, arguments))


@models("dprintf", "vdprintf")
def dprintf(frame: Frame) -> int:
    template = frame.text(1)
    arguments = frame.va_list(2) if frame.name[0] == "v" else frame.variadic(2)
    return emit_text(frame, frame.integer(0), format_text(frame, template, arguments))


@models("warn", "warnx", "err", "errx")
def warn(frame: Frame) -> None:
    first = 1 if frame.name.startswith("err") else 0
    template = frame.text_or_none(first)
    text = format_text(frame, template, frame.variadic(first + 1)) if template else b""
    emit_text(frame, 2, text + b"\n")
    if first:
        frame.machine.leave(frame.integer(0))


@models("syslog")
def syslog(frame: Frame) -> None:
    frame.integer(0)
    emit_text(frame, -1, format_text(frame, frame.text(1), frame.variadic(2)))


@models("openlog", "closelog", "setlogmask")
def openlog(_frame: Frame) -> int:
    return 0
