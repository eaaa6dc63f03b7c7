"""Strings of wchar_t, and between them and bytes."""
# ruff: noqa: D103 - a model's name says which function it answers for

from ...machine.frame import Frame
from ...machine.models import models
from .process_state import fail


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
    try:
        data = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return fail(frame, "EILSEQ")
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
