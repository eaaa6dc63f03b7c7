"""Classes that the executable defines: their names, parents and methods, read from its memory.

Layouts: Apple's objc4, objc-runtime-new.h (class_t, class_ro_t, method_t big and small).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from ...ending import GuestFault
from ...guest.text import to_text
from ...machine.emulator import Emulator
from ...machine.models import after_load
from ...machine.objects import ClassObject

MAX_CLASSES = 5_000
MAX_METHODS = 5_000
MAX_DESCENT = 100
"""Classes in one line; a damaged class may be its own parent."""
_SMALL = 0x8000_0000
_POINTER_BITS = 0x0000_7FFF_FFFF_FFF8
"""FAST_DATA_MASK: flags stand in the low bits of a class' data pointer."""


@dataclass(slots=True)
class LocalClass:
    """A class of the executable."""

    name: str
    address: int
    superclass: int
    metaclass: int
    size: int
    """Bytes of an instance."""
    methods: dict[str, int] = field(default_factory=dict)
    class_methods: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class ObjcState:
    """What was read of the executable's classes; forks share it."""

    classes: dict[int, LocalClass] | None = None
    """By address; None where they have not been read."""
    category_methods: dict[str, dict[str, int]] = field(default_factory=dict)
    """Implementations by selector, by the class' name behind `-` or `+`."""


@after_load
def read_classes(machine: Emulator) -> None:
    """Know the executable's classes before anything refers to them."""
    local_classes(machine)


def local_classes(machine: Emulator) -> dict[int, LocalClass]:
    """All classes of the executable by address; categories are added to their classes."""
    state = machine.state_of(ObjcState)
    if state.classes is None:
        state.classes = {}
        try:
            _read_all(machine, state.classes)
        except GuestFault:
            state.classes.clear()
    return state.classes


def category_methods(machine: Emulator) -> dict[str, dict[str, int]]:
    """Methods by class name that the executable adds to classes of the system."""
    return machine.state_of(ObjcState).category_methods


def _read_all(machine: Emulator, known: dict[int, LocalClass]) -> None:
    memory, image = machine.memory, machine.image
    section = image.section("__objc_classlist")
    if section is not None:
        count = min(section.size // 8, MAX_CLASSES)
        for index in range(count):
            address = memory.u64(section.address + image.slide + 8 * index)
            found = _read_class(machine, address)
            known[address] = found
            machine.objects.put(address, ClassObject("Class", found.name, found.address))
            machine.objects.classes[found.name] = address
    section = image.section("__objc_catlist")
    if section is not None:
        for index in range(min(section.size // 8, MAX_CLASSES)):
            _read_category(machine, known, memory.u64(section.address + image.slide + 8 * index))


def _read_class(machine: Emulator, address: int) -> LocalClass:
    memory = machine.memory
    metaclass, superclass = memory.u64(address), memory.u64(address + 8)
    constants = memory.u64(address + 32) & _POINTER_BITS
    size = memory.u32(constants + 8)
    name = to_text(memory.text(memory.u64(constants + 24)))
    meta = memory.u64(metaclass + 32) & _POINTER_BITS
    return LocalClass(
        name,
        address,
        superclass,
        metaclass,
        size,
        read_methods(machine, memory.u64(constants + 32)),
        read_methods(machine, memory.u64(meta + 32)),
    )


def _read_category(machine: Emulator, known: dict[int, LocalClass], address: int) -> None:
    memory = machine.memory
    target = memory.u64(address + 8)
    instance = read_methods(machine, memory.u64(address + 16))
    of_class = read_methods(machine, memory.u64(address + 24))
    if target in known:
        known[target].methods.update(instance)
        known[target].class_methods.update(of_class)
        return
    found = machine.objects.at(target)
    if isinstance(found, ClassObject):
        table = category_methods(machine)
        table.setdefault(f"-{found.name}", {}).update(instance)
        table.setdefault(f"+{found.name}", {}).update(of_class)


def read_methods(machine: Emulator, address: int) -> dict[str, int]:
    """Implementations by selector of a method list."""
    if not address:
        return {}
    memory = machine.memory
    flags, count = struct.unpack("<2I", memory.read(address, 8))
    found = {}
    for index in range(min(count, MAX_METHODS)):
        if flags & _SMALL:
            at = address + 8 + 12 * index
            name, _, code = struct.unpack("<3i", memory.read(at, 12))
            selector, implementation = memory.u64(at + name), at + 8 + code
        else:
            at = address + 8 + 24 * index
            selector, implementation = memory.u64(at), memory.u64(at + 16)
        found[to_text(memory.text(selector))] = implementation
    return found


def line_of_descent(machine: Emulator, class_address: int) -> Iterator[LocalClass]:
    """A class of the executable and those it descends from, up to the first of the system."""
    classes, address = local_classes(machine), class_address
    for _ in range(MAX_DESCENT):
        if address not in classes:
            return
        yield classes[address]
        address = classes[address].superclass


def local_implementation(
    machine: Emulator, class_address: int, selector: str, *, of_class: bool
) -> tuple[int | None, str]:
    """The executable's own implementation, or None and the system class that comes next."""
    address = class_address
    for found in line_of_descent(machine, class_address):
        table = found.class_methods if of_class else found.methods
        if selector in table:
            return table[selector], found.name
        address = found.superclass
    parent = machine.objects.at(address) if address else None
    return None, parent.name if isinstance(parent, ClassObject) else "NSObject"
