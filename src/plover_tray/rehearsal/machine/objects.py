"""Objects of Objective-C and CoreFoundation, which a guest only ever holds by address.

Comes in: an address. Goes out: a Python value of one of the classes below; toll-free bridged
classes (NSString and CFString, NSURL and CFURL, ...) are one here. Constant strings of the
executable are read from its memory when they are first met.
"""

import copy
from dataclasses import dataclass, field
from typing import Any

from ..budget import over
from ..ending import GuestFault
from ..guest.errors import GuestDataError
from ..guest.text import to_text
from .memory import Memory

CELL = 32
"""Bytes each object takes in the guest; what is in them is never read."""
MAX_CONSTANT_ITEMS = 10_000
SHOWN = 50
"""Items of a list in the trace."""
MAX_ITEMS = 100_000
LONGEST_STRING = 4 << 20
"""Bounds of what the guest can make an object hold."""


@dataclass(eq=False, slots=True)
class GuestObject:
    """Any object; `kind` is the class a person would name."""

    kind: str = "NSObject"

    def __str__(self) -> str:
        return f"<{self.kind}>"


@dataclass(eq=False, slots=True)
class ClassObject(GuestObject):
    """A class, known by name; `metaclass` for what `object_getClass` of a class gives."""

    name: str = ""
    local: int | None = None
    """Address of the class in the executable, if it is defined there."""

    def __str__(self) -> str:
        return self.name


@dataclass(eq=False, slots=True)
class Text(GuestObject):
    """NSString, NSMutableString, CFString."""

    kind: str = "NSString"
    text: str = ""

    def __str__(self) -> str:
        return f'@"{self.text}"'


@dataclass(eq=False, slots=True)
class Url(GuestObject):
    """NSURL, CFURL of a file."""

    kind: str = "NSURL"
    path: str = ""
    is_folder: bool = False
    scheme: str = "file"
    relative: str | None = None
    """What CoreFoundation gives unless it is told to resolve: several of a bundle's URLs are
    relative to the bundle's."""

    def __str__(self) -> str:
        return f"<NSURL {self.path}>"


@dataclass(eq=False, slots=True)
class Array(GuestObject):
    """NSArray, CFArray, NSSet; items are objects."""

    kind: str = "NSArray"
    items: list[GuestObject] = field(default_factory=list)

    def __str__(self) -> str:
        return f"@[{', '.join(_brief(item) for item in self.items[:SHOWN])}]"


@dataclass(eq=False, slots=True)
class Dictionary(GuestObject):
    """NSDictionary, CFDictionary with strings as keys."""

    kind: str = "NSDictionary"
    items: dict[str, GuestObject] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"@{{{', '.join(list(self.items)[:SHOWN])}}}"


@dataclass(eq=False, slots=True)
class Number(GuestObject):
    """NSNumber, CFNumber, CFBoolean."""

    kind: str = "NSNumber"
    value: int | float | bool = 0

    def __str__(self) -> str:
        return f"@({self.value})"


@dataclass(eq=False, slots=True)
class Data(GuestObject):
    """NSData, CFData."""

    kind: str = "NSData"
    data: bytes = b""
    address: int = 0
    """Where its bytes are in the guest, once somebody asked."""


@dataclass(eq=False, slots=True)
class Task(GuestObject):
    """NSTask; None where nothing was set."""

    kind: str = "NSTask"
    path: str | None = None
    arguments: list[str] = field(default_factory=list)
    environment: dict[str, str] | None = None
    folder: str | None = None
    process_id: int | None = None


@dataclass(eq=False, slots=True)
class Instance(GuestObject):
    """An object of any other class, with what was set on it."""

    values: dict[str, Any] = field(default_factory=dict)
    of: ClassObject | None = None


class ObjectTable:
    """All objects of a machine by their address."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._objects: dict[int, GuestObject] = {}
        self._addresses: dict[int, int] = {}
        self.classes: dict[str, int] = {}

    def add(self, value: GuestObject | None, *, size: int = CELL) -> int:
        """The address of an object, given one now if it has none; 0 for None."""
        if value is None:
            return 0
        bounded(value)
        known = self._addresses.get(id(value))
        if known is not None:
            return known
        address = self._memory.keep(bytes(size))
        self.put(address, value)
        return address

    def put(self, address: int, value: GuestObject) -> None:
        """Say which object lies at `address`."""
        self._objects[address] = value
        self._addresses[id(value)] = address

    def at(self, address: int) -> GuestObject | None:
        """The object at `address`; None for nil. Raises GuestFault where there is none."""
        if not address:
            return None
        found = self._objects.get(address)
        if found is None:
            found = self._constant(address)
            self.put(address, found)
        bounded(found)
        return found

    def known(self, address: int) -> bool:
        """Whether there is an object at `address` already."""
        return address in self._objects

    def class_address(self, name: str) -> int:
        """The address of the class `name` of the system."""
        address = self.classes.get(name)
        if address is None:
            address = self.add(ClassObject("Class", name))
            self.classes[name] = address
        return address

    def snapshot(self) -> dict[int, GuestObject]:
        """A copy that later changes leave alone."""
        return copy.deepcopy(self._objects)

    def restore(self, objects: dict[int, GuestObject]) -> None:
        """Go back to a snapshot; what was made since stays at its address."""
        self._objects = {**self._objects, **objects}
        self._addresses = {id(value): address for address, value in self._objects.items()}

    def _constant(self, address: int) -> GuestObject:
        """A constant of the executable: its first word is the address of its class.

        Layouts as clang emits them (CFString: isa, flags, bytes, length; NSConstant*: see clang's
        CGObjCMac.cpp).
        """
        memory = self._memory
        found = self._objects.get(memory.u64(address))
        name = found.name if isinstance(found, ClassObject) else ""
        if name == "__NSCFConstantString":
            flags, data, length = (memory.u64(address + at) for at in (8, 16, 24))
            if flags & 0x10 and not flags & 0x8:
                return Text(text=memory.read(data, 2 * length).decode("utf-16-le", "replace"))
            return Text(text=to_text(memory.read(data, length)))
        if name == "NSConstantIntegerNumber":
            return Number(value=int.from_bytes(memory.read(address + 16, 8), "little", signed=True))
        if name == "NSConstantArray":
            count, items = memory.u64(address + 8), memory.u64(address + 16)
            return Array(items=self._items(items, count))
        if name == "NSConstantDictionary":
            count, keys, items = (memory.u64(address + at) for at in (16, 24, 32))
            names, values = self._items(keys, count), self._items(items, count)
            if len(names) != len(values):
                raise GuestDataError("a constant dictionary with nil in it")
            return Dictionary(items=dict(zip(map(_key, names), values, strict=True)))
        if isinstance(found, ClassObject) and found.local is not None:
            return Instance(found.name, of=found)
        raise GuestFault(address, "given no object")

    def _items(self, address: int, count: int) -> list[GuestObject]:
        if count > MAX_CONSTANT_ITEMS:
            raise GuestFault(address, "given a list without an end")
        pointers = [self._memory.u64(address + 8 * index) for index in range(count)]
        return [found for pointer in pointers if (found := self.at(pointer)) is not None]


def _brief(value: GuestObject) -> str:
    """An item of a list; a list in a list is not unfolded, it may hold itself."""
    return f"<{value.kind}>" if isinstance(value, Array | Dictionary) else str(value)


def bounded(value: GuestObject) -> None:
    """End the rehearsal for an object that grows without an end."""
    if isinstance(value, Text) and len(value.text) > LONGEST_STRING:
        over("memory", "a string grows without an end")
    if isinstance(value, Array | Dictionary) and len(value.items) > MAX_ITEMS:
        over("memory", "a list grows without an end")


def _key(value: GuestObject) -> str:
    return value.text if isinstance(value, Text) else str(value)
