"""Python started by its classic API: a command line, setters, code that is run; and objects."""
# ruff: noqa: D103 - a model's name says which function it answers for

from ...ending import Ended, unknown
from ...guest.text import show, to_bytes, to_text
from ...machine.emulator import Emulator
from ...machine.frame import Frame
from ...machine.models import data, data_maker, models
from ...result import Outcome
from .state import begin, bytes_list, initialized, put_wide, version_in, wide_list

# ---- strings -------------------------------------------------------------------------------------


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


# ---- the command line ----------------------------------------------------------------------------


@models("Py_BytesMain")
def bytes_main(frame: Frame) -> None:
    argv = bytes_list(frame, max(0, frame.integer(0)), frame.pointer(1))
    frame.process.python.argv = argv
    frame.note(1, f"[{', '.join(map(show, argv))}]")
    begin(frame)


@models("Py_Main")
def main(frame: Frame) -> None:
    argv = wide_list(frame, max(0, frame.integer(0)), frame.pointer(1))
    frame.process.python.argv = argv
    frame.note(1, f"[{', '.join(map(show, argv))}]")
    begin(frame)


@models("Py_RunMain")
def run_main(frame: Frame) -> None:
    begin(frame)


@models("PySys_SetArgv", "PySys_SetArgvEx")
def set_argv(frame: Frame) -> int:
    argv = wide_list(frame, max(0, frame.integer(0)), frame.pointer(1))
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
def python_flag(machine: Emulator, symbol: str) -> int | None:
    """Py_NoSiteFlag, Py_OptimizeFlag, ...: ints that a launcher writes."""
    if symbol.startswith("_Py_") and symbol.endswith("Flag"):
        return machine.memory.keep(bytes(8))
    return None


@data("PyImport_FrozenModules", "PyImport_Inittab")
def frozen_modules(machine: Emulator) -> int:
    return machine.memory.keep(bytes(16))


# ---- initialising --------------------------------------------------------------------------------


@models("Py_Initialize", "Py_InitializeEx", "Py_InitializeFromInitConfig", "Py_NewInterpreter")
def initialize(frame: Frame) -> int:
    return initialized(frame)


@models("Py_IsInitialized")
def is_initialized(frame: Frame) -> int:
    return int(frame.process.python.initialized_by is not None)


@models("Py_FatalError", "_Py_FatalErrorFunc")
def fatal_error(frame: Frame) -> None:
    why = to_text(frame.text(0 if frame.name == "Py_FatalError" else 1))
    raise Ended(Outcome.EXIT, f"It ends itself: {why}.", call=frame.name)


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
