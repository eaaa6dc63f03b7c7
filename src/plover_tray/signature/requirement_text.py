"""Requirements as text: in goes an expression, out comes what `codesign -d -r-` prints.

The way back is `requirement_parser`. How expressions are printed is known from Apple's published
`reqdumper.cpp` (Security).
"""

import re
from collections.abc import Mapping
from typing import Final

from .blobs import SignatureFormatError
from .oid import decode_oid
from .requirements import Expr, Kind, Match, MatchOp, Op

_OR, _AND, _PRIMARY = 1, 2, 3
_SIMPLE = re.compile(rb"[A-Za-z][A-Za-z0-9]*", re.ASCII)
COMPARISONS: Final = {
    MatchOp.LESS: "<",
    MatchOp.GREATER: ">",
    MatchOp.LESS_EQUAL: "<=",
    MatchOp.GREATER_EQUAL: ">=",
}
"""The comparisons of values that are written as a sign."""
_WORDS = {
    Op.FALSE: "never",
    Op.TRUE: "always",
    Op.ANCHOR_APPLE: "anchor apple",
    Op.ANCHOR_APPLE_GENERIC: "anchor apple generic",
    Op.ANCHOR_TRUSTED: "anchor trusted",
    Op.NOTARIZED: "notarized",
    Op.LEGACY: "legacy",
}


def show_requirement_set(requirements: Mapping[int, Expr]) -> str:
    """A requirement set, one requirement a line."""
    return "\n".join(
        f"{_kind_name(kind)} => {show_requirement(expression)}"
        for kind, expression in sorted(requirements.items())
    )


def show_requirement(expression: Expr) -> str:
    """One requirement as text."""
    return _show(expression, _OR)


def _kind_name(kind: int) -> str:
    return Kind(kind).name.lower() if kind in list(Kind) else f"requirement {kind}"


def _show(expression: Expr, level: int) -> str:
    match expression:
        case Expr(op) if op in _WORDS:
            return _WORDS[op]
        case Expr(Op.AND | Op.OR as op, (Expr() as left, Expr() as right)):
            own = _AND if op == Op.AND else _OR
            text = f"{_show(left, own)} {op.name.lower()} {_show(right, own)}"
            return f"({text})" if own < level else text
        case Expr(Op.NOT, (Expr() as inner,)):
            return f"! {_show(inner, _PRIMARY)}"
        case Expr(Op.IDENTIFIER, (bytes(name),)):
            return f"identifier {_data(name)}"
        case Expr(Op.CDHASH, (bytes(cdhash),)):
            return f"cdhash {_hash(cdhash)}"
        case Expr(Op.CERTIFICATE_HASH, (int(slot), bytes(digest))):
            return f"certificate {_slot(slot)} = {_hash(digest)}"
        case Expr(Op.CERTIFICATE_TRUSTED, (int(slot),)):
            return f"certificate {_slot(slot)} trusted"
        case Expr(Op.INFO_VALUE, (bytes(key), bytes(value))):
            return f"info[{_data(key, dots=True)}] = {_data(value)}"
        case Expr(Op.INFO_FIELD | Op.ENTITLEMENT as op, (bytes(key), Match() as match)):
            source = "info" if op == Op.INFO_FIELD else "entitlement"
            return f"{source}[{_data(key, dots=True)}]{_match(match)}"
        case Expr(Op.ANCHOR_NAMED, (bytes(name),)):
            return f"anchor apple {_data(name)}"
        case Expr(Op.NAMED_CODE, (bytes(name),)):
            return f"({_data(name)})"
        case Expr(Op.PLATFORM, (int(number),)):
            return f"platform = {number}"
        case Expr(op, (int(slot), bytes(field), Match() as match)):
            return f"certificate {_slot(slot)}[{_field(op, field)}]{_match(match)}"
    raise SignatureFormatError("A requirement cannot be shown.")


def _field(op: Op, field: bytes) -> str:
    prefixes = {
        Op.CERTIFICATE_GENERIC: "field.",
        Op.CERTIFICATE_POLICY: "policy.",
        Op.CERTIFICATE_DATE: "timestamp.",
    }
    if op in prefixes:
        return prefixes[op] + decode_oid(field)
    return _data(field, dots=True)


def _match(match: Match) -> str:
    value = match.value
    if isinstance(value, int):
        signs = {
            MatchOp.ON: "=",
            MatchOp.BEFORE: "<",
            MatchOp.AFTER: ">",
            MatchOp.ON_OR_BEFORE: "<=",
            MatchOp.ON_OR_AFTER: ">=",
        }
        return f" {signs[match.op]} timestamp {value}"
    match match.op:
        case MatchOp.EXISTS:
            return " /* exists */"
        case MatchOp.ABSENT:
            return " absent"
        case MatchOp.EQUAL:
            return f" = {_data(value)}"
        case MatchOp.CONTAINS:
            return f" = *{_data(value)}*"
        case MatchOp.BEGINS:
            return f" = {_data(value)}*"
        case MatchOp.ENDS:
            return f" = *{_data(value)}"
    return f" {COMPARISONS[match.op]} {_data(value)}"


def _slot(slot: int) -> str:
    return {0: "leaf", -1: "root"}.get(slot, str(slot))


def _hash(value: bytes) -> str:
    return f'H"{value.hex()}"'


def _data(value: bytes, *, dots: bool = False) -> str:
    if _SIMPLE.fullmatch(value.replace(b".", b"") if dots else value):
        return value.decode()
    text = value.decode("utf-8", "surrogateescape")
    if not text.isprintable():
        return f"0x{value.hex()}"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
