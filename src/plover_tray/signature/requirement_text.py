"""Requirements as text: in goes an expression, out comes what `codesign -d -r-` prints, and back.

The language is described in Apple's "Code Signing Requirement Language"; how expressions are
printed is known from Apple's published `reqdumper.cpp` (Security).
"""

import re
from collections.abc import Mapping
from typing import Final

from .blobs import SignatureFormatError
from .requirements import Expr, Kind, Match, MatchOp, Op

MAX_TEXT = 20_000
MAX_DEPTH = 100
MAX_CLAUSES = 200

_OR, _AND, _PRIMARY = 1, 2, 3
_SLOTS = {"leaf": 0, "root": -1, "anchor": -1}
_KINDS = {kind.name.lower(): kind for kind in Kind}
_SIMPLE = re.compile(rb"[A-Za-z][A-Za-z0-9]*", re.ASCII)
_COMPARISONS: Final = {
    MatchOp.LESS: "<",
    MatchOp.GREATER: ">",
    MatchOp.LESS_EQUAL: "<=",
    MatchOp.GREATER_EQUAL: ">=",
}
_WORDS = {
    Op.FALSE: "never",
    Op.TRUE: "always",
    Op.ANCHOR_APPLE: "anchor apple",
    Op.ANCHOR_APPLE_GENERIC: "anchor apple generic",
    Op.ANCHOR_TRUSTED: "anchor trusted",
    Op.NOTARIZED: "notarized",
    Op.LEGACY: "legacy",
}
_TOKEN = re.compile(
    r"""\s* (?: /\*.*?\*/ \s* | //[^\n]*\s* | \#[^\n]*\s* )*
    (?: (?P<hash>[Hh]"[0-9A-Fa-f]*") | (?P<text>"(?:[^"\\]|\\.)*")
      | (?P<sign>=>|<=|>=|[()\[\]=<>!,*])
      | (?P<word>[A-Za-z0-9_.\-]+) | (?P<end>$) )""",
    re.VERBOSE | re.DOTALL,
)


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
    return f" {_COMPARISONS[match.op]} {_data(value)}"


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


def decode_oid(data: bytes) -> str:
    """Dotted numbers of an object identifier's DER content."""
    numbers, value = [], 0
    for byte in data[:64]:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(value)
            value = 0
    if not numbers:
        return ""
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, [first, numbers[0] - 40 * first, *numbers[1:]]))


def encode_oid(text: str) -> bytes:
    """An object identifier's DER content of dotted numbers."""
    try:
        first, second, *rest = map(int, text.split("."))
    except ValueError:
        raise SignatureFormatError(f"{text!r} is no object identifier.") from None
    out = b""
    for number in [first * 40 + second, *rest]:
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.append(number & 0x7F | 0x80)
        out += bytes(reversed(digits))
    return out


def parse_requirement_text(text: str) -> dict[int, Expr]:
    """Read requirements from text: `designated => ...`, or one expression, taken as designated.

    Raises SignatureFormatError for what is not understood.
    """
    return _Parser(text).requirements()


class _Parser:
    """Requirements by recursive descent."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_TEXT:
            raise SignatureFormatError("The requirement is too long.")
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while True:
            found = _TOKEN.match(text, at)
            if not found or not found.lastgroup:
                raise SignatureFormatError(
                    f"The requirement is not understood: {text[at : at + 40]!r}"
                )
            self._tokens.append((found.lastgroup, found.group(found.lastgroup)))
            if found.lastgroup == "end":
                break
            at = found.end()
        self._at = 0
        self._clauses = 0

    def requirements(self) -> dict[int, Expr]:
        if self._tokens[1:2] != [("sign", "=>")]:
            found = {int(Kind.DESIGNATED): self._either(0)}
        else:
            found = {}
            while self._tokens[self._at][0] != "end":
                kind = self._word()
                if kind not in _KINDS:
                    raise self._error(f"{kind} is no kind of requirement")
                self._expect("=>")
                found[_KINDS[kind]] = self._either(0)
        if self._tokens[self._at][0] != "end":
            raise self._error(f"{self._tokens[self._at][1]!r} is not expected")
        return found

    def _error(self, what: str) -> SignatureFormatError:
        return SignatureFormatError(
            f"The requirement is not understood: {what}.",
            mend='See `man csreq`, or try: designated => identifier "your.app"',
        )

    def _next(self) -> tuple[str, str]:
        token = self._tokens[self._at]
        if token[0] != "end":
            self._at += 1
        return token

    def _word(self) -> str:
        kind, value = self._next()
        if kind != "word":
            raise self._error(f"a word is missing before {value!r}")
        return value

    def _accept(self, value: str) -> bool:
        if self._tokens[self._at][1] == value and self._tokens[self._at][0] in ("sign", "word"):
            self._at += 1
            return True
        return False

    def _expect(self, value: str) -> None:
        if not self._accept(value):
            raise self._error(f"{value!r} is missing")

    def _either(self, depth: int) -> Expr:
        left = self._both(depth)
        while self._accept("or"):
            left = Expr(Op.OR, (left, self._both(depth)))
        return left

    def _both(self, depth: int) -> Expr:
        left = self._primary(depth)
        while self._accept("and"):
            left = Expr(Op.AND, (left, self._primary(depth)))
        return left

    def _primary(self, depth: int) -> Expr:
        self._clauses += 1
        if depth > MAX_DEPTH or self._clauses > MAX_CLAUSES:
            raise self._error("it is too large")
        if self._accept("!"):
            return Expr(Op.NOT, (self._primary(depth + 1),))
        if self._accept("("):
            inner = self._either(depth + 1)
            self._expect(")")
            return inner
        match self._word():
            case "identifier":
                self._accept("=")
                return Expr(Op.IDENTIFIER, (self._value(),))
            case "cdhash":
                self._accept("=")
                return Expr(Op.CDHASH, (self._hash(),))
            case "anchor":
                return self._anchor()
            case "certificate" | "cert":
                return self._certificate()
            case "info" | "entitlement" as name:
                self._expect("[")
                key = self._value()
                self._expect("]")
                op = Op.INFO_FIELD if name == "info" else Op.ENTITLEMENT
                return Expr(op, (key, self._comparison()))
            case "always" | "true":
                return Expr(Op.TRUE)
            case "never" | "false":
                return Expr(Op.FALSE)
            case "notarized":
                return Expr(Op.NOTARIZED)
            case word:
                raise self._error(f"{word!r} is not known")

    def _anchor(self) -> Expr:
        if self._accept("trusted"):
            return Expr(Op.ANCHOR_TRUSTED)
        if self._accept("="):
            return Expr(Op.CERTIFICATE_HASH, (-1, self._hash()))
        self._expect("apple")
        return Expr(Op.ANCHOR_APPLE_GENERIC if self._accept("generic") else Op.ANCHOR_APPLE)

    def _certificate(self) -> Expr:
        word = self._word()
        try:
            slot = _SLOTS[word] if word in _SLOTS else int(word)
        except ValueError:
            raise self._error(f"{word!r} is no place in a chain of certificates") from None
        if not -100 <= slot <= 100:
            raise self._error(f"{word!r} is no place in a chain of certificates")
        if self._accept("="):
            return Expr(Op.CERTIFICATE_HASH, (slot, self._hash()))
        if self._accept("trusted"):
            return Expr(Op.CERTIFICATE_TRUSTED, (slot,))
        self._expect("[")
        field = self._value()
        self._expect("]")
        match = self._comparison()
        name = field.decode("utf-8", "surrogateescape")
        for prefix, op in (
            ("field.", Op.CERTIFICATE_GENERIC),
            ("policy.", Op.CERTIFICATE_POLICY),
        ):
            if name.startswith(prefix) and name[len(prefix) : len(prefix) + 1].isdigit():
                return Expr(op, (slot, encode_oid(name.removeprefix(prefix)), match))
        return Expr(Op.CERTIFICATE_FIELD, (slot, field, match))

    def _comparison(self) -> Match:
        if self._accept("absent"):
            return Match(MatchOp.ABSENT)
        for op, sign in _COMPARISONS.items():
            if self._accept(sign):
                return Match(op, self._value())
        if not self._accept("="):
            self._accept("exists")
            return Match(MatchOp.EXISTS)
        starts = self._accept("*")
        value = self._value()
        ends = self._accept("*")
        if starts:
            return Match(MatchOp.CONTAINS if ends else MatchOp.ENDS, value)
        return Match(MatchOp.BEGINS if ends else MatchOp.EQUAL, value)

    def _value(self) -> bytes:
        kind, value = self._next()
        if kind == "text":
            plain = re.sub(r"\\(.)", r"\1", value[1:-1], flags=re.DOTALL)
            return plain.encode("utf-8", "surrogateescape")
        if kind == "word" and re.fullmatch(r"0x(?:[0-9a-fA-F]{2})*", value):
            return bytes.fromhex(value[2:])
        if kind == "word":
            return value.encode()
        raise self._error(f"a value is missing before {value!r}")

    def _hash(self) -> bytes:
        kind, value = self._next()
        if kind != "hash" or len(value) % 2 == 0:
            raise self._error('a hash is written H"0123..."')
        return bytes.fromhex(value[2:-1])
