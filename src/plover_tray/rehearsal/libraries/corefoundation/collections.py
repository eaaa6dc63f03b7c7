"""CFArray, CFDictionary, CFNumber, CFData, property lists, types, preferences, alerts."""
# ruff: noqa: D103 - a model's name says which function it answers for

import struct

from ...ending import GuestFault, unknown
from ...guest.text import to_bytes
from ...machine.frame import Frame
from ...machine.models import models
from ...machine.objects import Array, Data, Dictionary, GuestObject, Number, Text, Url
from ..libc.text_output import emit_text
from ..main_bundle import parse_plist
from ..values import equal, give, plain, whole

_TYPES: dict[str, type[GuestObject]] = {
    "CFStringGetTypeID": Text,
    "CFURLGetTypeID": Url,
    "CFArrayGetTypeID": Array,
    "CFDictionaryGetTypeID": Dictionary,
    "CFNumberGetTypeID": Number,
    "CFDataGetTypeID": Data,
}
_NUMBERS = {1: "b", 2: "h", 3: "i", 4: "q", 5: "f", 6: "d", 7: "b", 8: "h", 9: "i", 10: "q",
            11: "q", 12: "f", 13: "d", 14: "q", 15: "q", 16: "d"}  # fmt: skip
"""CFNumberType's numbers as the struct module's letters."""


@models(*_TYPES, "CFBooleanGetTypeID")
def type_id(frame: Frame) -> int:
    return 7 + (list(_TYPES).index(frame.name) if frame.name in _TYPES else 20)


@models("CFGetTypeID")
def get_type_id(frame: Frame) -> int:
    value = frame.object(0)
    if isinstance(value, Number) and isinstance(value.value, bool):
        return 27
    for number, kind in enumerate(_TYPES.values()):
        if type(value) is kind:
            return 7 + number
    return 1


@models("CFEqual")
def cf_equal(frame: Frame) -> int:
    return int(equal(frame.object(0), frame.object(1)))


@models("CFGetRetainCount")
def retain_count(_frame: Frame) -> int:
    return 1


@models("CFShow", "CFShowStr")
def show(frame: Frame) -> int:
    emit_text(frame, 2, to_bytes(f"{frame.object(0)}\n"))
    return 0


@models("CFCopyDescription")
def description(frame: Frame) -> int:
    return give(frame, Text(text=str(frame.object(0))))


# ---- arrays --------------------------------------------------------------------------------------


def _array(frame: Frame, index: int) -> Array:
    value = frame.object(index)
    if not isinstance(value, Array):
        raise GuestFault(0, f"given {value} for an array")
    return value


def _dictionary(frame: Frame, index: int) -> Dictionary:
    value = frame.object(index)
    if not isinstance(value, Dictionary):
        raise GuestFault(0, f"given {value} for a dictionary")
    return value


def _listed(frame: Frame, place: int, count: int) -> list[GuestObject]:
    if count > 100_000:
        raise GuestFault(place, "given a list without an end")
    pointers = [frame.memory.u64(place + 8 * index) for index in range(count)]
    return [v for p in pointers if (v := frame.machine.objects.at(p)) is not None]


@models("CFArrayCreate")
def array_create(frame: Frame) -> int:
    return give(frame, Array(items=_listed(frame, frame.pointer(1), frame.size(2))))


@models("CFArrayCreateMutable")
def array_mutable(frame: Frame) -> int:
    return give(frame, Array("NSMutableArray"))


@models("CFArrayCreateMutableCopy", "CFArrayCreateCopy")
def array_copy(frame: Frame) -> int:
    index = 2 if "Mutable" in frame.name else 1
    return give(frame, Array("NSMutableArray", list(_array(frame, index).items)))


@models("CFArrayAppendValue")
def array_append(frame: Frame) -> int:
    value = frame.object(1)
    if value is not None:
        _array(frame, 0).items.append(value)
    return 0


@models("CFArrayAppendArray")
def array_append_array(frame: Frame) -> int:
    """(array, other, range)"""
    more = _array(frame, 1).items
    start, size = frame.size(2), frame.size(3)
    _array(frame, 0).items.extend(more[start : start + size])
    return 0


@models("CFArrayRemoveValueAtIndex")
def array_remove(frame: Frame) -> int:
    items, index = _array(frame, 0).items, frame.size(1)
    if index >= len(items):
        raise GuestFault(index, "given an index behind the end")
    del items[index]
    return 0


@models("CFArrayInsertValueAtIndex", "CFArraySetValueAtIndex")
def array_insert(frame: Frame) -> int:
    items, index, value = _array(frame, 0).items, frame.size(1), frame.object(2)
    if index > len(items) or value is None:
        raise GuestFault(index, "given nil or an index behind the end")
    items[index : index + ("Set" in frame.name)] = [value]
    return 0


@models("CFArrayGetCount")
def array_count(frame: Frame) -> int:
    return len(_array(frame, 0).items)


@models("CFArrayGetValueAtIndex")
def array_at(frame: Frame) -> int:
    items, index = _array(frame, 0).items, frame.size(1)
    if index >= len(items):
        raise GuestFault(index, "given an index behind the end")
    return give(frame, items[index])


# ---- dictionaries --------------------------------------------------------------------------------


@models("CFDictionaryCreateMutable")
def dictionary_mutable(frame: Frame) -> int:
    return give(frame, Dictionary("NSMutableDictionary"))


@models("CFDictionaryCreate")
def dictionary_create(frame: Frame) -> int:
    count = frame.size(3)
    keys = [plain(key) for key in _listed(frame, frame.pointer(1), count)]
    values = _listed(frame, frame.pointer(2), count)
    return give(frame, Dictionary(items=dict(zip(keys, values, strict=False))))


@models("CFDictionaryGetValue", "CFDictionaryContainsKey", "CFDictionaryGetValueIfPresent")
def dictionary_get(frame: Frame) -> int:
    key = frame.object(1)
    found = _dictionary(frame, 0).items.get(plain(key)) if key is not None else None
    if frame.name == "CFDictionaryGetValue":
        return give(frame, found)
    if frame.name.endswith("IfPresent") and found is not None and (place := frame.pointer(2)):
        frame.memory.put_u64(place, frame.machine.objects.add(found))
    return int(found is not None)


@models("CFDictionarySetValue", "CFDictionaryAddValue")
def dictionary_set(frame: Frame) -> int:
    key, value = frame.object(1), frame.object(2)
    if key is not None and value is not None:
        _dictionary(frame, 0).items[plain(key)] = value
    return 0


@models("CFDictionaryGetCount")
def dictionary_count(frame: Frame) -> int:
    return len(_dictionary(frame, 0).items)


# ---- numbers and data ----------------------------------------------------------------------------


@models("CFNumberGetValue")
def number_value(frame: Frame) -> int:
    value, letter = frame.object(0), _NUMBERS.get(frame.size(1))
    if not isinstance(value, Number) or letter is None:
        raise unknown(frame.name, "its type has no model")
    number = value.value if letter in "fd" else whole(value.value)
    try:
        packed = struct.pack(f"<{letter}", number)
    except (struct.error, OverflowError):
        return 0  # it does not fit
    frame.memory.write(frame.pointer(2), packed)
    return 1


@models("CFBooleanGetValue")
def boolean_value(frame: Frame) -> int:
    value = frame.object(0)
    return int(isinstance(value, Number) and bool(value.value))


@models("CFDataGetLength")
def data_length(frame: Frame) -> int:
    value = frame.object(0)
    return len(value.data) if isinstance(value, Data) else 0


@models("CFDataGetBytePtr")
def data_bytes(frame: Frame) -> int:
    value = frame.object(0)
    if not isinstance(value, Data):
        return 0
    if not value.address:
        value.address = frame.memory.keep(value.data + b"\0")
    return value.address


@models("CFDataCreate", "CFDataCreateWithBytesNoCopy")
def data_create(frame: Frame) -> int:
    return give(frame, Data(data=frame.memory.read(frame.pointer(1), frame.size(2))))


@models("CFPropertyListCreateFromXMLData", "CFPropertyListCreateWithData")
def property_list(frame: Frame) -> int:
    value = frame.object(1)
    return give(frame, parse_plist(value.data) if isinstance(value, Data) else None)


# ---- settings and alerts -------------------------------------------------------------------------


@models("CFPreferencesCopyAppValue", "CFPreferencesGetAppBooleanValue",
        "CFPreferencesGetAppIntegerValue", "CFPreferencesAppSynchronize",
        "CFPreferencesSetAppValue", "CFPreferencesCopyValue")  # fmt: skip
def preference(frame: Frame) -> int:
    """A Mac on which the app was never run: nothing is set."""
    if frame.raw(0):
        frame.object(0)
    return 0


@models("CFUserNotificationDisplayAlert", "CFUserNotificationDisplayNotice")
def alert(frame: Frame) -> int:
    """(timeout, flags, icon, sound, localization, header, message, ...): shown to nobody."""
    for index in (4, 5, 6):
        address = frame.raw(index)
        if address and frame.machine.objects.known(address):
            value = frame.machine.objects.at(address)
            if isinstance(value, Text):
                emit_text(frame, -1, to_bytes(f"[alert] {value.text}\n"))
    frame.process.milestone("alert")
    return 0
