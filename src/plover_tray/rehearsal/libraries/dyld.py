"""dlopen, dlsym, _NSGetExecutablePath and what else dyld answers.

A libpython is loaded in name only: its symbols are bound to the models in python.py. Libraries of
the system are taken to be there.
"""
# ruff: noqa: D103 - a model's name says which function it answers for

import struct
from dataclasses import dataclass, field

from ...bundle.python_names import is_libpython
from ...errors import MachOError
from ...macho.file import Slice, looks_like_macho, parse_macho
from ..ending import unknown
from ..guest.filesystem import FileError
from ..guest.text import show, to_bytes
from ..machine.emulator import Emulator
from ..machine.frame import Frame
from ..machine.models import data, models
from .libc.state import LibcState

RTLD_NEXT, RTLD_DEFAULT, RTLD_SELF, RTLD_MAIN_ONLY = -1, -2, -3, -5
"""Handles of macOS' dlfcn.h."""
SYSTEM_LIBRARIES = ("/usr/lib/", "/System/Library/")
"""dyld serves these from the shared cache: no file is there since macOS 11."""
PYTHON_SYMBOLS = ("Py_", "PyRun_", "PySys_", "PyImport_", "PyEval_", "PyConfig_", "PyInitConfig_",
                  "PyObject_", "PyErr_", "PyMem_", "PyUnicode_", "PyList_", "PyPreConfig_",
                  "PyStatus_", "PyWideStringList_", "PyMarshal_", "PyModule_", "PyDict_",
                  "PyBytes_", "PyString_", "PyLong_", "PyTuple_", "PyGILState_", "_Py",
                  "PyFile_", "PyExc_", "PyThread", "PyCapsule_", "PyCallable_")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Library:
    """What is known of a library in the bundle."""

    exports: frozenset[str]
    """Symbols that it defines, with their underscore."""
    version: tuple[int, int] | None
    """Major and minor, from LC_ID_DYLIB: of a libpython its Python's."""


@dataclass(slots=True)
class DyldState:
    """What was read of libraries; forks share it."""

    libraries: dict[str, Library | None] = field(default_factory=dict)
    """By path; None for what is no Mach-O file for this processor."""


@dataclass(slots=True)
class DyldProcess:
    """What a fork copies."""

    error: str | None = None
    """What dlerror will say."""


@models("_NSGetExecutablePath")
def executable_path(frame: Frame) -> int:
    """The path as it was started, links not followed."""
    place, room = frame.pointer(0), frame.pointer(1)
    path = to_bytes(frame.process.executable) + b"\0"
    size = frame.memory.u32(room)
    frame.memory.put_u32(room, len(path))
    if size < len(path):
        return -1
    frame.memory.write(place, path)
    frame.note(0, show(path[:-1]))
    return 0


@models("_NSGetArgc", "_NSGetArgv")
def arguments(frame: Frame) -> int:
    state = frame.machine.state_of(LibcState)
    return state.argc if frame.name == "_NSGetArgc" else state.argv


@data("NXArgc")
def argc(machine: Emulator) -> int:
    return machine.state_of(LibcState).argc


@data("NXArgv")
def argv(machine: Emulator) -> int:
    return machine.state_of(LibcState).argv


@data("_mh_execute_header")
def header(machine: Emulator) -> int:
    return machine.image.base


@data("__dso_handle")
def dso_handle(machine: Emulator) -> int:
    return machine.image.base


@models("_dyld_get_image_header", "_NSGetMachExecuteHeader")
def image_header(frame: Frame) -> int:
    if frame.name == "_dyld_get_image_header" and frame.raw(0) & 0xFFFFFFFF:
        raise unknown(frame.name, "only the main executable's is known")
    return frame.machine.image.base


@models("_dyld_get_image_name")
def image_name(frame: Frame) -> int:
    if frame.raw(0) & 0xFFFFFFFF:
        raise unknown(frame.name, "only the main executable's is known")
    return frame.memory.keep_text(to_bytes(frame.process.executable))


@models("_dyld_get_image_vmaddr_slide")
def image_slide(frame: Frame) -> int:
    if frame.raw(0) & 0xFFFFFFFF:
        raise unknown(frame.name, "only the main executable's is known")
    return frame.machine.image.slide


@models("dladdr")
def dladdr(frame: Frame) -> int:
    """A Dl_info for addresses in the main executable."""
    address, place = frame.pointer(0), frame.pointer(1)
    image = frame.machine.image
    if not any(
        segment.address + image.slide <= address < segment.address + segment.memory_size
        for segment in image.slice_.segments
        if segment.name != "__PAGEZERO"
    ):
        return 0
    name = frame.memory.keep_text(to_bytes(frame.process.executable))
    frame.memory.write(place, struct.pack("<4Q", name, image.base, 0, 0))
    return 1


# ---- loading -------------------------------------------------------------------------------------


def expand(machine: Emulator, name: str) -> list[str]:
    """Where dyld looks for a library's name, in order."""
    folder = machine.process.executable.rpartition("/")[0]
    for start in ("@executable_path/", "@loader_path/"):
        if name.startswith(start):
            return [f"{folder}/{name[len(start) :]}"]
    if name.startswith("@rpath/"):
        places = []
        for rpath in machine.image.slice_.rpaths:
            found = expand(machine, rpath + "/")
            places += [each.rstrip("/") + name[len("@rpath") :] for each in found]
        return places
    return [name]


def find_library(machine: Emulator, name: str) -> str | None:
    """The absolute path of the library that dyld would load, None if there is none."""
    places = expand(machine, name)
    if "/" not in name:
        places = [
            *(
                each
                for rpath in machine.image.slice_.rpaths
                for each in expand(machine, f"{rpath}/{name}")
            ),
            f"/usr/local/lib/{name}",
            f"/usr/lib/{name}",
        ]
    for place in places:
        if place.startswith(SYSTEM_LIBRARIES):
            return place
        try:
            absolute = machine.files.absolute(place, machine.process.folder)
            found = machine.files.status(absolute, machine.process.scratch)
        except FileError:
            continue
        if found.is_file:
            return absolute
    return None


def library_facts(machine: Emulator, path: str) -> Library | None:
    """What a library says of itself; None for what is no Mach-O file for this processor."""
    known = machine.state_of(DyldState).libraries
    if path not in known:
        known[path] = _read_library(machine, path)
    return known[path]


def _read_library(machine: Emulator, path: str) -> Library | None:
    files, scratch = machine.files, machine.process.scratch
    try:
        status = files.status(path, scratch)
        if status.in_bundle is None or not looks_like_macho(files.read(status, scratch, 0, 8)):
            return None
        view = _View(machine, path)
        for slice_ in parse_macho(view).slices:
            if slice_.cputype == machine.image.slice_.cputype:
                return Library(_exports(slice_, view), _version(slice_))
    except (FileError, MachOError):
        return None
    return None


def _exports(slice_: Slice, view: "_View") -> frozenset[str]:
    if slice_.symtab is None:
        return frozenset()
    at, count, strings, size = slice_.symtab
    table = view[slice_.offset + at : slice_.offset + at + 16 * count]
    texts = view[slice_.offset + strings : slice_.offset + strings + size]
    return frozenset(_defined(table, texts))


def _version(slice_: Slice) -> tuple[int, int] | None:
    for command in slice_.commands:
        if command.name == "LC_ID_DYLIB" and len(command.data) >= 16:
            packed = int.from_bytes(command.data[8:12], "little")
            return packed >> 16, packed >> 8 & 0xFF
    return None


def _defined(table: bytes, texts: bytes) -> list[str]:
    names = []
    for at in range(0, len(table) - 15, 16):
        start, kind = struct.unpack_from("<IB", table, at)
        if kind & 0xE0 or not kind & 0x01 or kind & 0x0E == 0:
            continue  # debugging, local, or undefined
        end = texts.find(b"\0", start)
        names.append(texts[start : end if end >= 0 else None].decode("utf-8", "surrogateescape"))
    return names


class _View:
    """A guest's file as a buffer for macho.py."""

    def __init__(self, machine: Emulator, path: str) -> None:
        self._machine = machine
        self._status = machine.files.status(path, machine.process.scratch)

    def __len__(self) -> int:
        return self._status.size

    def __getitem__(self, item: slice, /) -> bytes:
        start, stop, _ = item.indices(self._status.size)
        scratch = self._machine.process.scratch
        return self._machine.files.read(self._status, scratch, start, max(0, stop - start))


def is_python(machine: Emulator, path: str) -> bool:
    """Whether a library is a libpython: by what it exports, else by its name."""
    found = library_facts(machine, path)
    if found is not None and found.exports:
        return bool({"_Py_Initialize", "_Py_InitializeEx", "_Py_BytesMain"} & found.exports)
    return is_libpython(path)


@models("dlopen", "dlopen_preflight", "NSAddImage")
def dlopen(frame: Frame) -> int:
    machine, process = frame.machine, frame.process
    name = frame.text_or_none(0)
    if name is None:
        return RTLD_MAIN_ONLY
    text = name.decode("utf-8", "surrogateescape")
    path = find_library(machine, text)
    if path is None:
        why = f"dlopen({text}, 0x0006): tried: '{text}' (no such file)"
        process.state_of(DyldProcess).error = why
        if machine.files.holds(text):
            process.lacks(text)
        frame.says("NULL")
        return 0
    if frame.name == "dlopen_preflight":
        return 1
    for handle, known in process.libraries.items():
        if known == path:
            return handle
    handle = machine.memory.keep(bytes(16))
    process.libraries[handle] = path
    if path.startswith(SYSTEM_LIBRARIES):
        return handle
    process.lacking.clear()  # what was not there before was one of several places
    if is_python(machine, path):
        process.python_library = path
        process.milestone("dlopen")
    return handle


@models("dlsym", "NSLookupSymbolInImage", "NSLookupAndBindSymbol")
def dlsym(frame: Frame) -> int:
    machine, process = frame.machine, frame.process
    handle, name = frame.pointer(0), frame.path(1)
    if frame.name != "dlsym":
        raise unknown(frame.name)
    path = process.libraries.get(handle)
    symbol = f"_{name}"
    if path is not None and not path.startswith(SYSTEM_LIBRARIES):
        found = library_facts(machine, path)
        if found is not None and symbol not in found.exports:
            process.state_of(DyldProcess).error = f"dlsym({handle:#x}, {name}): symbol not found"
            frame.says("NULL")
            return 0
        if not is_python(machine, path):
            return machine.address_of(symbol)
    if path is None and name.startswith(PYTHON_SYMBOLS):
        library = process.python_library
        found = library_facts(machine, library) if library else Library(frozenset(), None)
        if found is not None and symbol not in found.exports:
            frame.says("NULL")
            return 0
    return machine.address_of(symbol)


@models("dlerror")
def dlerror(frame: Frame) -> int:
    state = frame.process.state_of(DyldProcess)
    why, state.error = state.error, None
    if why is None:
        return 0
    frame.gives(why)
    return frame.memory.keep_text(to_bytes(why))


@models("dlclose")
def dlclose(frame: Frame) -> int:
    frame.pointer(0)
    return 0
