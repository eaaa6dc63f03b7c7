"""Entitlements: in go the two forms kept in a signature (XML and DER), out comes a dictionary,
and back. Also the set that Python with Qt and ctypes or cffi needs, with the reason for each.

The DER form is what the kernel reads since macOS 12; codesign writes it beside the XML. Its
grammar is known from apple-platform-rs (plist_der.rs, with bytes made by Apple's codesign):
`[APPLICATION 16] { INTEGER 1, [CONTEXT 16] { SEQUENCE { UTF8String key, value } ... } }`.
"""

import plistlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..bundle.plist import parse_plist
from ..errors import BundleError
from .blobs import SignatureFormatError, make_blob
from .constants import ENTITLEMENT_EXEC_FLAGS, ExecSegment, Magic

Entitlements = Mapping[str, Any]
"""Key to True/False, int, str, list or dict of those."""

ALLOW_JIT = "com.apple.security.cs.allow-jit"
ALLOW_UNSIGNED_MEMORY = "com.apple.security.cs.allow-unsigned-executable-memory"
DISABLE_LIBRARY_VALIDATION = "com.apple.security.cs.disable-library-validation"
GET_TASK_ALLOW = ("get-task-allow", "com.apple.security.get-task-allow")
"""Lets a debugger attach; notarization rejects it. The second is macOS's own spelling."""

PYTHON_ENTITLEMENTS: Mapping[str, str] = {
    ALLOW_UNSIGNED_MEMORY: (
        "ctypes and cffi make callbacks through libffi, which maps memory that is writable and "
        "executable; denied that, it falls back to a temporary file that the system rejects, and "
        "the app hangs at start (opensteno/plover#1805, fixed by its #1820)"
    ),
    ALLOW_JIT: (
        "libffi and Qt's QML and regular expression engines may ask for MAP_JIT memory "
        "(opensteno/plover#1820)"
    ),
    DISABLE_LIBRARY_VALIDATION: (
        "plugins and wheels that users install are signed by others or not at all; with library "
        "validation only Apple's and this team's libraries load (opensteno/plover#1820)"
    ),
}
"""What a hardened Python app with Qt and ctypes or cffi needs: entitlement, why."""

MAX_DEPTH = 16
"""Of lists and dictionaries in one another; our bound."""
MAX_SIZE = 1 << 20
"""Bytes of one entitlements blob; real ones have some hundred."""

_BOOLEAN, _INTEGER, _UTF8, _SEQUENCE, _SET = 0x01, 0x02, 0x0C, 0x30, 0x31
_PLIST, _DICTIONARY = 0x70, 0xB0
"""Tags of the DER form: those of ITU-T X.690, and Apple's own two, `[APPLICATION 16]` around it all
and `[CONTEXT 16]` for a dictionary (libCoreEntitlements; seen here in codesign's output)."""
_LONG_LENGTH = 0x80
"""In a length's first byte: that many bytes of length follow (X.690, 8.1.3.5)."""
_MAX_LENGTH_BYTES = 4
_MAX_INTEGER_BYTES = 8
"""Property lists hold numbers of 64 bits."""


def default_entitlements() -> dict[str, bool]:
    """Return PYTHON_ENTITLEMENTS as they are put into a signature."""
    return dict.fromkeys(PYTHON_ENTITLEMENTS, True)


def parse_xml(payload: bytes) -> dict[str, Any]:
    """Read the payload of an XML entitlements blob. Raises SignatureFormatError."""
    if len(payload) > MAX_SIZE:
        raise SignatureFormatError(f"The entitlements have {len(payload)} bytes.")
    if payload.startswith(b"bplist"):
        raise SignatureFormatError("The entitlements are no XML property list.")
    try:
        return parse_plist(payload, "The entitlements")[0]
    except BundleError as error:
        raise SignatureFormatError(error.message) from None


def parse_der(payload: bytes) -> dict[str, Any]:
    """Read the payload of a DER entitlements blob. Raises SignatureFormatError."""
    if len(payload) > MAX_SIZE:
        raise SignatureFormatError(f"The entitlements in DER have {len(payload)} bytes.")
    top = list(_elements(payload))
    if len(top) != 1:
        raise SignatureFormatError("The entitlements in DER are not one element.")
    tag, content = top[0]
    if tag == _SET:  # what early codesign wrote
        return _dictionary(content, 1)
    inner = list(_elements(content)) if tag == _PLIST else []
    if len(inner) != 2 or inner[0] != (_INTEGER, b"\x01") or inner[1][0] != _DICTIONARY:
        raise SignatureFormatError("The entitlements in DER are no dictionary.")
    return _dictionary(inner[1][1], 1)


def make_xml_blob(entitlements: Entitlements | bytes) -> bytes:
    """The XML blob; bytes are taken as they are, as codesign takes the file it is given."""
    if not isinstance(entitlements, bytes):
        entitlements = plistlib.dumps(dict(entitlements))
    return make_blob(Magic.ENTITLEMENTS, entitlements)


def make_der_blob(entitlements: Entitlements) -> bytes:
    """The DER blob. Raises SignatureFormatError for values that DER cannot hold (dates, data)."""
    content = _element(_INTEGER, b"\x01") + _encode(entitlements, 0)
    return make_blob(Magic.ENTITLEMENTS_DER, _element(_PLIST, content))


def exec_segment_flags(entitlements: Entitlements) -> ExecSegment:
    """Return the executable segment's flags that follow from `entitlements`."""
    flags = ExecSegment(0)
    for key, flag in ENTITLEMENT_EXEC_FLAGS.items():
        if entitlements.get(key) is True:
            flags |= flag
    return flags


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        if at + 2 > len(data):
            raise SignatureFormatError("The entitlements in DER are cut short.")
        tag, length = data[at], data[at + 1]
        at += 2
        if length & _LONG_LENGTH:
            count = length & ~_LONG_LENGTH
            if not 1 <= count <= _MAX_LENGTH_BYTES:
                raise SignatureFormatError("The entitlements in DER have an impossible length.")
            length = int.from_bytes(data[at : at + count])
            at += count
        if at + length > len(data):
            raise SignatureFormatError("The entitlements in DER are cut short.")
        yield tag, data[at : at + length]
        at += length


def _dictionary(content: bytes, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for tag, pair in _elements(content):
        parts = list(_elements(pair)) if tag == _SEQUENCE else []
        if len(parts) != 2 or parts[0][0] != _UTF8:
            raise SignatureFormatError("The entitlements in DER have an entry without key.")
        key = _utf8(parts[0][1])
        if key in found:
            raise SignatureFormatError(f"The entitlements in DER name {key!r} twice.")
        found[key] = _value(*parts[1], depth)
    return found


def _value(tag: int, content: bytes, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise SignatureFormatError("The entitlements in DER are nested too deeply.")
    if tag == _BOOLEAN and len(content) == 1:
        return content != b"\0"
    if tag == _INTEGER and 1 <= len(content) <= _MAX_INTEGER_BYTES:
        return int.from_bytes(content, signed=True)
    if tag == _UTF8:
        return _utf8(content)
    if tag == _SEQUENCE:
        return [_value(*element, depth + 1) for element in _elements(content)]
    if tag == _DICTIONARY:
        return _dictionary(content, depth + 1)
    raise SignatureFormatError(f"The entitlements in DER hold a value of unknown kind {tag:#04x}.")


def _utf8(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise SignatureFormatError("The entitlements in DER hold text that is not UTF-8.") from (
            error
        )


def _element(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < _LONG_LENGTH:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, _LONG_LENGTH | len(length))) + length + content


def _encode(value: Any, depth: int) -> bytes:
    if depth > MAX_DEPTH:
        raise SignatureFormatError("The entitlements are nested too deeply.")
    match value:
        case bool():
            return _element(_BOOLEAN, b"\xff" if value else b"\0")
        case int():
            if not -(1 << 63) <= value < 1 << 63:
                raise SignatureFormatError(f"The entitlements hold a number too large: {value}.")
            size = (~value if value < 0 else value).bit_length() // 8 + 1
            return _element(_INTEGER, value.to_bytes(size, signed=True))
        case str():
            return _element(_UTF8, value.encode())
        case Mapping():
            return _element(_DICTIONARY, _encode_pairs(value, depth))
        case Sequence() if not isinstance(value, bytes | bytearray):
            return _element(_SEQUENCE, b"".join(_encode(item, depth + 1) for item in value))
    raise SignatureFormatError(
        f"The entitlements hold a value that signatures cannot carry: {type(value).__name__}.",
        mend="Use true, false, whole numbers, text, lists and dictionaries only.",
    )


def _encode_pairs(value: Mapping[Any, Any], depth: int) -> bytes:
    out = b""
    for key in sorted(value, key=lambda k: str(k).encode()):
        pair = _element(_UTF8, str(key).encode()) + _encode(value[key], depth + 1)
        out += _element(_SEQUENCE, pair)
    return out
