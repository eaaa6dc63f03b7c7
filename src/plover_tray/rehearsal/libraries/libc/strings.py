"""strlen, strcpy, strcmp, strchr, strtol and the like, for bytes and for wchar_t."""
# ruff: noqa: D103 - a model's name says which function it answers for

from ...guest.darwin_errno import text as error_text
from ...guest.text import to_bytes
from ...machine.frame import Frame
from ...machine.models import models
from .memory import checked
from .state import LibcState

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
    frame.memory.write(target, text + bytes(max(0, min(size, 1 << 24) - len(text))))
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
        state = frame.machine.state_of(LibcState)
        place = state.strtok = state.strtok or memory.keep(bytes(8))
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
