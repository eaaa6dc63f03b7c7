"""NSProcessInfo and NSLog: what the process knows of itself, and what it says."""
# ruff: noqa: D103 - a model's name says which function it answers for

from ...guest.text import to_bytes, to_text
from ...machine.frame import Frame
from ...machine.models import models
from ...machine.objects import Array, ClassObject, Dictionary, GuestObject, Instance, Text
from ..libc.printing import format_text
from ..libc.process_state import environment
from ..libc.state import LibcState
from ..libc.text_output import emit_text
from ..objc.methods import methods
from ..values import give, give_text
from .state import FoundationState
from .values import text


@methods("+[NSProcessInfo processInfo]")
def process_info(frame: Frame) -> int:
    state = frame.machine.state_of(FoundationState)
    if state.process_info is None:
        class_object = frame.receiver if isinstance(frame.receiver, ClassObject) else None
        state.process_info = Instance("NSProcessInfo", of=class_object)
    return give(frame, state.process_info)


@methods("-[NSProcessInfo arguments]")
def arguments(frame: Frame) -> int:
    memory = frame.memory
    words = memory.texts(memory.u64(frame.machine.state_of(LibcState).argv))
    return give(frame, Array(items=[Text(text=to_text(word)) for word in words]))


@methods("-[NSProcessInfo environment]")
def environment_(frame: Frame) -> int:
    pairs = [to_text(pair).partition("=") for pair in environment(frame.machine)]
    items: dict[str, GuestObject] = {name: Text(text=value) for name, _, value in pairs}
    return give(frame, Dictionary(items=items))


@methods("-[NSProcessInfo processName]")
def process_name(frame: Frame) -> int:
    return give_text(frame, frame.process.executable.rpartition("/")[2])


@methods("-[NSProcessInfo processIdentifier]")
def process_identifier(frame: Frame) -> int:
    return frame.mac.process_id


@methods("-[NSProcessInfo hostName]")
def host_name(frame: Frame) -> int:
    return give_text(frame, frame.mac.host_name)


@methods("-[NSProcessInfo setProcessName:]", "-[NSProcessInfo disableSuddenTermination]",
         "-[NSProcessInfo enableSuddenTermination]",
         "-[NSProcessInfo disableAutomaticTermination:]")  # fmt: skip
def setting(_frame: Frame) -> int:
    return 0


@methods("-[NSProcessInfo beginActivityWithOptions:reason:]")
def activity(frame: Frame) -> int:
    return give(frame, GuestObject("NSObject"))


@models("NSLog")
def log(frame: Frame) -> None:
    template = to_bytes(text(frame, 0))
    emit_text(frame, 2, format_text(frame, template, frame.variadic(1)) + b"\n")


@models("NSLogv")
def log_list(frame: Frame) -> None:
    template = to_bytes(text(frame, 0))
    emit_text(frame, 2, format_text(frame, template, frame.va_list(1)) + b"\n")
