"""CFString: made from C, given back as C, compared, joined."""
# ruff: noqa: D103 - a model's name says which function it answers for

from ...ending import GuestFault, unknown
from ...guest.text import to_bytes, to_text
from ...machine.emulator import Emulator
from ...machine.frame import Frame, signed
from ...machine.models import data_maker, models
from ...machine.objects import Array, Number, Text
from ..libc.characters import parse_number
from ..libc.printing import format_text
from ..values import give, give_text, limited, plain
from .values import UTF8, decode, encode, into_buffer, string

_CONSTANTS = {
    "kCFBundleExecutableKey": "CFBundleExecutable",
    "kCFBundleIdentifierKey": "CFBundleIdentifier",
    "kCFBundleNameKey": "CFBundleName",
    "kCFBundleVersionKey": "CFBundleVersion",
    "kCFBundleInfoDictionaryVersionKey": "CFBundleInfoDictionaryVersion",
    "kCFBundleDevelopmentRegionKey": "CFBundleDevelopmentRegion",
    "kCFPreferencesCurrentApplication": "kCFPreferencesCurrentApplication",
    "kCFRunLoopDefaultMode": "kCFRunLoopDefaultMode",
    "kCFRunLoopCommonModes": "kCFRunLoopCommonModes",
    "NSDefaultRunLoopMode": "kCFRunLoopDefaultMode",
    "NSRunLoopCommonModes": "kCFRunLoopCommonModes",
    "NSApplicationDidFinishLaunchingNotification": "NSApplicationDidFinishLaunchingNotification",
    "NSApplicationWillTerminateNotification": "NSApplicationWillTerminateNotification",
    "NSTaskDidTerminateNotification": "NSTaskDidTerminateNotification",
    "NSFileHandleReadCompletionNotification": "NSFileHandleReadCompletionNotification",
}
_ZERO = ("kCFTypeArrayCallBacks", "kCFTypeDictionaryKeyCallBacks",
         "kCFTypeDictionaryValueCallBacks", "kCFCopyStringDictionaryKeyCallBacks",
         "kCFAllocatorDefault", "kCFAllocatorNull", "kCFAllocatorSystemDefault",
         "kCFAllocatorMalloc")  # fmt: skip


@data_maker
def constant(machine: Emulator, symbol: str) -> int | None:
    """CoreFoundation's constants: strings by their text, callbacks as zeros nobody reads."""
    name = symbol.removeprefix("_")
    if name in _CONSTANTS:
        address = machine.objects.add(Text(text=_CONSTANTS[name]))
        return machine.memory.keep(address.to_bytes(8, "little"))
    if name in _ZERO:
        return machine.memory.keep(bytes(64))
    if name in ("kCFBooleanTrue", "kCFBooleanFalse"):
        address = machine.objects.add(Number("CFBoolean", name.endswith("True")))
        return machine.memory.keep(address.to_bytes(8, "little"))
    return None


@models("CFStringCreateWithCString", "CFStringCreateWithCStringNoCopy")
def with_c_string(frame: Frame) -> int:
    text = decode(frame, frame.text(1), frame.raw(2) & 0xFFFFFFFF)
    return give_text(frame, text)


@models("__CFStringMakeConstantString")
def make_constant(frame: Frame) -> int:
    return give_text(frame, to_text(frame.text(0)))


@models("CFStringCreateWithFileSystemRepresentation")
def with_file_system(frame: Frame) -> int:
    return give_text(frame, to_text(frame.text(1)))


@models("CFStringCreateWithBytes", "CFStringCreateWithBytesNoCopy")
def with_bytes(frame: Frame) -> int:
    data = frame.memory.read(frame.pointer(1), frame.size(2))
    return give_text(frame, decode(frame, data, frame.raw(3) & 0xFFFFFFFF))


@models("CFStringCreateWithFormat")
def with_format(frame: Frame) -> int:
    template = to_bytes(string(frame, 2))
    return give_text(frame, to_text(format_text(frame, template, frame.variadic(3))))


@models("CFStringAppendFormat")
def append_format(frame: Frame) -> int:
    value = frame.object(0)
    template = to_bytes(string(frame, 2))
    if isinstance(value, Text):
        value.text += to_text(format_text(frame, template, frame.variadic(3)))
    return 0


@models("CFStringCreateCopy")
def copy(frame: Frame) -> int:
    return give_text(frame, string(frame, 1))


@models("CFStringCreateMutable")
def mutable(frame: Frame) -> int:
    return give_text(frame, "", mutable=True)


@models("CFStringCreateMutableCopy")
def mutable_copy(frame: Frame) -> int:
    return give_text(frame, string(frame, 2), mutable=True)


@models("CFStringAppend", "CFStringAppendCString")
def append(frame: Frame) -> int:
    value = frame.object(0)
    if frame.name == "CFStringAppend":
        added = string(frame, 1)
    else:
        added = decode(frame, frame.text(1), frame.raw(2) & 0xFFFFFFFF) or ""
    if isinstance(value, Text):
        value.text += added
    return 0


@models("CFStringGetCString")
def get_c_string(frame: Frame) -> int:
    """(string, buffer, room, encoding)"""
    data = encode(frame, string(frame, 0), frame.raw(3) & 0xFFFFFFFF)
    if data is None:
        return 0
    return into_buffer(frame, frame.pointer(1), frame.size(2), data)


@models("CFStringGetCStringPtr")
def get_c_string_pointer(frame: Frame) -> int:
    """NULL, as it may be for any string: callers have to have another way."""
    string(frame, 0)
    return 0


@models("CFStringGetFileSystemRepresentation")
def get_file_system(frame: Frame) -> int:
    return into_buffer(frame, frame.pointer(1), frame.size(2), to_bytes(string(frame, 0)))


@models("CFStringGetLength")
def length(frame: Frame) -> int:
    return len(string(frame, 0).encode("utf-16-le", "surrogatepass")) // 2


@models("CFStringGetMaximumSizeForEncoding")
def maximum_size(frame: Frame) -> int:
    return frame.size(0) * 3


@models("CFStringGetMaximumSizeOfFileSystemRepresentation")
def maximum_file_system(frame: Frame) -> int:
    return 3 * len(string(frame, 0)) + 1


@models("CFStringGetSystemEncoding", "CFStringFileSystemEncoding")
def system_encoding(_frame: Frame) -> int:
    return UTF8


@models("CFStringCompare", "CFStringCompareWithOptions")
def compare(frame: Frame) -> int:
    left, right = string(frame, 0), string(frame, 1)
    if frame.raw(2) & 1:
        left, right = left.lower(), right.lower()
    return (left > right) - (left < right)


@models("CFStringHasPrefix")
def has_prefix(frame: Frame) -> int:
    return int(string(frame, 0).startswith(string(frame, 1)))


@models("CFStringHasSuffix")
def has_suffix(frame: Frame) -> int:
    return int(string(frame, 0).endswith(string(frame, 1)))


@models("CFStringCreateArrayBySeparatingStrings")
def split(frame: Frame) -> int:
    parts = string(frame, 1).split(string(frame, 2) or "\0")
    return give(frame, Array(items=[Text(text=part) for part in parts]))


@models("CFStringCreateByCombiningStrings")
def combine(frame: Frame) -> int:
    value = frame.object(1)
    items = value.items if isinstance(value, Array) else []
    between, words = string(frame, 2), [plain(item) for item in items]
    limited(len(between) * len(words) + sum(map(len, words)))
    return give_text(frame, between.join(words))


@models("CFStringGetIntValue")
def int_value(frame: Frame) -> int:
    return signed(parse_number(to_bytes(string(frame, 0)), 10)[0] & 0xFFFFFFFF, 32)


@models("CFStringGetCharacterAtIndex")
def character(frame: Frame) -> int:
    text, at = string(frame, 0), frame.size(1)
    return ord(text[at]) & 0xFFFF if at < len(text) else 0


@models("CFStringFind")
def find(frame: Frame) -> int:
    """A CFRange comes back in two registers."""
    text, wanted = string(frame, 0), string(frame, 1)
    if frame.raw(2) & 1:
        text, wanted = text.lower(), wanted.lower()
    at = text.rfind(wanted) if frame.raw(2) & 4 else text.find(wanted)
    frame.set_second(len(wanted) if at >= 0 else 0)
    return at


@models("CFStringCreateWithSubstring")
def substring(frame: Frame) -> int:
    """(allocator, string, range); a CFRange is passed in two registers."""
    text, start, size = string(frame, 1), frame.size(2), frame.size(3)
    if start + size > len(text):
        raise GuestFault(start, "given a range behind the end")
    return give_text(frame, text[start : start + size])


@models("CFStringFindAndReplace")
def find_and_replace(frame: Frame) -> int:
    """(string, wanted, replacement, range, options); the whole string only."""
    value = frame.object(0)
    wanted, new = string(frame, 1), string(frame, 2)
    if not isinstance(value, Text) or not wanted:
        return 0
    if frame.raw(3) != 0 or frame.raw(4) < len(value.text) or frame.raw(5):
        raise unknown(frame.name, "its options have no model")
    count = value.text.count(wanted)
    limited(len(value.text) + count * len(new))
    value.text = value.text.replace(wanted, new)
    return count
