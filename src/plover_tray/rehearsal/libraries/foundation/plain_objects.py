"""NSObject, numbers, data, errors, pools: what every object answers."""
# ruff: noqa: D103 - a model's name says which function it answers for

from ...ending import Ended, unknown
from ...guest.text import to_bytes, to_text
from ...machine.frame import Frame
from ...machine.objects import (
    Array,
    ClassObject,
    Data,
    Dictionary,
    GuestObject,
    Instance,
    Number,
    Task,
    Text,
    Url,
)
from ...result import Outcome
from ..objc.methods import methods
from ..objc.runtime import allocate, class_of, is_kind, message, responds
from ..values import equal, give, give_text, whole
from .state import FoundationProcess, FoundationState, QueuedMessage
from .values import give_bytes, receiver

CLASSES: dict[str, type[GuestObject]] = {
    "NSString": Text,
    "NSMutableString": Text,
    "NSURL": Url,
    "NSArray": Array,
    "NSMutableArray": Array,
    "NSSet": Array,
    "NSMutableSet": Array,
    "NSDictionary": Dictionary,
    "NSMutableDictionary": Dictionary,
    "NSNumber": Number,
    "NSData": Data,
    "NSMutableData": Data,
    "NSTask": Task,
}


@methods("+[NSObject alloc]", "+[NSObject allocWithZone:]", "+[NSObject new]")
def alloc(frame: Frame) -> int:
    class_object = receiver(frame, ClassObject)
    if class_object.local is not None:
        address = allocate(frame, class_object)
        if not isinstance(address, int):
            raise unknown(frame.name)
        value = frame.machine.objects.at(address)
        if frame.name.endswith(" new]") and value is not None:
            message(frame.machine, value, "init")
        return address
    made = CLASSES.get(class_object.name)
    if made is None:
        return give(frame, Instance(class_object.name, of=class_object))
    value = made()
    value.kind = class_object.name
    return give(frame, value)


@methods("-[NSObject init]", "-[NSObject self]", "-[NSObject retain]", "-[NSObject autorelease]",
         "-[NSObject copyWithZone:]")  # fmt: skip
def itself(frame: Frame) -> int:
    frame.silent = not frame.name.endswith("init]")
    return frame.machine.objects.add(frame.receiver)


@methods("-[NSObject copy]")
def copy(frame: Frame) -> int:
    value = frame.receiver
    if isinstance(value, Text):
        return give_text(frame, value.text)
    if isinstance(value, Array):
        return give(frame, Array("NSArray", list(value.items)))
    if isinstance(value, Dictionary):
        return give(frame, Dictionary("NSDictionary", dict(value.items)))
    return give(frame, value)


@methods("-[NSObject mutableCopy]")
def mutable_copy(frame: Frame) -> int:
    value = frame.receiver
    if isinstance(value, Text):
        return give_text(frame, value.text, mutable=True)
    if isinstance(value, Array):
        return give(frame, Array("NSMutableArray", list(value.items)))
    if isinstance(value, Dictionary):
        return give(frame, Dictionary("NSMutableDictionary", dict(value.items)))
    raise unknown(frame.name)


@methods("-[NSObject release]", "-[NSObject drain]", "-[NSObject dealloc]",
         "-[NSObject finalize]", "+[NSObject load]", "+[NSObject initialize]")  # fmt: skip
def release(frame: Frame) -> int:
    frame.silent = True
    return 0


@methods("-[NSObject class]", "+[NSObject class]")
def class_(frame: Frame) -> int:
    return class_of(frame.machine, receiver(frame, GuestObject))


@methods("-[NSObject isKindOfClass:]", "-[NSObject isMemberOfClass:]")
def is_kind_of(frame: Frame) -> int:
    return int(is_kind(frame, frame.receiver, frame.object(0)))


@methods("-[NSObject respondsToSelector:]", "+[NSObject instancesRespondToSelector:]")
def responds_to(frame: Frame) -> int:
    return int(responds(frame.machine, frame.receiver, to_text(frame.text(0))))


@methods("-[NSObject description]", "-[NSObject debugDescription]")
def description(frame: Frame) -> int:
    value = frame.receiver
    return give_text(frame, value.text if isinstance(value, Text) else str(value))


@methods("-[NSObject isEqual:]", "-[NSString isEqualToString:]", "-[NSNumber isEqualToNumber:]",
         "-[NSArray isEqualToArray:]")  # fmt: skip
def is_equal(frame: Frame) -> int:
    return int(equal(frame.receiver, frame.object(0)))


@methods(
    "-[NSObject performSelector:]", "-[NSObject performSelector:withObject:]",
    "-[NSObject performSelectorOnMainThread:withObject:waitUntilDone:]",
    "-[NSObject performSelector:withObject:afterDelay:]",
)  # fmt: skip
def perform(frame: Frame) -> int:
    """Later is taken to be at the start of the event loop."""
    selector, argument = to_text(frame.text(0)), frame.raw(1)
    target = receiver(frame, GuestObject)
    if "afterDelay" in frame.name or "MainThread" in frame.name:
        queue = frame.process.state_of(FoundationProcess).main_queue
        queue.append(QueuedMessage(frame.machine.objects.add(target), selector, argument))
        return 0
    result = message(frame.machine, target, selector, argument)
    if result is None:
        raise unknown(f"{frame.name} of {selector}")
    return result


# ---- numbers, data -------------------------------------------------------------------------------


@methods("+[NSNumber numberWithInt:]", "+[NSNumber numberWithInteger:]",
         "+[NSNumber numberWithLong:]", "+[NSNumber numberWithUnsignedInteger:]",
         "+[NSNumber numberWithLongLong:]", "+[NSNumber numberWithUnsignedInt:]")  # fmt: skip
def number(frame: Frame) -> int:
    narrow = "Int:" in frame.name
    return give(frame, Number(value=frame.integer(0) if narrow else frame.long(0)))


@methods("+[NSNumber numberWithBool:]")
def boolean(frame: Frame) -> int:
    return give(frame, Number(value=bool(frame.raw(0) & 0xFF)))


@methods("+[NSNumber numberWithDouble:]")
def real(frame: Frame) -> int:
    return give(frame, Number(value=frame.double(0)))


@methods("-[NSNumber intValue]", "-[NSNumber integerValue]", "-[NSNumber boolValue]",
         "-[NSNumber longValue]", "-[NSNumber unsignedIntegerValue]", "-[NSNumber charValue]",
         "-[NSNumber longLongValue]")  # fmt: skip
def value_of(frame: Frame) -> int:
    return whole(receiver(frame, Number).value)


@methods("-[NSNumber stringValue]")
def number_text(frame: Frame) -> int:
    return give_text(frame, str(receiver(frame, Number).value))


@methods("-[NSData bytes]", "-[NSMutableData mutableBytes]")
def data_bytes(frame: Frame) -> int:
    value = receiver(frame, Data)
    if not value.address:
        value.address = frame.memory.keep(value.data + b"\0")
    return value.address


@methods("-[NSData length]")
def data_length(frame: Frame) -> int:
    return len(receiver(frame, Data).data)


@methods("+[NSData dataWithBytes:length:]", "-[NSData initWithBytes:length:]")
def data_with_bytes(frame: Frame) -> int:
    return give(frame, Data(data=frame.memory.read(frame.pointer(0), frame.size(1))))


# ---- errors and exceptions -----------------------------------------------------------------------


@methods("-[NSError localizedDescription]", "-[NSException reason]", "-[NSException name]",
         "-[NSError domain]")  # fmt: skip
def error_text(frame: Frame) -> int:
    return give_text(frame, str(receiver(frame, Instance).values.get("text", "")))


@methods("-[NSError code]")
def error_code(frame: Frame) -> int:
    return int(receiver(frame, Instance).values.get("code", 0))


@methods("-[NSException raise]", "+[NSException raise:format:]")
def raise_exception(frame: Frame) -> None:
    raise Ended(Outcome.UNKNOWN_CALL, "It raises an exception.", call=frame.name)


@methods("-[NSObject hash]")
def hash_(frame: Frame) -> int:
    return frame.machine.objects.add(frame.receiver) >> 4


# ---- settings: a Mac on which the app was never run ----------------------------------------------


@methods("+[NSUserDefaults standardUserDefaults]", "+[NSNotificationCenter defaultCenter]",
         "+[NSDistributedNotificationCenter defaultCenter]", "+[NSThread currentThread]",
         "+[NSThread mainThread]", "+[NSAppleEventManager sharedAppleEventManager]",
         "+[NSNull null]", "+[NSDate date]")  # fmt: skip
def shared(frame: Frame) -> int:
    class_object = receiver(frame, ClassObject)
    known = frame.machine.state_of(FoundationState).shared
    if class_object.name not in known:
        known[class_object.name] = Instance(class_object.name, of=class_object)
    return give(frame, known[class_object.name])


@methods("-[NSUserDefaults registerDefaults:]")
def register_defaults(frame: Frame) -> int:
    value = frame.object(0)
    if isinstance(value, Dictionary):
        receiver(frame, Instance).values.update(value.items)
    return 0


@methods("-[NSUserDefaults objectForKey:]", "-[NSUserDefaults stringForKey:]",
         "-[NSUserDefaults boolForKey:]", "-[NSUserDefaults integerForKey:]",
         "-[NSUserDefaults arrayForKey:]", "-[NSUserDefaults dictionaryForKey:]")  # fmt: skip
def default_for_key(frame: Frame) -> int:
    key = frame.object(0)
    found = receiver(frame, Instance).values.get(key.text if isinstance(key, Text) else "")
    if "bool" in frame.name or "integer" in frame.name:
        return whole(found.value) if isinstance(found, Number) else 0
    return give(frame, found if isinstance(found, GuestObject) else None)


@methods("-[NSUserDefaults setObject:forKey:]", "-[NSUserDefaults setValue:forKey:]")
def set_default(frame: Frame) -> int:
    value, key = frame.object(0), frame.object(1)
    if isinstance(key, Text):
        receiver(frame, Instance).values[key.text] = value
    return 0


@methods("-[NSUserDefaults setBool:forKey:]", "-[NSUserDefaults setInteger:forKey:]")
def set_default_number(frame: Frame) -> int:
    value, key = frame.raw(0), frame.object(1)
    if isinstance(key, Text):
        receiver(frame, Instance).values[key.text] = Number(value=value)
    return 0


@methods(
    "-[NSUserDefaults synchronize]", "-[NSUserDefaults removeObjectForKey:]",
    "-[NSNotificationCenter addObserver:selector:name:object:]",
    "-[NSNotificationCenter removeObserver:]",
    "-[NSDistributedNotificationCenter addObserver:selector:name:object:]",
    "-[NSAppleEventManager setEventHandler:andSelector:forEventClass:andEventID:]",
    "-[NSThread setName:]", "+[NSThread sleepForTimeInterval:]",
)  # fmt: skip
def nothing(_frame: Frame) -> int:
    """Changes nothing that a rehearsal sees: no notification ever comes."""
    return 0


@methods("+[NSThread isMainThread]", "-[NSThread isMainThread]")
def is_main_thread(_frame: Frame) -> int:
    return 1


@methods("-[NSObject UTF8String]")
def utf8_of_object(frame: Frame) -> int:
    value = frame.receiver
    if not isinstance(value, Text):
        raise unknown(frame.name)
    return give_bytes(frame, to_bytes(value.text))
