"""PyConfig and PyStatus: Python configured by the fields of a struct (PEP 587)."""
# ruff: noqa: D103 - a model's name says which function it answers for

import contextlib
import json
import struct
from dataclasses import dataclass

from ...ending import Ended, GuestFault
from ...guest.text import show, to_text
from ...machine.frame import Frame
from ...machine.models import models
from ...result import Outcome
from .fields import argument_field, field_at, size_of
from .state import bytes_list, initialized, put_wide, version_in, wide_list


def _status(frame: Frame, *, code: int = 0, message: bytes | None = None) -> int | None:
    """Give a PyStatus: {int type; char *func; char *err_msg; int exitcode}, by hidden pointer."""
    place = hidden_result(frame)
    text = frame.memory.keep_text(message) if message is not None else 0
    kind = 2 if message is None and code else 1 if message is not None else 0
    frame.memory.write(place, struct.pack("<i4xQQi4x", kind, 0, text, code))
    frame.says("error" if kind else "ok")
    return place if frame.machine.abi.link is None else None


@dataclass(slots=True)
class PyConfigState:
    """The struct that is being filled in; forks share it."""

    config: int | None = None
    """Its address."""


def hidden_result(frame: Frame) -> int:
    """Where a function that returns a large struct has to put it: x8, or Intel's first argument."""
    return frame.machine.get(frame.machine.abi.indirect)


def shifted(frame: Frame) -> Frame:
    """The frame with Intel's hidden first argument left out."""
    if frame.machine.abi.link is None:
        frame.first = 1
    return frame


@models("PyPreConfig_InitPythonConfig", "PyPreConfig_InitIsolatedConfig")
def preconfig_init(frame: Frame) -> int:
    frame.memory.write(frame.pointer(0), bytes(40))
    frame.process.python.settings["preconfig"] = _kind(frame.name)
    return 0


def _kind(name: str) -> str:
    return "isolated" if "Isolated" in name else "python"


@models("PyConfig_InitPythonConfig", "PyConfig_InitIsolatedConfig")
def config_init(frame: Frame) -> int:
    """All is zero: nothing of it is ever used by a Python."""
    place = frame.pointer(0)
    frame.machine.state_of(PyConfigState).config = place
    frame.memory.write(place, bytes(size_of(version_in(frame))))
    frame.process.python.settings["config"] = _kind(frame.name)
    return 0


@models("PyConfig_Clear", "PyConfig_Read")
def config_clear(frame: Frame) -> int | None:
    if frame.name == "PyConfig_Read":
        return _status(shifted(frame))
    return 0


@models("Py_PreInitialize", "Py_PreInitializeFromArgs", "Py_PreInitializeFromBytesArgs")
def preinitialize(frame: Frame) -> int | None:
    return _status(shifted(frame))


@models("PyConfig_SetBytesString", "PyConfig_SetString")
def config_set_string(frame: Frame) -> int | None:
    frame = shifted(frame)
    config, place = frame.pointer(0), frame.pointer(1)
    if not frame.raw(2):
        text = None
    else:
        text = frame.wide(2) if frame.name == "PyConfig_SetString" else to_text(frame.text(2))
    frame.memory.put_u64(place, put_wide(frame, text) if text is not None else 0)
    _set_field(frame, place - config, text)
    return _status(frame)


def _set_field(frame: Frame, offset: int, text: str | None) -> None:
    python = frame.process.python
    name = field_at(version_in(frame), offset)
    if text is None:
        return
    if name in ("program_name", "executable"):
        python.program_name = text
    elif name == "home":
        python.home = text
    elif name in ("run_module", "run_filename", "run_command"):
        words = {"run_module": "module", "run_filename": "file", "run_command": "code"}
        python.runs = f"{words[name]} {text}"
    python.settings[name or f"PyConfig+{offset}"] = text


@models("PyConfig_SetBytesArgv", "PyConfig_SetArgv")
def config_set_argv(frame: Frame) -> int | None:
    frame = shifted(frame)
    config, count, place = frame.pointer(0), max(0, frame.integer(1)), frame.pointer(2)
    take = wide_list if frame.name == "PyConfig_SetArgv" else bytes_list
    argv = take(frame, count, place)
    frame.note(2, f"[{', '.join(map(show, argv))}]")
    frame.process.python.argv = argv
    offset = argument_field(version_in(frame))
    if offset is not None:
        _put_list(frame, config + offset, argv)
    return _status(frame)


def _put_list(frame: Frame, place: int, words: list[str]) -> None:
    """A PyWideStringList: {Py_ssize_t length; wchar_t **items}."""
    pointers = [put_wide(frame, word) for word in words]
    items = frame.memory.keep_list(pointers)
    frame.memory.write(place, struct.pack("<qQ", len(words), items))


def _get_list(frame: Frame, place: int) -> list[str]:
    length = min(frame.memory.u64(place), 100_000)
    return wide_list(frame, length, frame.memory.u64(place + 8)) if length else []


@models("PyConfig_SetWideStringList")
def config_set_list(frame: Frame) -> int | None:
    frame = shifted(frame)
    config, place = frame.pointer(0), frame.pointer(1)
    words = wide_list(frame, frame.size(2), frame.pointer(3))
    _put_list(frame, place, words)
    _note_list(frame, place - config, words)
    return _status(frame)


@models("PyWideStringList_Append", "PyWideStringList_Insert")
def list_append(frame: Frame) -> int | None:
    frame = shifted(frame)
    place = frame.pointer(0)
    words = _get_list(frame, place)
    if frame.name.endswith("Insert"):
        words.insert(max(0, min(frame.long(1), len(words))), frame.wide(2))
    else:
        words.append(frame.wide(1))
    _put_list(frame, place, words)
    config = frame.machine.state_of(PyConfigState).config
    if config is not None and 0 <= place - config < size_of(version_in(frame)):
        _note_list(frame, place - config, words)
    return _status(frame)


def _note_list(frame: Frame, offset: int, words: list[str]) -> None:
    python = frame.process.python
    name = field_at(version_in(frame), offset)
    if name == "argv":
        python.argv = words
    python.settings[name or f"PyConfig+{offset}"] = json.dumps(words)


@models("Py_InitializeFromConfig")
def initialize_from_config(frame: Frame) -> int | None:
    frame = shifted(frame)
    config = frame.pointer(0)
    offset = argument_field(version_in(frame))
    if offset is not None and not frame.process.python.argv:
        with contextlib.suppress(GuestFault):  # of another version than its path says
            frame.process.python.argv = _get_list(frame, config + offset)
    initialized(frame)
    return _status(frame)


@models("PyStatus_Exception", "PyStatus_IsError", "PyStatus_IsExit")
def status_exception(frame: Frame) -> int:
    """A PyStatus is passed by reference on arm64, in memory on Intel."""
    kind = frame.memory.u32(_status_argument(frame))
    wanted = {"PyStatus_IsError": (1,), "PyStatus_IsExit": (2,)}.get(frame.name, (1, 2))
    return int(kind in wanted)


def _status_argument(frame: Frame) -> int:
    if frame.machine.abi.link is not None:
        return frame.raw(0)
    return frame.machine.stack + 8


@models("PyStatus_Ok", "PyStatus_NoMemory")
def status_ok(frame: Frame) -> int | None:
    return _status(frame, message=b"no memory" if frame.name.endswith("NoMemory") else None)


@models("PyStatus_Error")
def status_error(frame: Frame) -> int | None:
    return _status(frame, message=shifted(frame).text(0))


@models("Py_ExitStatusException")
def exit_status(frame: Frame) -> None:
    place = _status_argument(frame)
    text = frame.memory.u64(place + 16)
    why = to_text(frame.memory.text(text)) if text else "a failed status"
    raise Ended(Outcome.EXIT, f"It ends itself: Python reports {why}.", call=frame.name)
