"""Where what is written goes: into what the person is shown, or into scratch files in memory."""

from ...guest.process import OpenFile
from ...machine.frame import Frame
from .process_state import fail

KEPT = 16 << 10
"""Bytes of output that are kept for the person."""


def emit_text(frame: Frame, descriptor: int, text: bytes) -> int:
    """Write to a descriptor; -1 stands for the system log."""
    file = frame.process.descriptors.get(descriptor)
    if descriptor == -1:
        file = OpenFile("output", writable=True)
    if file is None or not file.writable:
        return fail(frame, "EBADF")
    frame.machine.spending.output(len(text))
    if file.kind == "output":
        room = KEPT - len(frame.process.output)
        frame.process.output += text[: max(0, room)]
    elif file.kind == "pipe":
        file.data += text
    elif file.status is not None:
        content = frame.process.scratch.files.setdefault(file.status.path, bytearray())
        if file.append:
            file.position = len(content)
        if file.position > len(content):
            frame.machine.spending.memory(file.position - len(content))
            content += bytes(file.position - len(content))
        content[file.position : file.position + len(text)] = text
        file.position += len(text)
    return len(text)


def emit_stream(frame: Frame, stream: int, text: bytes) -> int:
    """Write to a FILE."""
    descriptor = frame.process.streams.get(stream)
    return emit_text(frame, -2 if descriptor is None else descriptor, text)
