"""Requirements from text: in goes what `csreq` and `codesign -r` read, out come expressions.

The language is described in Apple's "Code Signing Requirement Language".
"""

import re

from .blobs import SignatureFormatError
from .oid import encode_oid
from .requirement_text import COMPARISONS
from .requirements import Expr, Kind, Match, MatchOp, Op

MAX_TEXT = 20_000
"""Characters; Apple's own designated requirements have some 300."""
MAX_DEPTH = 100
"""Of parentheses in one another, each three frames of the host's stack."""
MAX_CLAUSES = 200
MAX_CERTIFICATE = 100
"""Places in a chain of certificates, from the leaf (0) or from the root (-1)."""

_SLOTS = {"leaf": 0, "root": -1, "anchor": -1}
_KINDS = {kind.name.lower(): kind for kind in Kind}
_TOKEN = re.compile(
    r"""\s* (?: /\*.*?\*/ \s* | //[^\n]*\s* | \#[^\n]*\s* )*
    (?: (?P<hash>[Hh]"[0-9A-Fa-f]*") | (?P<text>"(?:[^"\\]|\\.)*")
      | (?P<sign>=>|<=|>=|[()\[\]=<>!,*])
      | (?P<word>[A-Za-z0-9_.\-]+) | (?P<end>$) )""",
    re.VERBOSE | re.DOTALL,
)


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
        if not -MAX_CERTIFICATE <= slot <= MAX_CERTIFICATE:
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
        for op, sign in COMPARISONS.items():
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
