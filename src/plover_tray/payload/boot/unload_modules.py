"""Takes a program's modules out of sys.modules, so that the next one imports them anew.

Out: the modules taken out, for the caller to keep alive. These stay:
- what the interpreter had imported by itself before the program started;
- extension modules of the standard library, with the Python modules that their C code holds on
  to (the table below);
- packages from elsewhere that hold an extension module (numpy, PySide6, shiboken6: importing them
  twice fails or crashes), whole, and with them all of the standard library, whose classes their C
  code may hold on to;
- whatever those refer to, so that no two copies of one class meet.
A program whose own package holds an extension module therefore finds that package as it left it.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .start import state

HELD_BY_C = {
    "_asyncio": ("asyncio",),
    "_ctypes": ("ctypes",),
    "_curses": ("curses",),
    "_datetime": ("_strptime", "datetime"),
    "_decimal": ("decimal", "numbers"),
    "_elementtree": ("xml.etree.ElementTree", "xml.etree.ElementPath", "copy"),
    "_interpqueues": ("concurrent.interpreters",),
    "_pickle": ("copyreg", "pickle"),
    "_sqlite3": ("sqlite3",),
    "_ssl": ("ssl",),
    "_tkinter": ("tkinter",),
    "_zoneinfo": ("zoneinfo",),
}
"""Extension modules of CPython 3.9 to 3.14 whose C code keeps what it imported from Python."""

NOT_TWICE = ("PySide6", "PySide2", "shiboken6", "shiboken2", "PyQt6", "PyQt5", "numpy", "objc")
"""Top packages that stay whatever they are made of."""

FROM_C = ("BuiltinImporter", "ExtensionFileLoader", "AppleFrameworkLoader")

ModuleType = type(sys)
FunctionType = type(lambda: None)
type_module: "Any" = vars(type)["__module__"]
type_mro: "Any" = vars(type)["__mro__"]


def unload() -> "dict[str, Any]":
    """Removes what need not stay; the interpreter's own modules are put back if replaced."""
    modules = sys.modules
    start = {name for name, module in state["modules"].items() if is_standard(name, module)}
    kept = set(start)
    native = {name for name in modules if is_native(modules[name])}
    foreign = {top(name) for name in native if not is_standard(name, modules[name])}
    foreign |= {name for name in NOT_TWICE if name in modules}
    for name in modules:
        if top(name) in foreign or name in native:
            kept.add(name)
        elif foreign and is_standard(name, modules[name]):
            kept.add(name)
    for name in native:
        kept.update(held for held in HELD_BY_C.get(name, ()) if held in modules)
    close_over(kept, start)
    for name in modules:  # such as typing.re, which typing makes itself
        if name.rpartition(".")[0] in kept and not isinstance(modules[name], ModuleType):
            kept.add(name)
    kept.discard("__main__")
    gone = {name: modules.pop(name) for name in list(modules) if name not in kept}
    for name in start - {"__main__"}:
        modules[name] = state["modules"][name]
    modules["__main__"] = gone["__main__"]
    return gone


def close_over(kept: "set[str]", complete: "set[str]") -> None:
    """Adds the modules that kept ones refer to; the `complete` ones need no look."""
    todo = [name for name in kept if name not in complete]
    while todo:
        name = todo.pop()
        names = {name.rpartition(".")[0]}
        module = sys.modules.get(name)
        if isinstance(module, ModuleType):
            for value in list(module.__dict__.values()):
                names.update(homes(value))
        for other in names:
            if other in sys.modules and other not in kept:
                kept.add(other)
                todo.append(other)


def homes(value: "Any") -> "list[Any]":
    """Names of the modules that a value comes from; runs no code of the program's."""
    kind = type(value)
    if kind is ModuleType or issubclass(kind, ModuleType):
        return [value.__dict__.get("__name__")]
    if kind is FunctionType:
        return [value.__module__]
    if issubclass(kind, type):
        return [type_module.__get__(base) for base in type_mro.__get__(value)]
    return [type_module.__get__(kind)]


def top(name: str) -> str:
    """The package that holds a module."""
    return name.partition(".")[0]


def is_native(module: "Any") -> bool:
    """Whether a module is C code."""
    spec = module.__dict__.get("__spec__") if isinstance(module, ModuleType) else None
    loader = getattr(spec, "loader", None)
    name = loader.__name__ if isinstance(loader, type) else type(loader).__name__
    return name in FROM_C


def is_standard(name: str, module: "Any") -> bool:
    """Whether a module is part of Python itself."""
    if name == "__main__":
        return True
    spec = module.__dict__.get("__spec__") if isinstance(module, ModuleType) else None
    origin = getattr(spec, "origin", None)
    if origin in ("built-in", "frozen"):
        return True
    library = os.path.dirname(os.__file__) + os.sep
    if not isinstance(origin, str):
        return spec is None and top(name) in ("os", "encodings", "importlib")
    rest = origin[len(library) :] if origin.startswith(library) else ""
    if rest:
        return rest.partition(os.sep)[0] not in ("site-packages", "dist-packages")
    return os.path.basename(os.path.dirname(origin)) == "lib-dynload"
