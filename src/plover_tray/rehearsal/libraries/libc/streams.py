"""FILE: fopen, fread, fgets, fputs, puts, and the three that are open from the start."""
# ruff: noqa: D103 - a model's name says which function it answers for

from ...guest.darwin_errno import text as error_text
from ...guest.filesystem import FileError
from ...guest.process import OpenFile
from ...guest.text import to_bytes
from ...machine.emulator import Emulator
from ...machine.frame import Frame
from ...machine.models import data, models
from .files import O_APPEND, O_CREAT, O_TRUNC, open_file, read_file, seek
from .memory import resize
from .process_state import errno_cell, fail
from .state import LibcState
from .text_output import emit_stream, emit_text

_MODES = {"r": 0, "w": 1 | O_CREAT | O_TRUNC, "a": 1 | O_CREAT | O_APPEND}
EOF = -1


def _standard(machine: Emulator, descriptor: int) -> int:
    """The address of the variable that holds a standard stream's FILE."""
    cells = machine.state_of(LibcState).streams
    if descriptor not in cells:
        stream = machine.memory.keep(bytes(160))
        machine.process.streams[stream] = descriptor
        cells[descriptor] = machine.memory.keep(stream.to_bytes(8, "little"))
    return cells[descriptor]


@data("__stdinp")
def stdin(machine: Emulator) -> int:
    return _standard(machine, 0)


@data("__stdoutp")
def stdout(machine: Emulator) -> int:
    return _standard(machine, 1)


@data("__stderrp")
def stderr(machine: Emulator) -> int:
    return _standard(machine, 2)


def _file(frame: Frame, index: int) -> OpenFile | None:
    descriptor = frame.process.streams.get(frame.pointer(index))
    return None if descriptor is None else frame.process.descriptors.get(descriptor)


@models("fopen", "freopen")
def fopen(frame: Frame) -> int:
    path, mode = frame.path(0), frame.path(1)
    flags = _MODES.get(mode[:1])
    if flags is None:
        fail(frame, "EINVAL")
        return 0
    if "+" in mode:
        flags = (flags & ~3) | 2
    descriptor = open_file(frame, path, flags)
    if descriptor < 0:
        return 0
    frame.says("FILE")
    if frame.name == "freopen":
        stream = frame.pointer(2)
        old = frame.process.streams.get(stream)
        if old is not None and old in frame.process.descriptors:
            frame.process.descriptors[old] = frame.process.descriptors.pop(descriptor)
            return stream
    else:
        stream = frame.memory.keep(bytes(160))
    frame.process.streams[stream] = descriptor
    return stream


@models("fdopen")
def fdopen(frame: Frame) -> int:
    stream = frame.memory.keep(bytes(160))
    frame.process.streams[stream] = frame.integer(0)
    return stream


@models("fclose")
def fclose(frame: Frame) -> int:
    descriptor = frame.process.streams.pop(frame.pointer(0), -1)
    if frame.process.descriptors.pop(descriptor, None) is None:
        fail(frame, "EBADF")
        return EOF
    return 0


@models("fileno")
def fileno(frame: Frame) -> int:
    return frame.process.streams.get(frame.pointer(0), -1)


@models("fread", "__fread_chk")
def fread(frame: Frame) -> int:
    place, width, count = frame.pointer(0), frame.size(1), frame.size(2)
    file = _file(frame, 3)
    if file is None or not width or not count:
        return 0
    wanted = min(width * count, frame.machine.spending.budget.memory)
    try:
        found = read_file(frame, file, wanted)
    except FileError as error:
        fail(frame, error)
        return 0
    file.end_of_file = len(found) < width * count
    frame.memory.write(place, found)
    return len(found) // width


@models("fgets", "__fgets_chk")
def fgets(frame: Frame) -> int:
    place, size, file = frame.pointer(0), frame.integer(1), _file(frame, 2)
    line = _line(frame, file, size - 1) if file is not None and size > 1 else b""
    if not line:
        return 0
    frame.gives(line)
    frame.memory.write(place, line + b"\0")
    return place


def _line(frame: Frame, file: OpenFile, most: int) -> bytes:
    start = file.position
    try:
        found = read_file(frame, file, min(most, 1 << 20))
    except FileError as error:
        fail(frame, error)
        return b""
    end = found.find(b"\n")
    line = found if end < 0 else found[: end + 1]
    if file.kind == "pipe":
        file.data[:0] = found[len(line) :]
    else:
        file.position = start + len(line)
    file.end_of_file = end < 0 and len(found) < most
    return line


@models("getline", "getdelim")
def getline(frame: Frame) -> int:
    place, room = frame.pointer(0), frame.pointer(1)
    file = _file(frame, 2 if frame.name == "getline" else 3)
    line = _line(frame, file, 1 << 20) if file is not None else b""
    if not line:
        return -1
    frame.memory.put_u64(place, resize(frame, frame.memory.u64(place), len(line) + 1))
    frame.memory.put_u64(room, len(line) + 1)
    frame.memory.write(frame.memory.u64(place), line + b"\0")
    return len(line)


@models("fgetc", "getc", "getchar", "getc_unlocked")
def fgetc(frame: Frame) -> int:
    file = frame.process.descriptors.get(0) if frame.name == "getchar" else _file(frame, 0)
    try:
        found = read_file(frame, file, 1) if file is not None else b""
    except FileError as error:
        fail(frame, error)
        found = b""
    if file is not None:
        file.end_of_file = not found
    return found[0] if found else EOF


@models("ungetc")
def ungetc(frame: Frame) -> int:
    if (file := _file(frame, 1)) is not None and file.position:
        file.position -= 1
    return frame.integer(0)


@models("feof")
def feof(frame: Frame) -> int:
    file = _file(frame, 0)
    return int(file is not None and file.end_of_file)


@models("ferror")
def ferror(frame: Frame) -> int:
    return int(_file(frame, 0) is None)


@models("clearerr", "rewind")
def clearerr(frame: Frame) -> None:
    if (file := _file(frame, 0)) is not None:
        file.end_of_file = False
        if frame.name == "rewind":
            file.position = 0


@models("fseek", "fseeko")
def fseek(frame: Frame) -> int:
    file = _file(frame, 0)
    if file is None:
        return fail(frame, "EBADF")
    return min(0, seek(frame, file, frame.long(1), frame.integer(2)))


@models("ftell", "ftello")
def ftell(frame: Frame) -> int:
    file = _file(frame, 0)
    if file is None:
        return fail(frame, "EBADF")
    if file.append and file.status is not None:
        return len(frame.process.scratch.files.get(file.status.path, b""))
    return file.position


@models("setvbuf", "setbuf", "setlinebuf", "fflush", "fpurge", "flockfile", "funlockfile")
def setvbuf(_frame: Frame) -> int:
    return 0


@models("fwrite")
def fwrite(frame: Frame) -> int:
    place, width, count = frame.pointer(0), frame.size(1), frame.size(2)
    text = frame.memory.read(place, width * count)
    return count if emit_stream(frame, frame.pointer(3), text) >= 0 else 0


@models("fputs")
def fputs(frame: Frame) -> int:
    return emit_stream(frame, frame.raw(1), frame.text(0))


@models("fputc", "putc")
def fputc(frame: Frame) -> int:
    return emit_stream(frame, frame.raw(1), bytes([frame.raw(0) & 0xFF]))


@models("puts")
def puts(frame: Frame) -> int:
    return emit_text(frame, 1, frame.text(0) + b"\n")


@models("putchar")
def putchar(frame: Frame) -> int:
    return emit_text(frame, 1, bytes([frame.raw(0) & 0xFF]))


@models("perror")
def perror(frame: Frame) -> None:
    prefix = frame.text_or_none(0)
    reason = error_text(frame.memory.u32(errno_cell(frame.machine)))
    text = (prefix + b": " if prefix else b"") + to_bytes(reason)
    frame.gives(text)
    emit_text(frame, 2, text + b"\n")


@models("psignal")
def psignal(frame: Frame) -> None:
    frame.integer(0)
    emit_text(frame, 2, frame.text(1) + b"\n")
