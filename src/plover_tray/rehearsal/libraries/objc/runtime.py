"""objc_msgSend and the runtime's functions.

A message goes to the executable's own method where it has one, else to the model of the system's;
a method without either ends the rehearsal with its name.
"""
# ruff: noqa: D103 - a model's name says which function it answers for

from ...ending import GuestFault, unknown
from ...guest.text import to_bytes, to_text
from ...machine.emulator import Emulator
from ...machine.frame import Frame
from ...machine.models import data, data_maker, models
from ...machine.objects import ClassObject, GuestObject, Instance
from ...machine.types import Jump
from .classes import category_methods, line_of_descent, local_classes, local_implementation
from .methods import find_method, inherits

_CLASS, _METACLASS = "_OBJC_CLASS_$_", "_OBJC_METACLASS_$_"


@data_maker
def class_symbol(machine: Emulator, symbol: str) -> int | None:
    """A class of the system, by its symbol; whether it exists shows when it is sent a message."""
    if symbol.startswith(_CLASS):
        return machine.objects.class_address(symbol[len(_CLASS) :])
    if symbol.startswith(_METACLASS):
        return machine.objects.class_address(f"{symbol[len(_METACLASS) :]} (metaclass)")
    if symbol.startswith(("_OBJC_EHTYPE_", "__objc_empty", "_OBJC_IVAR_$_")):
        return machine.memory.keep(bytes(32))
    return None


@data("__CFConstantStringClassReference")
def constant_string_class(machine: Emulator) -> int:
    return machine.objects.class_address("__NSCFConstantString")


# ---- messages ------------------------------------------------------------------------------------


@models("objc_msgSend", "objc_msgSend_noarg")
def msg_send(frame: Frame) -> int | Jump | None:
    receiver = frame.machine.objects.at(frame.raw(0))
    return send(frame, receiver, to_text(frame.memory.text(frame.raw(1))))


@models("objc_msgSendSuper2")
def msg_send_super2(frame: Frame) -> int | Jump | None:
    """Argument 0 is a struct {receiver, class}; looked up from that class' parent on."""
    machine = frame.machine
    place = frame.raw(0)
    receiver, class_address = frame.memory.u64(place), frame.memory.u64(place + 8)
    selector = to_text(frame.memory.text(frame.raw(1)))
    classes = local_classes(machine)
    machine.set(machine.abi.arguments[0], receiver)
    target = machine.objects.at(receiver)
    found = classes.get(class_address)
    of_class = isinstance(target, ClassObject)
    if found is None:
        found = next((c for c in classes.values() if c.metaclass == class_address), None)
    if found is None:
        raise unknown("objc_msgSendSuper2", "its class is not one of the executable's")
    code, parent = local_implementation(machine, found.superclass, selector, of_class=of_class)
    if code is not None:
        return Jump(code)
    return _system(frame, target, parent, selector, of_class=of_class)


def send(frame: Frame, receiver: GuestObject | None, selector: str) -> int | Jump | None:
    """Deliver a message; nil answers everything with 0."""
    machine = frame.machine
    if receiver is None:
        frame.name = f"[nil {selector}]"
        frame.says("nil")
        return 0
    of_class = isinstance(receiver, ClassObject)
    name = receiver.name if isinstance(receiver, ClassObject) else receiver.kind
    address = None
    if isinstance(receiver, ClassObject):
        address = receiver.local
    elif isinstance(receiver, Instance) and receiver.of is not None:
        address = receiver.of.local
    if address is not None:
        code, name = local_implementation(machine, address, selector, of_class=of_class)
        if code is not None:
            return Jump(code)
    return _system(frame, receiver, name, selector, of_class=of_class)


def _system(
    frame: Frame, receiver: GuestObject | None, class_name: str, selector: str, *, of_class: bool
) -> int | Jump | None:
    sign = "+" if of_class else "-"
    local_classes(frame.machine)
    added = category_methods(frame.machine).get(f"{sign}{class_name}", {}).get(selector)
    if added is not None:
        return Jump(added)
    found = find_method(sign, class_name, selector)
    if found is None:
        frame.name = f"{sign}[{class_name} {selector}]"
        raise unknown(frame.name)
    frame.name, model = found
    frame.first = 2
    frame.receiver = receiver
    return model(frame)


def responds(machine: Emulator, receiver: GuestObject | None, selector: str) -> bool:
    """Whether a message would be delivered."""
    if receiver is None:
        return False
    of_class = isinstance(receiver, ClassObject)
    name = receiver.name if isinstance(receiver, ClassObject) else receiver.kind
    local = receiver if isinstance(receiver, ClassObject) else getattr(receiver, "of", None)
    if isinstance(local, ClassObject) and local.local is not None:
        code, name = local_implementation(machine, local.local, selector, of_class=of_class)
        if code is not None:
            return True
    return find_method("+" if of_class else "-", name, selector) is not None


def message(machine: Emulator, receiver: GuestObject, selector: str, *arguments: int) -> int | None:
    """Send a message to an object of the executable's own class; None if it does not answer."""
    if not isinstance(receiver, Instance) or receiver.of is None or receiver.of.local is None:
        return None
    code, _ = local_implementation(machine, receiver.of.local, selector, of_class=False)
    if code is None:
        return None
    name = machine.memory.keep_text(to_bytes(selector))
    return machine.call(code, machine.objects.add(receiver), name, *arguments)


# ---- making objects ------------------------------------------------------------------------------


def allocate(frame: Frame, class_object: GuestObject | None) -> int | Jump | None:
    """What `alloc` gives."""
    if class_object is None:
        return 0
    if not isinstance(class_object, ClassObject):
        raise GuestFault(0, "alloc of what is no class")
    machine = frame.machine
    if class_object.local is not None:
        found = local_classes(machine).get(class_object.local)
        size = found.size if found is not None else 16
        machine.spending.memory(min(size, 1 << 20))
        value = Instance(class_object.name, of=class_object)
        address = machine.objects.add(value, size=min(size, 1 << 20) + 256)
        machine.memory.put_u64(address, class_object.local)
        return address
    return send(frame, class_object, "alloc")


@models("objc_alloc", "objc_allocWithZone", "class_createInstance")
def alloc(frame: Frame) -> int | Jump | None:
    return allocate(frame, frame.machine.objects.at(frame.raw(0)))


@models("objc_alloc_init", "objc_opt_new")
def alloc_init(frame: Frame) -> int | Jump | None:
    """alloc, then init: the executable's own init is called as a function."""
    machine = frame.machine
    class_object = machine.objects.at(frame.raw(0))
    address = allocate(frame, class_object)
    if not isinstance(address, int):
        raise unknown(frame.name, "its class has an alloc of its own")
    if isinstance(class_object, ClassObject) and class_object.local is not None:
        code, _ = local_implementation(machine, class_object.local, "init", of_class=False)
        if code is not None:
            return machine.call(code, address, machine.memory.keep_text(b"init"))
        return address
    value = machine.objects.at(address)
    inner = Frame(machine, "init")
    machine.set(machine.abi.arguments[0], address)
    result = send(inner, value, "init")
    frame.name = f"[[{class_object} alloc] init]"
    return address if not isinstance(result, int) else result


@models("objc_opt_class", "object_getClass")
def opt_class(frame: Frame) -> int:
    value = frame.machine.objects.at(frame.raw(0))
    return 0 if value is None else class_of(frame.machine, value)


def class_of(machine: Emulator, value: GuestObject) -> int:
    """The address of an object's class; a class is its own, as `+class` says."""
    if isinstance(value, ClassObject):
        return machine.objects.add(value)
    if isinstance(value, Instance) and value.of is not None:
        return machine.objects.add(value.of)
    return machine.objects.class_address(value.kind)


@models("objc_opt_self")
def opt_self(frame: Frame) -> int:
    return frame.raw(0)


@models("objc_opt_isKindOfClass")
def opt_is_kind(frame: Frame) -> int:
    return int(is_kind(frame, frame.object(0), frame.object(1)))


def is_kind(frame: Frame, value: GuestObject | None, wanted: GuestObject | None) -> bool:
    """isKindOfClass:"""
    if value is None or not isinstance(wanted, ClassObject):
        return False
    if isinstance(value, Instance) and value.of is not None and value.of.local is not None:
        line = line_of_descent(frame.machine, value.of.local)
        return wanted.name == "NSObject" or any(each.name == wanted.name for each in line)
    return inherits(value.kind, wanted.name)


@models("objc_opt_respondsToSelector", "class_respondsToSelector")
def opt_responds(frame: Frame) -> int:
    value = frame.object(0)
    return int(responds(frame.machine, value, to_text(frame.memory.text(frame.raw(1)))))


@models("objc_getClass", "objc_lookUpClass", "objc_getRequiredClass", "NSClassFromString")
def get_class(frame: Frame) -> int:
    machine = frame.machine
    if frame.name == "NSClassFromString":
        value = frame.object(0)
        name = getattr(value, "text", "")
    else:
        name = frame.path(0)
    local_classes(machine)
    return machine.objects.class_address(name)


@models("class_getName", "object_getClassName")
def class_name(frame: Frame) -> int:
    value = frame.object(0)
    name = value.name if isinstance(value, ClassObject) else value.kind if value else "nil"
    return frame.memory.keep_text(to_bytes(name))


@models("sel_registerName", "sel_getUid", "NSSelectorFromString")
def selector(frame: Frame) -> int:
    if frame.name == "NSSelectorFromString":
        return frame.memory.keep_text(to_bytes(getattr(frame.object(0), "text", "")))
    return frame.memory.keep_text(frame.text(0))


@models("sel_getName")
def selector_name(frame: Frame) -> int:
    return frame.raw(0)


# ---- reference counts: nothing is ever freed -----------------------------------------------------


@models(
    "objc_retain", "objc_autorelease", "objc_retainAutorelease",
    "objc_retainAutoreleaseReturnValue", "objc_autoreleaseReturnValue",
    "objc_retainAutoreleasedReturnValue", "objc_retainBlock",
    "objc_claimAutoreleasedReturnValue", "objc_unsafeClaimAutoreleasedReturnValue", "CFRetain",
    "CFMakeCollectable", "CFAutorelease", "NSMakeCollectable", "CFBridgingRetain",
)  # fmt: skip
def retain(frame: Frame) -> int:
    frame.silent = True
    return frame.raw(0)


@models("objc_release", "CFRelease", "objc_autoreleasePoolPop", "objc_destroyWeak",
        "objc_sync_enter", "objc_sync_exit", "objc_enumerationMutation")  # fmt: skip
def release(frame: Frame) -> int:
    frame.silent = True
    return 0


@models(
    *(f"objc_retain_x{number}" for number in range(29)),
    *(f"objc_release_x{number}" for number in range(29)),
)
def retain_register(frame: Frame) -> None:
    """arm64's short forms, which change no register."""
    frame.silent = True


@models("objc_autoreleasePoolPush")
def pool_push(frame: Frame) -> int:
    frame.silent = True
    return frame.memory.keep(bytes(16))


@models("objc_storeStrong", "objc_storeWeak", "objc_initWeak", "objc_setProperty_nonatomic",
        "objc_assign_strongCast", "objc_copyWeak", "objc_moveWeak")  # fmt: skip
def store(frame: Frame) -> int:
    frame.silent = True
    if frame.name == "objc_setProperty_nonatomic":
        frame.memory.put_u64(frame.raw(0) + frame.raw(3), frame.raw(2))
        return 0
    value = frame.raw(1)
    if frame.name in ("objc_copyWeak", "objc_moveWeak"):
        value = frame.memory.u64(value)
    frame.memory.put_u64(frame.raw(0), value)
    return value


@models(
    "objc_setProperty_nonatomic_copy", "objc_setProperty_atomic", "objc_setProperty_atomic_copy"
)
def set_property(frame: Frame) -> int:
    """(self, selector, value, offset)"""
    frame.silent = True
    frame.memory.put_u64(frame.raw(0) + frame.raw(3), frame.raw(2))
    return 0


@models("objc_getProperty")
def get_property(frame: Frame) -> int:
    frame.silent = True
    return frame.memory.u64(frame.raw(0) + frame.raw(2))


@models("objc_loadWeak", "objc_loadWeakRetained")
def load_weak(frame: Frame) -> int:
    frame.silent = True
    return frame.memory.u64(frame.raw(0))
