"""Code requirements: in goes their binary form, out comes an expression, and back; and whether
some code fulfils one, as far as that can be known off a Mac.

Opcodes and layout: `requirement.h` of Apple's Security framework. The text form is the business
of `requirement_text`.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from .blobs import HEADER_SIZE, SignatureFormatError, make_blob, make_superblob, parse_superblob
from .constants import Magic

MAX_SIZE = 1 << 16
"""Bytes of one requirement; real ones have some 200."""
MAX_DEPTH = 100
"""Of operators in one another; our bound."""
_EXPRESSION_FORM = 1
"""`Requirement::exprForm`: the one form that there is."""


class Kind(IntEnum):
    """What a requirement of a set is for."""

    HOST = 1
    GUEST = 2
    DESIGNATED = 3
    """What makes an update the same app in the eyes of the keychain and of privacy settings."""
    LIBRARY = 4
    PLUGIN = 5


class Op(IntEnum):
    """Operators of a requirement."""

    FALSE = 0
    TRUE = 1
    IDENTIFIER = 2
    ANCHOR_APPLE = 3
    CERTIFICATE_HASH = 4
    INFO_VALUE = 5
    AND = 6
    OR = 7
    CDHASH = 8
    NOT = 9
    INFO_FIELD = 10
    CERTIFICATE_FIELD = 11
    CERTIFICATE_TRUSTED = 12
    ANCHOR_TRUSTED = 13
    CERTIFICATE_GENERIC = 14
    ANCHOR_APPLE_GENERIC = 15
    ENTITLEMENT = 16
    CERTIFICATE_POLICY = 17
    ANCHOR_NAMED = 18
    NAMED_CODE = 19
    PLATFORM = 20
    NOTARIZED = 21
    CERTIFICATE_DATE = 22
    LEGACY = 23


LAYOUTS: Mapping[Op, str] = {
    Op.FALSE: "",
    Op.TRUE: "",
    Op.IDENTIFIER: "d",
    Op.ANCHOR_APPLE: "",
    Op.CERTIFICATE_HASH: "sd",
    Op.INFO_VALUE: "dd",
    Op.AND: "ee",
    Op.OR: "ee",
    Op.CDHASH: "d",
    Op.NOT: "e",
    Op.INFO_FIELD: "dm",
    Op.CERTIFICATE_FIELD: "sdm",
    Op.CERTIFICATE_TRUSTED: "s",
    Op.ANCHOR_TRUSTED: "",
    Op.CERTIFICATE_GENERIC: "sdm",
    Op.ANCHOR_APPLE_GENERIC: "",
    Op.ENTITLEMENT: "dm",
    Op.CERTIFICATE_POLICY: "sdm",
    Op.ANCHOR_NAMED: "d",
    Op.NAMED_CODE: "d",
    Op.PLATFORM: "s",
    Op.NOTARIZED: "",
    Op.CERTIFICATE_DATE: "sdm",
    Op.LEGACY: "",
}
"""Operands of each operator: e expression, d data, s signed number, m match."""


class MatchOp(IntEnum):
    """How a field is compared."""

    EXISTS = 0
    EQUAL = 1
    CONTAINS = 2
    BEGINS = 3
    ENDS = 4
    LESS = 5
    GREATER = 6
    LESS_EQUAL = 7
    GREATER_EQUAL = 8
    ON = 9
    BEFORE = 10
    AFTER = 11
    ON_OR_BEFORE = 12
    ON_OR_AFTER = 13
    ABSENT = 14


_DATES = range(MatchOp.ON, MatchOp.ABSENT)
_BARE = {MatchOp.EXISTS, MatchOp.ABSENT}


@dataclass(frozen=True, slots=True)
class Match:
    """A comparison; `value` is bytes, or for dates seconds since 2001."""

    op: MatchOp
    value: bytes | int = b""


@dataclass(frozen=True, slots=True)
class Expr:
    """A requirement: an operator and its operands, of the kinds in LAYOUTS."""

    op: Op
    operands: tuple["Expr | bytes | int | Match", ...] = ()


def parse_requirement_set(raw: bytes) -> dict[int, Expr]:
    """Read a whole requirement set blob: kind to requirement. Raises SignatureFormatError."""
    found = parse_superblob(raw, magic=Magic.REQUIREMENTS)
    return {blob.slot: parse_requirement(blob.raw) for blob in found.blobs}


def parse_requirement(raw: bytes) -> Expr:
    """Read one requirement blob. Raises SignatureFormatError."""
    if not 12 <= len(raw) <= MAX_SIZE or int.from_bytes(raw[:4]) != Magic.REQUIREMENT:
        raise SignatureFormatError("The signature holds something that is no requirement.")
    (form,) = struct.unpack_from(">I", raw, HEADER_SIZE)
    if form != _EXPRESSION_FORM:
        raise SignatureFormatError(f"A requirement is of the unknown form {form}.")
    reader = _Reader(raw[12:])
    return reader.expression(0)


def make_requirement(expression: Expr) -> bytes:
    """A requirement blob."""
    return make_blob(Magic.REQUIREMENT, struct.pack(">I", _EXPRESSION_FORM) + _encode(expression))


def make_requirement_set(requirements: Mapping[int, Expr]) -> bytes:
    """A requirement set blob, in the order of the kinds."""
    blobs = [(kind, make_requirement(requirements[kind])) for kind in sorted(requirements)]
    return make_superblob(blobs, magic=Magic.REQUIREMENTS)


def any_cdhash(cdhashes: list[bytes]) -> Expr:
    """The requirement that an ad-hoc signature stands for: to be exactly this code."""
    expressions = [Expr(Op.CDHASH, (cdhash,)) for cdhash in cdhashes]
    whole = expressions[0]
    for other in expressions[1:]:
        whole = Expr(Op.OR, (whole, other))
    return whole


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a requirement is asked about."""

    identifier: str
    cdhashes: frozenset[bytes]
    signed: bool
    """Whether there is a certificate; an ad-hoc signature has none."""
    certificate_fields: Mapping[tuple[int, str], str]
    """Fields of certificates in the chain: slot (0 leaf, -1 root) and name such as subject.OU."""


def fulfils(candidate: Candidate, expression: Expr) -> bool | None:
    """Whether `candidate` fulfils `expression`; None where only a Mac could say."""
    match expression:
        case Expr(Op.TRUE):
            return True
        case Expr(Op.FALSE):
            return False
        case Expr(Op.AND, (Expr() as left, Expr() as right)):
            both = (fulfils(candidate, left), fulfils(candidate, right))
            return False if False in both else None if None in both else True
        case Expr(Op.OR, (Expr() as left, Expr() as right)):
            either = (fulfils(candidate, left), fulfils(candidate, right))
            return True if True in either else None if None in either else False
        case Expr(Op.NOT, (Expr() as inner,)):
            value = fulfils(candidate, inner)
            return None if value is None else not value
        case Expr(Op.IDENTIFIER, (bytes(name),)):
            return candidate.identifier.encode("utf-8", "surrogateescape") == name
        case Expr(Op.CDHASH, (bytes(cdhash),)):
            return cdhash in candidate.cdhashes
        case Expr(Op.CERTIFICATE_FIELD, (int(slot), bytes(field), Match(MatchOp.EQUAL, value))):
            known = candidate.certificate_fields.get((slot, field.decode("utf-8", "replace")))
            same = isinstance(value, bytes) and known == value.decode("utf-8", "replace")
            return same if known is not None else _unknown(candidate)
        case Expr(
            Op.ANCHOR_APPLE
            | Op.ANCHOR_APPLE_GENERIC
            | Op.CERTIFICATE_HASH
            | Op.CERTIFICATE_FIELD
            | Op.CERTIFICATE_GENERIC
            | Op.CERTIFICATE_TRUSTED
            | Op.ANCHOR_TRUSTED
        ):
            return _unknown(candidate)
    return None


def _unknown(candidate: Candidate) -> bool | None:
    """A clause about certificates: false without any, else for a Mac to say."""
    return None if candidate.signed else False


class _Reader:
    """The payload of a requirement, read from its start."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def expression(self, depth: int) -> Expr:
        if depth > MAX_DEPTH:
            raise SignatureFormatError("A requirement is nested too deeply.")
        number = self._number(">I")
        try:
            op = Op(number)
        except ValueError:
            raise SignatureFormatError(
                f"A requirement has the unknown operator {number:#x}."
            ) from None
        operands: list[Expr | bytes | int | Match] = []
        for kind in LAYOUTS[op]:
            match kind:
                case "e":
                    operands.append(self.expression(depth + 1))
                case "s":
                    operands.append(self._number(">i"))
                case "m":
                    operands.append(self._match())
                case _:
                    operands.append(self._bytes())
        return Expr(op, tuple(operands))

    def _number(self, layout: str) -> int:
        size = struct.calcsize(layout)
        if self._at + size > len(self._data):
            raise SignatureFormatError("A requirement is cut short.")
        (value,) = struct.unpack_from(layout, self._data, self._at)
        self._at += size
        return int(value)

    def _bytes(self) -> bytes:
        length = self._number(">I")
        if self._at + length > len(self._data):
            raise SignatureFormatError("A requirement is cut short.")
        value = self._data[self._at : self._at + length]
        self._at += -(-length // 4) * 4
        return value

    def _match(self) -> Match:
        number = self._number(">I")
        try:
            op = MatchOp(number)
        except ValueError:
            raise SignatureFormatError(
                f"A requirement compares in the unknown way {number}."
            ) from None
        if op in _BARE:
            return Match(op)
        return Match(op, self._number(">q") if op in _DATES else self._bytes())


def _encode(expression: Expr) -> bytes:
    out = struct.pack(">I", expression.op)
    for kind, operand in zip(LAYOUTS[expression.op], expression.operands, strict=True):
        match operand:
            case Expr():
                out += _encode(operand)
            case Match(op, value):
                out += struct.pack(">I", op)
                if op not in _BARE:
                    out += _encode_value(value, "q")
            case _:
                out += _encode_value(operand, "i" if kind == "s" else "q")
    return out


def _encode_value(value: bytes | int, layout: str) -> bytes:
    if isinstance(value, int):
        return struct.pack(">" + layout, value)
    return struct.pack(">I", len(value)) + value + bytes(-len(value) % 4)
