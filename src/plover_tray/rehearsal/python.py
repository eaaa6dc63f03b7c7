"""The start of Python: what a launcher tells libpython, and the call that runs the app's code.

Nothing of Python runs here. A launcher may configure it through the old setters, through PyConfig
(whose fields are told apart by their offsets, see python_config.py) or through PyInitConfig; the
rehearsal ends with the call that runs code.
"""
# ruff: noqa: D103 - a model's name says which function it answers for

import contextlib
import json
import struct
from typing import TYPE_CHECKING

from .dyld import find_library, library_facts
from .ending import Ended, GuestFault, unknown
from .frame import Frame, show, to_bytes, to_text
from .libc.strings import wide
from .model import Outcome
from .python_config import argument_field, field_at, size_of, version_of
from .symbols import data, data_maker, models

if TYPE_CHECKING:
    from .machine import Machine


def library(frame: Frame) -> str | None:
    """The libpython in this process: opened with dlopen, or linked by the main executable."""
    process, machine = frame.process, frame.machine
    if process.python_library is None:
        for binding in machine.image.bindings:
            if binding.symbol == frame.symbol and binding.library:
                process.python_library = find_library(machine, binding.library)
                break
    return process.python_library


def version_in(frame: Frame) -> str | None:
    """The version of the libpython in this process: as its path says, or else it itself."""
    path = library(frame)
    if path is None:
        return None
    facts = library_facts(frame.machine, path)
    if (named := version_of(path)) is None and facts is not None and facts.version is not None:
        return f"{facts.version[0]}.{facts.version[1]}"
    return named


def begin(frame: Frame, *, runs: str | None = None) -> None:
    """End with Python running the app's code. Always raises Ended."""
    python = frame.process.python
    library(frame)
    python.started_by = frame.name
    python.runs = runs or python.runs
    frame.process.milestone(frame.name)
    raise Ended(
        Outcome.PYTHON, f"It runs Python in its own process ({frame.name}).", call=frame.name
    )


def _initialized(frame: Frame) -> int:
    library(frame)
    frame.process.python.initialized_by = frame.name
    frame.process.milestone(frame.name)
    return 0


# ---- strings -------------------------------------------------------------------------------------


def put_wide(frame: Frame, text: str) -> int:
    """Put a wchar_t string on the heap."""
    encoded = wide(text)
    address = frame.memory.allocate(len(encoded))
    frame.memory.write(address, encoded)
    return address


@models("Py_DecodeLocale", "_Py_char2wchar", "Py_DecodeLocaleEx")
def decode_locale(frame: Frame) -> int:
    text = to_text(frame.text(0))
    if place := frame.raw(1):
        frame.memory.put_u64(place, len(text))
    return put_wide(frame, text)


@models("Py_EncodeLocale")
def encode_locale(frame: Frame) -> int:
    return frame.memory.allocate_text(to_bytes(frame.wide(0)))


@models("PyMem_RawFree", "PyMem_Free", "PyMem_SetAllocator", "PyMem_SetupDebugHooks")
def mem_free(_frame: Frame) -> int:
    return 0


@models("PyMem_RawMalloc", "PyMem_Malloc")
def mem_malloc(frame: Frame) -> int:
    return frame.memory.allocate(frame.size(0))


@models("PyMem_RawCalloc")
def mem_calloc(frame: Frame) -> int:
    return frame.memory.allocate(frame.size(0) * frame.size(1))


def _wide_list(frame: Frame, count: int, place: int) -> list[str]:
    found = []
    for index in range(min(count, 100_000)):
        pointer = frame.memory.u64(place + 8 * index)
        if not pointer:
            break
        found.append(frame.memory.wide_text(pointer))
    return found


def _bytes_list(frame: Frame, count: int, place: int) -> list[str]:
    found = []
    for index in range(min(count, 100_000)):
        pointer = frame.memory.u64(place + 8 * index)
        if not pointer:
            break
        found.append(to_text(frame.memory.text(pointer)))
    return found


# ---- the command line ----------------------------------------------------------------------------


@models("Py_BytesMain")
def bytes_main(frame: Frame) -> None:
    argv = _bytes_list(frame, max(0, frame.integer(0)), frame.pointer(1))
    frame.process.python.argv = argv
    frame.note(1, f"[{', '.join(map(show, argv))}]")
    begin(frame)


@models("Py_Main")
def main(frame: Frame) -> None:
    argv = _wide_list(frame, max(0, frame.integer(0)), frame.pointer(1))
    frame.process.python.argv = argv
    frame.note(1, f"[{', '.join(map(show, argv))}]")
    begin(frame)


@models("Py_RunMain")
def run_main(frame: Frame) -> None:
    begin(frame)


@models("PySys_SetArgv", "PySys_SetArgvEx")
def set_argv(frame: Frame) -> int:
    argv = _wide_list(frame, max(0, frame.integer(0)), frame.pointer(1))
    frame.process.python.argv = argv
    frame.note(1, f"[{', '.join(map(show, argv))}]")
    return 0


# ---- setters -------------------------------------------------------------------------------------


@models("Py_SetPythonHome")
def set_home(frame: Frame) -> int:
    frame.process.python.home = frame.wide(0) if frame.raw(0) else None
    return 0


@models("Py_SetProgramName")
def set_program_name(frame: Frame) -> int:
    frame.process.python.program_name = frame.wide(0) if frame.raw(0) else None
    return 0


@models("Py_SetPath")
def set_path(frame: Frame) -> int:
    frame.process.python.settings["module_search_paths"] = frame.wide(0) if frame.raw(0) else ""
    return 0


@models("Py_GetProgramName", "Py_GetProgramFullPath", "Py_GetPythonHome")
def get_program_name(frame: Frame) -> int:
    python = frame.process.python
    text = python.home if frame.name == "Py_GetPythonHome" else python.program_name
    if text is None:
        return 0
    return put_wide(frame, text)


@data_maker
def python_flag(machine: "Machine", symbol: str) -> int | None:
    """Py_NoSiteFlag, Py_OptimizeFlag, ...: ints that a launcher writes."""
    if symbol.startswith("_Py_") and symbol.endswith("Flag"):
        return machine.memory.keep(bytes(8))
    return None


@data("PyImport_FrozenModules", "PyImport_Inittab")
def frozen_modules(machine: "Machine") -> int:
    return machine.memory.keep(bytes(16))


# ---- initialising --------------------------------------------------------------------------------


@models("Py_Initialize", "Py_InitializeEx", "Py_InitializeFromInitConfig", "Py_NewInterpreter")
def initialize(frame: Frame) -> int:
    return _initialized(frame)


@models("Py_IsInitialized")
def is_initialized(frame: Frame) -> int:
    return int(frame.process.python.initialized_by is not None)


def _status(frame: Frame, *, code: int = 0, message: bytes | None = None) -> int | None:
    """Give a PyStatus: {int type; char *func; char *err_msg; int exitcode}, by hidden pointer."""
    place = hidden_result(frame)
    text = frame.memory.keep_text(message) if message is not None else 0
    kind = 2 if message is None and code else 1 if message is not None else 0
    frame.memory.write(place, struct.pack("<i4xQQi4x", kind, 0, text, code))
    frame.says("error" if kind else "ok")
    return place if frame.machine.abi.link is None else None


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
    frame.machine.state["config"] = place
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
    take = _wide_list if frame.name == "PyConfig_SetArgv" else _bytes_list
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
    return _wide_list(frame, length, frame.memory.u64(place + 8)) if length else []


@models("PyConfig_SetWideStringList")
def config_set_list(frame: Frame) -> int | None:
    frame = shifted(frame)
    config, place = frame.pointer(0), frame.pointer(1)
    words = _wide_list(frame, frame.size(2), frame.pointer(3))
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
    config = frame.machine.state.get("config")
    if config is not None and 0 <= place - int(config) < size_of(version_in(frame)):
        _note_list(frame, place - int(config), words)
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
    _initialized(frame)
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


@models("Py_FatalError", "_Py_FatalErrorFunc")
def fatal_error(frame: Frame) -> None:
    why = to_text(frame.text(0 if frame.name == "Py_FatalError" else 1))
    raise Ended(Outcome.EXIT, f"It ends itself: {why}.", call=frame.name)


# ---- PyInitConfig (PEP 741) ----------------------------------------------------------------------


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
    words = _bytes_list(frame, frame.size(2), frame.pointer(3))
    frame.note(3, f"[{', '.join(map(show, words))}]")
    frame.process.python.settings[name] = json.dumps(words)
    if name == "argv":
        frame.process.python.argv = words
    return 0


@models("PyInitConfig_GetExitCode", "PyInitConfig_GetError")
def init_config_error(_frame: Frame) -> int:
    return 0


# ---- running code --------------------------------------------------------------------------------


@models(
    "PyRun_SimpleString", "PyRun_SimpleStringFlags", "PyRun_String", "PyRun_StringFlags",
    "Py_CompileString", "Py_CompileStringExFlags", "Py_CompileStringFlags",
)  # fmt: skip
def run_string(frame: Frame) -> None:
    begin(frame, runs=f"code {to_text(frame.text(0))}")


@models(
    "PyRun_SimpleFile", "PyRun_SimpleFileEx", "PyRun_SimpleFileExFlags", "PyRun_AnyFile",
    "PyRun_AnyFileEx", "PyRun_AnyFileExFlags", "PyRun_AnyFileFlags", "PyRun_FileExFlags",
    "PyRun_File", "PyRun_FileEx", "PyRun_FileFlags", "PyRun_InteractiveLoop",
)  # fmt: skip
def run_file(frame: Frame) -> None:
    begin(frame, runs=f"file {to_text(frame.text(1))}")


@models("PyImport_ImportModule", "PyImport_ImportModuleNoBlock", "PyImport_ImportFrozenModule",
        "PyImport_ExecCodeModule", "PyImport_ExecCodeModuleEx")  # fmt: skip
def import_module(frame: Frame) -> None:
    begin(frame, runs=f"module {to_text(frame.text(0))}")


# ---- objects, which launchers make for sys and builtins ------------------------------------------


@models(
    "PyUnicode_FromString", "PyUnicode_DecodeFSDefault", "PyUnicode_DecodeFSDefaultAndSize",
    "PyUnicode_FromWideChar", "PyUnicode_Decode", "PyUnicode_DecodeUTF8", "PyUnicode_FromFormat",
    "PyLong_FromLong", "PyLong_FromVoidPtr", "PyLong_FromUnsignedLongLong", "PyBool_FromLong",
    "PyBytes_FromString", "PyBytes_FromStringAndSize", "PyList_New", "PyTuple_New", "PyDict_New",
    "PyImport_AddModule", "PyImport_AddModuleRef", "PyModule_GetDict", "PySys_GetObject",
    "PyImport_GetModuleDict", "PyEval_GetBuiltins", "PyMarshal_ReadObjectFromString",
    "PyGILState_Ensure", "PyEval_SaveThread", "PyThreadState_Get",
)  # fmt: skip
def some_object(frame: Frame) -> int:
    """An object that nothing here looks into."""
    return frame.memory.keep(bytes(64))


@models(
    "Py_DecRef", "Py_IncRef", "_Py_Dealloc", "PyErr_Clear", "PyErr_Occurred", "PyErr_Print",
    "PyList_Append", "PyList_SetItem", "PyTuple_SetItem", "PyDict_SetItem", "PyDict_SetItemString",
    "PySys_SetObject", "PyObject_SetAttrString", "PyModule_AddObject", "PySys_AddWarnOption",
    "PyModule_AddObjectRef", "PyModule_AddStringConstant", "PyImport_AppendInittab",
    "PyImport_ExtendInittab", "PyEval_InitThreads", "PyGILState_Release", "PyEval_RestoreThread",
    "PySys_SetPath", "PySys_AddXOption",
)  # fmt: skip
def nothing_wrong(_frame: Frame) -> int:
    return 0


@models("PyEval_EvalCode", "PyObject_CallObject", "PyObject_CallNoArgs", "PyObject_Call",
        "PyObject_CallFunction", "PyObject_CallMethod", "PyObject_CallFunctionObjArgs")  # fmt: skip
def run_code(frame: Frame) -> None:
    begin(frame, runs="code object")


@models("Py_Finalize", "Py_FinalizeEx", "Py_EndInterpreter")
def finalize(_frame: Frame) -> int:
    return 0


@models("Py_Exit")
def exit_(frame: Frame) -> None:
    frame.machine.leave(frame.integer(0))


@models("Py_GetVersion")
def version(frame: Frame) -> int:
    found = version_in(frame)
    if found is None:
        raise unknown(frame.name, "the version of its libpython is not known")
    return frame.memory.keep_text(f"{found}.0".encode())
