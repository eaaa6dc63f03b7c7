"""PyInitConfig: Python configured by names (PEP 741, since 3.14)."""
# ruff: noqa: D103 - a model's name says which function it answers for

import json

from ...guest.text import show
from ...machine.frame import Frame
from ...machine.models import models
from .state import bytes_list


@models("PyInitConfig_Create")
def init_config_create(frame: Frame) -> int:
    return frame.memory.keep(bytes(64))


@models("PyInitConfig_Free", "PyInitConfig_AddModule")
def init_config_free(_frame: Frame) -> int:
    return 0


@models("PyInitConfig_SetInt")
def init_config_set_int(frame: Frame) -> int:
    frame.process.python.settings[frame.path(1)] = str(frame.long(2))
    return 0


@models("PyInitConfig_SetStr")
def init_config_set_str(frame: Frame) -> int:
    python = frame.process.python
    name, value = frame.path(1), frame.path(2)
    python.settings[name] = value
    if name == "home":
        python.home = value
    elif name in ("program_name", "executable"):
        python.program_name = value
    elif name in ("run_module", "run_filename", "run_command"):
        words = {"run_module": "module", "run_filename": "file", "run_command": "code"}
        python.runs = f"{words[name]} {value}"
    return 0


@models("PyInitConfig_SetStrList")
def init_config_set_list(frame: Frame) -> int:
    name = frame.path(1)
    words = bytes_list(frame, frame.size(2), frame.pointer(3))
    frame.note(3, f"[{', '.join(map(show, words))}]")
    frame.process.python.settings[name] = json.dumps(words)
    if name == "argv":
        frame.process.python.argv = words
    return 0


@models("PyInitConfig_GetExitCode", "PyInitConfig_GetError")
def init_config_error(_frame: Frame) -> int:
    return 0
