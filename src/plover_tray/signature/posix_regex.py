r"""POSIX extended regular expressions in time linear in the text: in go patterns, out come the
numbers of those that a path matches.

CodeResources brings its own patterns, and a hostile one would keep Python's `re` busy for years.
Here all patterns become one automaton that reads each character once. Understood are literals,
`\x`, `.`, `[...]`, `( )`, `|`, `*`, `+`, `?`, `^` and `$`: more than codesign ever writes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .blobs import SignatureFormatError

MAX_PATTERN = 1_000
"""Characters of one pattern."""
MAX_STATES = 5_000
"""States of all patterns together."""
MAX_NODES = 2_000
"""Sets of states remembered; forgotten all at once when there are more."""
MAX_NESTING = 50
"""Of parentheses; a host's stack bounds it."""
MAX_WORK = 1_000_000
"""States visited while nodes are made, half a second; codesign's own rules need some 5,000."""

_CLASSES = {
    "alpha": str.isalpha,
    "digit": str.isdigit,
    "alnum": str.isalnum,
    "space": str.isspace,
    "upper": str.isupper,
    "lower": str.islower,
}
_SPECIAL = frozenset("()|*+?{")
"""Operators outside brackets (POSIX.1-2017, 9.4.3)."""


@dataclass(frozen=True, slots=True)
class CharSet:
    """Single characters, ranges and classes; or, negated, all but those."""

    singles: frozenset[str] = frozenset()
    ranges: tuple[tuple[str, str], ...] = ()
    classes: tuple[str, ...] = ()
    negated: bool = False

    def matches(self, char: str) -> bool:
        """Whether `char` is in the set."""
        inside = (
            char in self.singles
            or any(low <= char <= high for low, high in self.ranges)
            or any(_CLASSES[name](char) for name in self.classes)
        )
        return inside != self.negated


@dataclass(slots=True)
class _State:
    """A state of the nondeterministic automaton."""

    on: CharSet | None = None
    to: int = -1
    empty: list[tuple[int, str]] = field(default_factory=list)
    """Next state without reading, and where: "" anywhere, "^" at the start, "$" at the end."""
    accepts: int = -1
    """Number of the pattern that ends here, or -1."""


@dataclass(slots=True)
class _Node:
    """A set of states that the text so far leads to."""

    states: frozenset[int]
    accepted: frozenset[int]
    steps: dict[str, "_Node"] = field(default_factory=dict)
    at_end: frozenset[int] | None = None


class Automaton:
    """Some patterns, to be looked for in many texts."""

    def __init__(self, patterns: Sequence[str]) -> None:
        """Compile `patterns`. Raises SignatureFormatError for one that is not understood."""
        self._states: list[_State] = []
        starts = [
            _Compiler(self._states, pattern, number).compile()
            for number, pattern in enumerate(patterns)
        ]
        self._work = 0
        self._anywhere = self._closure(starts, "")
        self._nodes: dict[frozenset[int], _Node] = {}
        self._start = self._node(self._closure(starts, "^"))
        self._last = ("", self._walk(self._start, ""))

    def search(self, text: str) -> frozenset[int]:
        """Numbers of the patterns that match somewhere in `text`.

        Raises SignatureFormatError where hostile patterns need more than MAX_WORK.
        """
        cut = text.rfind("/") + 1
        folder, inside = self._last  # read and written in one step: threads share automatons
        if folder != text[:cut]:
            inside = self._walk(self._start, text[:cut])
            self._last = (text[:cut], inside)
        node, found = self._walk(inside[0], text[cut:])
        found |= inside[1]
        if node.at_end is None:
            node.at_end = self._accepted(self._closure(node.states, "$"))
        return found | node.at_end

    def _walk(self, node: _Node, text: str) -> tuple[_Node, frozenset[int]]:
        found = node.accepted
        for char in text:
            following = node.steps.get(char)
            if following is None:
                following = node.steps[char] = self._step(node, char)
            node = following
            if node.accepted:
                found |= node.accepted
        return node, found

    def _step(self, node: _Node, char: str) -> _Node:
        reached = []
        for number in node.states:
            state = self._states[number]
            if state.on is not None and state.on.matches(char):
                reached.append(state.to)
        return self._node(self._closure(reached, "") | self._anywhere)

    def _node(self, states: frozenset[int]) -> _Node:
        node = self._nodes.get(states)
        if node is None:
            if len(self._nodes) > MAX_NODES:
                for known in list(self._nodes.values()):
                    known.steps.clear()
                self._nodes.clear()
            node = self._nodes[states] = _Node(states, self._accepted(states))
        return node

    def _accepted(self, states: frozenset[int]) -> frozenset[int]:
        return frozenset(n for s in states if (n := self._states[s].accepts) >= 0)

    def _closure(self, states: Iterable[int], place: str) -> frozenset[int]:
        seen = set(states)
        waiting = list(seen)
        while waiting:
            for target, needs in self._states[waiting.pop()].empty:
                if needs in ("", place) and target not in seen:
                    seen.add(target)
                    waiting.append(target)
        self._work += len(seen)
        if self._work > MAX_WORK:
            raise SignatureFormatError("The resource rules take too long to apply.")
        return frozenset(seen)


class _Compiler:
    """One pattern, by recursive descent, into states of a shared list (Thompson's way)."""

    def __init__(self, states: list[_State], pattern: str, number: int) -> None:
        if len(pattern) > MAX_PATTERN:
            raise SignatureFormatError(f"A resource rule has {len(pattern)} characters.")
        self._states, self._pattern, self._number = states, pattern, number
        self._at = 0

    def compile(self) -> int:
        """Return the first state."""
        first, last = self._alternatives(0)
        if self._at < len(self._pattern):
            raise self._error("has a parenthesis too many")
        self._states[last].accepts = self._number
        return first

    def _error(self, what: str) -> SignatureFormatError:
        return SignatureFormatError(f"The resource rule {self._pattern!r} {what}.")

    def _new(self) -> int:
        if len(self._states) >= MAX_STATES:
            raise SignatureFormatError("The resource rules are too large.")
        self._states.append(_State())
        return len(self._states) - 1

    def _link(self, source: int, target: int, needs: str = "") -> None:
        self._states[source].empty.append((target, needs))

    def _peek(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _alternatives(self, depth: int) -> tuple[int, int]:
        if depth > MAX_NESTING:
            raise self._error("is nested too deeply")
        first, last = self._new(), self._new()
        while True:
            start, end = self._sequence(depth)
            self._link(first, start)
            self._link(end, last)
            if self._peek() != "|":
                return first, last
            self._at += 1

    def _sequence(self, depth: int) -> tuple[int, int]:
        first = last = self._new()
        while self._peek() not in ("", "|", ")"):
            start, end = self._repeated(depth)
            self._link(last, start)
            last = end
        return first, last

    def _repeated(self, depth: int) -> tuple[int, int]:
        start, end = self._atom(depth)
        while (sign := self._peek()) in ("*", "+", "?"):
            self._at += 1
            before, after = self._new(), self._new()
            self._link(before, start)
            self._link(end, after)
            if sign in "*?":
                self._link(before, after)
            if sign in "*+":
                self._link(end, start)
            start, end = before, after
        return start, end

    def _atom(self, depth: int) -> tuple[int, int]:
        char = self._peek()
        self._at += 1
        if char == "(":
            inner = self._alternatives(depth + 1)
            if self._peek() != ")":
                raise self._error("has a parenthesis too few")
            self._at += 1
            return inner
        start, end = self._new(), self._new()
        if char in "^$":
            self._link(start, end, char)
            return start, end
        if char == ".":
            chars = CharSet(negated=True)
        elif char == "[":
            chars = self._bracket()
        elif char == "\\":
            chars = CharSet(frozenset(self._peek()))
            self._at += 1
            if not chars.singles:
                raise self._error("ends in a backslash")
        elif char in _SPECIAL:
            raise self._error(f"has a {char} that is not understood here")
        else:
            chars = CharSet(frozenset(char))
        self._states[start].on, self._states[start].to = chars, end
        return start, end

    def _bracket(self) -> CharSet:
        end = self._pattern.find("]", self._at + (2 if self._peek() == "^" else 1))
        while end > 0 and self._open_class(end):
            end = self._pattern.find("]", end + 1)
        if end < 0:
            raise self._error("has a [ without ]")
        body = self._pattern[self._at : end]
        self._at = end + 1
        negated = body.startswith("^")
        body = body[1:] if negated else body
        classes = [name for name in _CLASSES if f"[:{name}:]" in body]
        for name in classes:
            body = body.replace(f"[:{name}:]", "")
        if "[:" in body or "[." in body or "[=" in body:
            raise self._error("has a character class that is not known")
        ranges, singles = [], set()
        while body:
            if len(body) >= 3 and body[1] == "-":
                ranges.append((body[0], body[2]))
                body = body[3:]
            else:
                singles.add(body[0])
                body = body[1:]
        return CharSet(frozenset(singles), tuple(ranges), tuple(classes), negated)

    def _open_class(self, end: int) -> bool:
        """Whether the `]` at `end` closes a `[:name:]` only."""
        return self._pattern[end - 1] == ":" and self._pattern.rfind("[:", self._at, end - 1) >= 0
