"""Which model answers which symbol: registries that the families of models fill.

Comes in: an imported symbol as the linker writes it (`_stat$INODE64`). Goes out: its model, or the
address of its data, or None: then the rehearsal ends there and names it. Whoever makes a machine
imports the libraries, and thereby fills the registries.
"""

from collections.abc import Callable
from typing import TypeVar

from .emulator import Emulator
from .types import Model

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

DataMaker = Callable[[Emulator], int]
"""Gives the address of a variable, made when it is first bound."""
SymbolMaker = Callable[[Emulator, str], int | None]
"""The same for a symbol that stands in no table; None for what is not its own."""
LoadHook = Callable[[Emulator], None]

_MODELS: dict[str, Model] = {}
_DATA: dict[str, DataMaker] = {}
_MAKERS: list[SymbolMaker] = []
LOAD_HOOKS: list[LoadHook] = []
"""Called after an image is mapped and bound."""


def models(*names: str) -> Callable[[Each], Each]:
    """Make the decorated function the model of the C functions `names`."""

    def register(model: Each) -> Each:
        for name in names:
            _MODELS[name] = model
        return model

    return register


def data(*names: str) -> Callable[[DataMaker], DataMaker]:
    """Make the decorated function give the address of the variables `names`."""

    def register(maker: DataMaker) -> DataMaker:
        for name in names:
            _DATA[name] = maker
        return maker

    return register


def data_maker(maker: SymbolMaker) -> SymbolMaker:
    """Ask the decorated function for the address of any symbol that is in no table."""
    _MAKERS.append(maker)
    return maker


def after_load(hook: LoadHook) -> LoadHook:
    """Call the decorated function after an image is mapped and bound."""
    LOAD_HOOKS.append(hook)
    return hook


def plain_name(symbol: str) -> str:
    """The C name of a symbol: without the underscore and the variant behind `$`."""
    name = symbol.removeprefix("_")
    if name.startswith("OBJC_"):
        return name
    return name.partition("$")[0]


def model_of(name: str) -> Model | None:
    """The model of the C function `name`."""
    return _MODELS.get(name)


def data_symbol(machine: Emulator, symbol: str) -> int | None:
    """The address of the variable `symbol`, None for functions and what is not known."""
    maker = _DATA.get(plain_name(symbol))
    if maker is not None:
        return maker(machine)
    for each in _MAKERS:
        address = each(machine, symbol)
        if address is not None:
            return address
    return None
