"""NSString: made from C strings and formats, taken apart as paths, compared, given back as C."""
# ruff: noqa: D103 - a model's name says which function it answers for

import contextlib

from ...ending import GuestFault
from ...guest import path_text
from ...guest.filesystem import FileError
from ...guest.text import to_bytes, to_text
from ...machine.frame import Frame
from ...machine.objects import Array, ClassObject, Data, GuestObject, Text, Url
from ..libc.characters import parse_number
from ..libc.printing import format_text
from ..libc.process_state import lookup
from ..main_bundle import MAX_PLIST, read_file
from ..objc.methods import methods
from ..values import give, give_text, limited
from .values import NOT_FOUND, give_bytes, receiver, text, texts_of


def _made(frame: Frame, value: str) -> int:
    """Give a new string; an `init` fills the object that alloc gave."""
    if isinstance(frame.receiver, Text):
        frame.receiver.text = value
        return give(frame, frame.receiver)
    mutable = isinstance(frame.receiver, ClassObject) and "Mutable" in frame.receiver.name
    return give_text(frame, value, mutable=mutable)


@methods("+[NSString stringWithUTF8String:]", "-[NSString initWithUTF8String:]",
         "+[NSString stringWithCString:encoding:]", "-[NSString initWithCString:encoding:]",
         "+[NSString stringWithCString:]")  # fmt: skip
def from_c(frame: Frame) -> int:
    return _made(frame, to_text(frame.text(0)))


@methods("-[NSString initWithBytes:length:encoding:]")
def from_bytes(frame: Frame) -> int:
    return _made(frame, to_text(frame.memory.read(frame.pointer(0), frame.size(1))))


@methods("-[NSFileManager stringWithFileSystemRepresentation:length:]")
def from_file_system(frame: Frame) -> int:
    return give_text(frame, to_text(frame.memory.read(frame.pointer(0), frame.size(1))))


@methods("+[NSString stringWithFormat:]", "-[NSString initWithFormat:]")
def from_format(frame: Frame) -> int:
    template = to_bytes(text(frame, 0))
    return _made(frame, to_text(format_text(frame, template, frame.variadic(1))))


@methods("+[NSString localizedStringWithFormat:]")
def localized_format(frame: Frame) -> int:
    return from_format(frame)


@methods("+[NSString string]")
def empty(frame: Frame) -> int:
    return _made(frame, "")


@methods("+[NSString stringWithString:]", "-[NSString initWithString:]")
def from_string(frame: Frame) -> int:
    return _made(frame, text(frame, 0))


@methods("+[NSMutableString stringWithCapacity:]", "-[NSMutableString initWithCapacity:]")
def with_capacity(frame: Frame) -> int:
    return _made(frame, "")


@methods("+[NSString stringWithContentsOfFile:encoding:error:]",
         "-[NSString initWithContentsOfFile:encoding:error:]")  # fmt: skip
def from_file(frame: Frame) -> int:
    try:
        return _made(frame, read_file(frame.machine, text(frame, 0), MAX_PLIST).decode("utf-8"))
    except (FileError, UnicodeDecodeError):
        return give(frame, None)


# ---- paths ---------------------------------------------------------------------------------------


@methods("-[NSString stringByAppendingPathComponent:]")
def append_component(frame: Frame) -> int:
    return give_text(frame, path_text.append(receiver(frame, Text).text, text(frame, 0)))


@methods("-[NSString stringByDeletingLastPathComponent]")
def parent(frame: Frame) -> int:
    return give_text(frame, path_text.parent(receiver(frame, Text).text))


@methods("-[NSString lastPathComponent]")
def last(frame: Frame) -> int:
    return give_text(frame, path_text.last(receiver(frame, Text).text))


@methods("-[NSString pathExtension]")
def extension(frame: Frame) -> int:
    return give_text(frame, path_text.extension(receiver(frame, Text).text))


@methods("-[NSString stringByDeletingPathExtension]")
def without_extension(frame: Frame) -> int:
    return give_text(frame, path_text.without_extension(receiver(frame, Text).text))


@methods("-[NSString stringByAppendingPathExtension:]")
def with_extension(frame: Frame) -> int:
    return give_text(frame, path_text.with_extension(receiver(frame, Text).text, text(frame, 0)))


@methods("-[NSString stringByExpandingTildeInPath]")
def expand_tilde(frame: Frame) -> int:
    return give_text(frame, path_text.expand_tilde(receiver(frame, Text).text, frame.mac.home))


@methods("-[NSString stringByStandardizingPath]", "-[NSString stringByResolvingSymlinksInPath]")
def standardize(frame: Frame) -> int:
    """Of an absolute path, links are resolved before `..` is taken away."""
    given = path_text.expand_tilde(receiver(frame, Text).text, frame.mac.home)
    if given.startswith("/") and (".." in given.split("/") or "Resolving" in frame.name):
        with contextlib.suppress(FileError):
            given = lookup(frame, given).path
    return give_text(frame, path_text.standardize(given, frame.mac.home))


@methods("-[NSString pathComponents]")
def components(frame: Frame) -> int:
    parts = path_text.components(receiver(frame, Text).text)
    return give(frame, Array(items=[Text(text=part) for part in parts]))


@methods("+[NSString pathWithComponents:]")
def with_components(frame: Frame) -> int:
    return give_text(frame, path_text.clean("/".join(texts_of(frame.object(0)))))


@methods("-[NSString isAbsolutePath]")
def is_absolute(frame: Frame) -> int:
    return int(receiver(frame, Text).text.startswith(("/", "~")))


# ---- back to C -----------------------------------------------------------------------------------


@methods("-[NSString UTF8String]", "-[NSString fileSystemRepresentation]",
         "-[NSString cStringUsingEncoding:]", "-[NSString cString]",
         "-[NSURL fileSystemRepresentation]")  # fmt: skip
def to_c(frame: Frame) -> int:
    value = frame.receiver
    return give_bytes(
        frame, to_bytes(value.path if isinstance(value, Url) else receiver(frame, Text).text)
    )


@methods("-[NSFileManager fileSystemRepresentationWithPath:]")
def file_system(frame: Frame) -> int:
    return give_bytes(frame, to_bytes(text(frame, 0)))


@methods("-[NSString getCString:maxLength:encoding:]",
         "-[NSString getFileSystemRepresentation:maxLength:]",
         "-[NSURL getFileSystemRepresentation:maxLength:]")  # fmt: skip
def into_buffer(frame: Frame) -> int:
    value = frame.receiver
    data = to_bytes(value.path if isinstance(value, Url) else receiver(frame, Text).text) + b"\0"
    place, room = frame.pointer(0), frame.size(1)
    if len(data) > room:
        return 0
    frame.memory.write(place, data)
    frame.note(0, repr(data[:-1]))
    return 1


@methods("-[NSString length]")
def length(frame: Frame) -> int:
    return len(receiver(frame, Text).text.encode("utf-16-le", "surrogatepass")) // 2


@methods(
    "-[NSString lengthOfBytesUsingEncoding:]", "-[NSString maximumLengthOfBytesUsingEncoding:]"
)
def byte_length(frame: Frame) -> int:
    return len(to_bytes(receiver(frame, Text).text))


@methods("-[NSString intValue]", "-[NSString integerValue]", "-[NSString longLongValue]")
def int_value(frame: Frame) -> int:
    return parse_number(to_bytes(receiver(frame, Text).text), 10)[0]


@methods("-[NSString boolValue]")
def bool_value(frame: Frame) -> int:
    start = receiver(frame, Text).text.strip().lstrip("+-0")[:1]
    return int(start in tuple("YyTt123456789"))


# ---- asking and changing -------------------------------------------------------------------------


@methods("-[NSString hasPrefix:]")
def has_prefix(frame: Frame) -> int:
    return int(receiver(frame, Text).text.startswith(text(frame, 0)))


@methods("-[NSString hasSuffix:]")
def has_suffix(frame: Frame) -> int:
    return int(receiver(frame, Text).text.endswith(text(frame, 0)))


@methods("-[NSString containsString:]")
def contains(frame: Frame) -> int:
    return int(text(frame, 0) in receiver(frame, Text).text)


@methods("-[NSString rangeOfString:]")
def range_of(frame: Frame) -> int:
    """An NSRange comes back in two registers."""
    wanted = text(frame, 0)
    at = receiver(frame, Text).text.find(wanted)
    frame.set_second(len(wanted) if at >= 0 else 0)
    return at if at >= 0 else NOT_FOUND


@methods("-[NSString compare:]", "-[NSString caseInsensitiveCompare:]")
def compare(frame: Frame) -> int:
    left, right = receiver(frame, Text).text, text(frame, 0)
    if "case" in frame.name:
        left, right = left.lower(), right.lower()
    return (left > right) - (left < right)


@methods("-[NSString stringByAppendingString:]")
def append(frame: Frame) -> int:
    return give_text(frame, receiver(frame, Text).text + text(frame, 0))


@methods("-[NSString stringByAppendingFormat:]", "-[NSMutableString appendFormat:]")
def append_format(frame: Frame) -> int:
    template = to_bytes(text(frame, 0))
    added = to_text(format_text(frame, template, frame.variadic(1)))
    value = receiver(frame, Text)
    if "appendFormat" in frame.name:
        value.text += added
        return 0
    return give_text(frame, value.text + added)


@methods("-[NSMutableString appendString:]")
def append_string(frame: Frame) -> int:
    receiver(frame, Text).text += text(frame, 0)
    return 0


@methods("-[NSMutableString setString:]")
def set_string(frame: Frame) -> int:
    receiver(frame, Text).text = text(frame, 0)
    return 0


@methods("-[NSString stringByReplacingOccurrencesOfString:withString:]")
def replace(frame: Frame) -> int:
    value, wanted, new = receiver(frame, Text).text, text(frame, 0), text(frame, 1)
    if not wanted:
        return give_text(frame, value)
    limited(len(value) + value.count(wanted) * len(new))
    return give_text(frame, value.replace(wanted, new))


@methods("-[NSString substringFromIndex:]", "-[NSString substringToIndex:]")
def substring(frame: Frame) -> int:
    value, at = receiver(frame, Text).text, frame.size(0)
    if at > len(value):
        raise GuestFault(at, "given an index behind the end")
    return give_text(frame, value[at:] if "From" in frame.name else value[:at])


@methods("-[NSString lowercaseString]", "-[NSString uppercaseString]",
         "-[NSString capitalizedString]")  # fmt: skip
def change_case(frame: Frame) -> int:
    value = receiver(frame, Text).text
    changed = {"l": value.lower, "u": value.upper, "c": value.title}
    return give_text(frame, changed[frame.name.rpartition(" ")[2][0]]())


@methods("-[NSString componentsSeparatedByString:]")
def split(frame: Frame) -> int:
    parts = receiver(frame, Text).text.split(text(frame, 0) or "\0")
    return give(frame, Array(items=[Text(text=part) for part in parts]))


@methods("-[NSString characterAtIndex:]")
def character(frame: Frame) -> int:
    value, at = receiver(frame, Text).text, frame.size(0)
    if at >= len(value):
        raise GuestFault(at, "given an index behind the end")
    return ord(value[at]) & 0xFFFF


@methods("-[NSString dataUsingEncoding:]")
def to_data(frame: Frame) -> int:
    return give(frame, Data(data=to_bytes(receiver(frame, Text).text)))


@methods("-[NSString stringByTrimmingCharactersInSet:]")
def trim(frame: Frame) -> int:
    """For the sets of white space."""
    frame.object(0)
    return give_text(frame, receiver(frame, Text).text.strip())


@methods("+[NSCharacterSet whitespaceAndNewlineCharacterSet]",
         "+[NSCharacterSet whitespaceCharacterSet]")  # fmt: skip
def white_space(frame: Frame) -> int:
    return give(frame, GuestObject("NSCharacterSet"))
