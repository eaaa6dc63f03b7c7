"""Which model answers which symbol: registries that the families of models fill.

Comes in: an imported symbol as the linker writes it (`_stat$INODE64`). Goes out: its model, or the
address of its data, or None: then the rehearsal ends there and names it.
"""

import importlib
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from .frame import Model

if TYPE_CHECKING:
    from .machine import Machine

FAMILIES = (
    "libc.memory",
    "libc.strings",
    "libc.wide",
    "libc.characters",
    "libc.printing",
    "libc.environment",
    "libc.paths",
    "libc.files",
    "libc.streams",
    "libc.system",
    "libc.threads",
    "libc.logging",
    "processes",
    "dyld",
    "python",
    "objc",
    "corefoundation",
    "foundation",
)

Each = TypeVar("Each", bound=Model)

QUIET = frozenset(
    {
        "malloc",
        "calloc",
        "realloc",
        "reallocf",
        "free",
        "memcpy",
        "memmove",
        "__memcpy_chk",
        "__memmove_chk",
        "memset",
        "__memset_chk",
        "bzero",
        "__bzero",
        "memcmp",
        "memchr",
        "memmem",
        "strlen",
        "strnlen",
        "strcmp",
        "strncmp",
        "strcasecmp",
        "strncasecmp",
        "strchr",
        "strrchr",
        "strspn",
        "strcspn",
        "strpbrk",
        "strtok",
        "strtok_r",
        "strsep",
        "strtol",
        "strtoul",
        "strtoll",
        "strtoull",
        "atoi",
        "isspace",
        "isdigit",
        "isalpha",
        "isalnum",
        "tolower",
        "toupper",
        "__maskrune",
        "wcslen",
        "wcscmp",
        "malloc_size",
        "fgetc",
        "getc",
        "feof",
        "ferror",
        "clearerr",
        "ungetc",
    }
)
"""Calls that only look at or move memory: left out of the trace, which they would drown."""

_MODELS: dict[str, Model] = {}
_DATA: dict[str, "Callable[[Machine], int]"] = {}
_MAKERS: "list[Callable[[Machine, str], int | None]]" = []


def models(*names: str) -> Callable[[Each], Each]:
    """Make the decorated function the model of the C functions `names`."""

    def register(model: Each) -> Each:
        for name in names:
            _MODELS[name] = model
        return model

    return register


def data(*names: str) -> "Callable[[Callable[[Machine], int]], Callable[[Machine], int]]":
    """Make the decorated function give the address of the variables `names`."""

    def register(maker: "Callable[[Machine], int]") -> "Callable[[Machine], int]":
        for name in names:
            _DATA[name] = maker
        return maker

    return register


def data_maker(
    maker: "Callable[[Machine, str], int | None]",
) -> "Callable[[Machine, str], int | None]":
    """Ask the decorated function for the address of any symbol that is in no table."""
    _MAKERS.append(maker)
    return maker


def plain_name(symbol: str) -> str:
    """The C name of a symbol: without the underscore and the variant behind `$`."""
    name = symbol.removeprefix("_")
    if name.startswith("OBJC_"):
        return name
    return name.partition("$")[0]


def model_of(name: str) -> Model | None:
    """The model of the C function `name`."""
    _load()
    return _MODELS.get(name)


def data_symbol(machine: "Machine", symbol: str) -> int | None:
    """The address of the variable `symbol`, None for functions and what is not known."""
    _load()
    maker = _DATA.get(plain_name(symbol))
    if maker is not None:
        return maker(machine)
    for each in _MAKERS:
        address = each(machine, symbol)
        if address is not None:
            return address
    return None


@cache
def _load() -> None:
    for family in FAMILIES:
        importlib.import_module(f"..libraries.{family}", __package__)
