"""NSArray and NSDictionary, mutable or not."""
# ruff: noqa: D103 - a model's name says which function it answers for

import plistlib
import struct
from typing import Any

from ...ending import GuestFault
from ...guest.errors import GuestDataError
from ...machine.frame import Frame
from ...machine.objects import Array, ClassObject, Data, Dictionary, GuestObject, Text
from ..main_bundle import parse_plist, read_plist
from ..objc.methods import methods
from ..values import equal, give, give_text, limited, plain
from .values import receiver, text, texts_of

MAX_ITEMS = 100_000


def _new(frame: Frame, items: list[GuestObject]) -> int:
    """Give a new array; an `init` fills the object that alloc gave."""
    if isinstance(frame.receiver, Array):
        frame.receiver.items = items
        return give(frame, frame.receiver)
    kind = frame.receiver.name if isinstance(frame.receiver, ClassObject) else "NSArray"
    return give(frame, Array(kind, items))


def _objects(frame: Frame, place: int, count: int) -> list[GuestObject]:
    if count > MAX_ITEMS:
        raise GuestFault(place, "given a list without an end")
    found = []
    for index in range(count):
        value = frame.machine.objects.at(frame.memory.u64(place + 8 * index))
        if value is None:
            raise GuestFault(0, "given nil for an item")
        found.append(value)
    return found


@methods("+[NSArray array]", "-[NSArray init]", "+[NSArray arrayWithCapacity:]",
         "-[NSArray initWithCapacity:]", "+[NSSet set]")  # fmt: skip
def empty(frame: Frame) -> int:
    return _new(frame, [])


@methods("+[NSArray arrayWithObject:]", "+[NSSet setWithObject:]")
def with_object(frame: Frame) -> int:
    value = frame.object(0)
    if value is None:
        raise GuestFault(0, "given nil for an item")
    return _new(frame, [value])


@methods("+[NSArray arrayWithObjects:]", "-[NSArray initWithObjects:]", "+[NSSet setWithObjects:]")
def with_objects(frame: Frame) -> int:
    items: list[GuestObject] = []
    value, more = frame.object(0), frame.variadic(1)
    while value is not None and len(items) < MAX_ITEMS:
        items.append(value)
        value = frame.machine.objects.at(more.word())
        more.note(str(value) if value else "nil")
    return _new(frame, items)


@methods("+[NSArray arrayWithObjects:count:]", "-[NSArray initWithObjects:count:]")
def with_count(frame: Frame) -> int:
    return _new(frame, _objects(frame, frame.pointer(0), frame.size(1)))


@methods("+[NSArray arrayWithArray:]", "-[NSArray initWithArray:]")
def with_array(frame: Frame) -> int:
    value = frame.object(0)
    return _new(frame, list(value.items) if isinstance(value, Array) else [])


@methods("-[NSArray count]", "-[NSSet count]", "-[NSDictionary count]")
def count(frame: Frame) -> int:
    value = frame.receiver
    return len(value.items) if isinstance(value, Array | Dictionary) else 0


@methods("-[NSArray objectAtIndex:]", "-[NSArray objectAtIndexedSubscript:]")
def at(frame: Frame) -> int:
    items, index = receiver(frame, Array).items, frame.size(0)
    if index >= len(items):
        raise GuestFault(index, "given an index behind the end")
    return give(frame, items[index])


@methods("-[NSArray firstObject]", "-[NSArray lastObject]")
def end(frame: Frame) -> int:
    items = receiver(frame, Array).items
    return give(frame, (items[0] if "first" in frame.name else items[-1]) if items else None)


@methods("-[NSArray subarrayWithRange:]")
def subarray(frame: Frame) -> int:
    items, start, size = receiver(frame, Array).items, frame.size(0), frame.size(1)
    if start + size > len(items):
        raise GuestFault(start, "given a range behind the end")
    return give(frame, Array(items=items[start : start + size]))


@methods("-[NSArray arrayByAddingObject:]")
def adding(frame: Frame) -> int:
    value = frame.object(0)
    items = receiver(frame, Array).items
    return give(frame, Array(items=[*items, value] if value is not None else items))


@methods("-[NSArray arrayByAddingObjectsFromArray:]")
def adding_all(frame: Frame) -> int:
    value = frame.object(0)
    more = value.items if isinstance(value, Array) else []
    return give(frame, Array(items=[*receiver(frame, Array).items, *more]))


@methods("-[NSArray containsObject:]", "-[NSSet containsObject:]")
def contains(frame: Frame) -> int:
    value = frame.object(0)
    return int(any(equal(item, value) for item in receiver(frame, Array).items))


@methods("-[NSArray indexOfObject:]")
def index_of(frame: Frame) -> int:
    value = frame.object(0)
    items = receiver(frame, Array).items
    return next((i for i, item in enumerate(items) if equal(item, value)), (1 << 63) - 1)


@methods("-[NSArray componentsJoinedByString:]")
def join(frame: Frame) -> int:
    between, items = text(frame, 0), texts_of(frame.receiver)
    limited(len(between) * len(items) + sum(map(len, items)))
    return give_text(frame, between.join(items))


@methods("-[NSMutableArray addObject:]", "-[NSMutableSet addObject:]")
def add(frame: Frame) -> int:
    value = frame.object(0)
    if value is None:
        raise GuestFault(0, "given nil for an item")
    receiver(frame, Array).items.append(value)
    return 0


@methods("-[NSMutableArray insertObject:atIndex:]")
def insert(frame: Frame) -> int:
    value, index = frame.object(0), frame.size(1)
    items = receiver(frame, Array).items
    if value is None or index > len(items):
        raise GuestFault(index, "given nil or an index behind the end")
    items.insert(index, value)
    return 0


@methods("-[NSMutableArray addObjectsFromArray:]")
def add_all(frame: Frame) -> int:
    value = frame.object(0)
    receiver(frame, Array).items += value.items if isinstance(value, Array) else []
    return 0


@methods("-[NSMutableArray removeObjectAtIndex:]", "-[NSMutableArray removeLastObject]",
         "-[NSMutableArray removeAllObjects]")  # fmt: skip
def remove(frame: Frame) -> int:
    items = receiver(frame, Array).items
    if frame.name.endswith("removeAllObjects]"):
        items.clear()
        return 0
    index = frame.size(0) if "AtIndex" in frame.name else len(items) - 1
    if not 0 <= index < len(items):
        raise GuestFault(index, "given an index behind the end")
    del items[index]
    return 0


@methods(
    "-[NSMutableArray setObject:atIndexedSubscript:]",
)
def set_at(frame: Frame) -> int:
    value, index = frame.object(0), frame.size(1)
    items = receiver(frame, Array).items
    if value is None or index > len(items):
        raise GuestFault(index, "given nil or an index behind the end")
    items[index : index + 1] = [value]
    return 0


@methods("-[NSArray countByEnumeratingWithState:objects:count:]",
         "-[NSDictionary countByEnumeratingWithState:objects:count:]")  # fmt: skip
def enumerate_fast(frame: Frame) -> int:
    """For (x in array): all items at once; NSFastEnumerationState is {state, items, mutations}."""
    place = frame.pointer(0)
    if frame.memory.u64(place):
        return 0
    value = frame.receiver
    items = list(value.items) if isinstance(value, Array) else []
    objects: list[GuestObject] = [each for each in items if isinstance(each, GuestObject)]
    if isinstance(value, Dictionary):
        objects = [Text(text=key) for key in value.items]
    add_object = frame.machine.objects.add
    listed = frame.memory.keep_list([add_object(each) for each in objects])
    frame.memory.write(place, struct.pack("<3Q", 1, listed, frame.memory.keep(bytes(8))))
    return len(objects)


# ---- dictionaries --------------------------------------------------------------------------------


def _new_dictionary(frame: Frame, items: dict[str, GuestObject]) -> int:
    if isinstance(frame.receiver, Dictionary):
        frame.receiver.items = items
        return give(frame, frame.receiver)
    kind = frame.receiver.name if isinstance(frame.receiver, ClassObject) else "NSDictionary"
    return give(frame, Dictionary(kind, items))


@methods("+[NSDictionary dictionary]", "+[NSDictionary dictionaryWithCapacity:]",
         "-[NSDictionary init]", "-[NSDictionary initWithCapacity:]")  # fmt: skip
def empty_dictionary(frame: Frame) -> int:
    return _new_dictionary(frame, {})


@methods("+[NSDictionary dictionaryWithObject:forKey:]")
def dictionary_with_object(frame: Frame) -> int:
    value = frame.object(0)
    return _new_dictionary(frame, {text(frame, 1): value} if value is not None else {})


@methods("+[NSDictionary dictionaryWithObjects:forKeys:count:]",
         "-[NSDictionary initWithObjects:forKeys:count:]")  # fmt: skip
def dictionary_with_count(frame: Frame) -> int:
    size = frame.size(2)
    values = _objects(frame, frame.pointer(0), size)
    keys = [plain(key) for key in _objects(frame, frame.pointer(1), size)]
    return _new_dictionary(frame, dict(zip(keys, values, strict=True)))


@methods("+[NSDictionary dictionaryWithObjectsAndKeys:]",
         "-[NSDictionary initWithObjectsAndKeys:]")  # fmt: skip
def dictionary_with_pairs(frame: Frame) -> int:
    items: dict[str, GuestObject] = {}
    value, more = frame.object(0), frame.variadic(1)
    while value is not None and len(items) < MAX_ITEMS:
        key = frame.machine.objects.at(more.word())
        if key is None:
            raise GuestFault(0, "given nil for a key")
        items[plain(key)] = value
        value = frame.machine.objects.at(more.word())
    return _new_dictionary(frame, items)


@methods("+[NSDictionary dictionaryWithDictionary:]", "-[NSDictionary initWithDictionary:]")
def dictionary_with_dictionary(frame: Frame) -> int:
    value = frame.object(0)
    return _new_dictionary(frame, dict(value.items) if isinstance(value, Dictionary) else {})


@methods("+[NSDictionary dictionaryWithContentsOfFile:]",
         "-[NSDictionary initWithContentsOfFile:]",
         "+[NSDictionary dictionaryWithContentsOfURL:]")  # fmt: skip
def dictionary_from_file(frame: Frame) -> int:
    found = read_plist(frame.machine, text(frame, 0))
    return give(frame, found if isinstance(found, Dictionary) else None)


@methods("-[NSDictionary objectForKey:]", "-[NSDictionary valueForKey:]",
         "-[NSDictionary objectForKeyedSubscript:]")  # fmt: skip
def value_for_key(frame: Frame) -> int:
    return give(frame, receiver(frame, Dictionary).items.get(text(frame, 0)))


@methods("-[NSMutableDictionary setObject:forKey:]", "-[NSMutableDictionary setValue:forKey:]",
         "-[NSMutableDictionary setObject:forKeyedSubscript:]")  # fmt: skip
def set_value(frame: Frame) -> int:
    value, key = frame.object(0), text(frame, 1)
    items = receiver(frame, Dictionary).items
    if value is None:
        items.pop(key, None)
    else:
        items[key] = value
    return 0


@methods("-[NSMutableDictionary removeObjectForKey:]")
def remove_value(frame: Frame) -> int:
    receiver(frame, Dictionary).items.pop(text(frame, 0), None)
    return 0


@methods("-[NSMutableDictionary addEntriesFromDictionary:]")
def add_entries(frame: Frame) -> int:
    value = frame.object(0)
    if isinstance(value, Dictionary):
        receiver(frame, Dictionary).items.update(value.items)
    return 0


@methods("-[NSDictionary allKeys]", "-[NSDictionary allValues]")
def all_keys(frame: Frame) -> int:
    items = receiver(frame, Dictionary).items
    found: list[GuestObject] = list(items.values())
    if "Keys" in frame.name:
        found = [Text(text=key) for key in items]
    return give(frame, Array(items=found))


@methods("+[NSPropertyListSerialization propertyListWithData:options:format:error:]")
def property_list(frame: Frame) -> int:
    value = frame.object(0)
    return give(frame, parse_plist(value.data) if isinstance(value, Data) else None)


@methods("+[NSPropertyListSerialization dataWithPropertyList:format:options:error:]")
def property_list_data(frame: Frame) -> int:
    """In XML (format 100), as it is asked for by our own launcher."""
    value = _to_python(frame.object(0))
    try:
        return give(frame, Data(data=plistlib.dumps(value)))
    except (TypeError, ValueError, OverflowError) as error:
        raise GuestDataError(f"a property list of this: {error}") from error


def _to_python(value: GuestObject | None) -> Any:
    if isinstance(value, Dictionary):
        return {key: _to_python(item) for key, item in value.items.items()}
    if isinstance(value, Array):
        return [_to_python(item) for item in value.items]
    if isinstance(value, Data):
        return value.data
    found = getattr(value, "value", None)
    return found if found is not None else getattr(value, "text", "")
