"""Words: what quotes, variables and substitutions in a script expand to.

Comes in: a node of a word. Goes out: the fields it makes. Source: POSIX.1-2017, XCU 2.6, and bash's
manual; zsh does not split what is not quoted. Parameters stand in parameters.py.
"""

import fnmatch
import re
from collections.abc import Callable

from ..budget import over
from ..ending import Ended
from ..guest.filesystem import FileError
from ..guest.text import to_bytes
from ..result import Outcome
from .arithmetic import calculate
from .parameters import Parameters
from .pieces import Fields, Part, Piece
from .quoting import GLOB, ansi, decoded, escape, split, unescape, unescape_quoted
from .state import LONGEST_VALUE, Shell
from .syntax import Node, not_understood, parse, text_of

Run = Callable[[Shell, Node], None]


class Expander:
    """Expands words for one shell; `run` runs a command substitution's statements."""

    def __init__(self, shell: Shell, run: Run) -> None:
        self.shell = shell
        self.run = run
        self.parameters = Parameters(shell, self.parts)
        self._assigning = False

    # ---- whole words ---------------------------------------------------------------------------

    def fields(self, node: Node) -> list[str]:
        """The fields a word makes as a command's argument."""
        found: list[str] = []
        current: str | None = None
        pattern = False
        for part in self.parts(node):
            if isinstance(part, Fields):
                for index, text in enumerate(part.texts):
                    if index:
                        found.append(current or "")
                        current = ""
                    current = (current or "") + text
                continue
            if part.quoted or not part.expanded or self.shell.name == "zsh":
                if part.text or part.quoted:
                    current = (current or "") + part.text
                pattern = pattern or (not part.quoted and bool(GLOB.search(part.text)))
                continue
            pattern = pattern or bool(GLOB.search(part.text))
            pieces = split(part.text, self.shell.variables.get("IFS", " \t\n"))
            if not pieces:
                continue
            if part.text[0] in " \t\n" and current is not None:
                found.append(current)
                current = None
            for index, text in enumerate(pieces):
                if index and current is not None:
                    found.append(current)
                    current = None
                current = (current or "") + text
            if part.text[-1] in " \t\n" and current is not None:
                found.append(current)
                current = None
        if current is not None:
            found.append(current)
        self._bounded(found)
        return [name for text in found for name in self._glob(text)] if pattern else found

    def text(self, node: Node) -> str:
        """The one text a word makes where it is not split: in assignments and patterns."""
        parts = self.parts(node)
        texts = [" ".join(p.texts) if isinstance(p, Fields) else p.text for p in parts]
        self._bounded(texts)
        return "".join(texts)

    def pattern(self, node: Node) -> str:
        """A word as a pattern for fnmatch: what is quoted stands for itself."""
        texts = []
        for part in self.parts(node):
            if isinstance(part, Fields):
                texts.append(" ".join(part.texts))
            else:
                texts.append(escape(part.text) if part.quoted else part.text)
        return "".join(texts)

    def _bounded(self, texts: list[str]) -> None:
        if sum(map(len, texts)) > LONGEST_VALUE:
            over("memory", "a word grows without an end")

    def _glob(self, text: str) -> list[str]:
        if not GLOB.search(text):
            return [text]
        folder, _, last = text.rpartition("/")
        if GLOB.search(folder):
            raise Ended(
                Outcome.UNKNOWN_CALL,
                f"The pattern {text} over several folders has no model.",
                call="a pattern over several folders",
            )
        shell = self.shell
        try:
            status = shell.lookup(folder or ("/" if text.startswith("/") else "."))
            names = shell.files.names(status, shell.process.scratch)
        except FileError:
            return [text]
        start = text[: len(text) - len(last)]
        found = [start + name for name in names if fnmatch.fnmatchcase(name, last)]
        return [name for name in found if last.startswith(".") or "/." not in f"/{name}"] or [text]

    def assigned(self, node: Node) -> str:
        """The text of an assignment's value, where a tilde counts behind each colon too."""
        self._assigning = True
        try:
            return self.text(node)
        finally:
            self._assigning = False

    # ---- parts ---------------------------------------------------------------------------------

    def _with_homes(self, node: Node) -> list[Part]:
        """A word with the user's home for `~` at its beginning (POSIX, XCU 2.6.1)."""
        source = text_of(node)
        before = node.prev_sibling
        inside = before is not None and before.end_byte == node.start_byte and before.type != "="
        sections = source.split(":") if self._assigning else [source]
        found: list[Part] = []
        for index, section in enumerate(sections):
            if index:
                found.append(Piece(":", quoted=False, expanded=False))
            prefix, slash, rest = section.partition("/")
            if not prefix.startswith("~") or (inside and not index):
                found.append(Piece(unescape(section), quoted=False, expanded=False))
                continue
            mac = self.shell.files.mac
            home = self.shell.variables.get("HOME", mac.home) if prefix == "~" else mac.home
            if prefix[1:] not in ("", mac.user):
                raise not_understood(node, f"the home folder of {prefix[1:]}")
            found.append(Piece(home, quoted=True, expanded=True))
            found.append(Piece(unescape(slash + rest), quoted=False, expanded=False))
        return found

    def parts(self, node: Node, *, quoted: bool = False) -> list[Part]:
        """The parts of a word's node."""
        kind = node.type
        if kind in ("word", "number", "extglob_pattern", "regex", "test_operator", "special_word"):
            if node.named_children:
                return self._mixed(node, quoted=quoted)
            if quoted:
                return [Piece(text_of(node), quoted=True, expanded=False)]
            if kind == "word" and "~" in text_of(node):
                return self._with_homes(node)
            return [Piece(unescape(text_of(node)), quoted=False, expanded=False)]
        if kind == "raw_string":
            return [Piece(text_of(node)[1:-1], quoted=True, expanded=False)]
        if kind == "ansi_c_string":
            return [Piece(ansi(text_of(node)[2:-1]), quoted=True, expanded=False)]
        if kind in ("string", "translated_string"):
            return self._string(node)
        if kind == "concatenation":
            return [part for child in node.children for part in self.parts(child, quoted=quoted)]
        if kind == "command_name":
            return [part for child in node.children for part in self.parts(child, quoted=quoted)]
        if kind == "simple_expansion":
            return self.parameters.variable(node, text_of(node)[1:], quoted=quoted)
        if kind == "expansion":
            return self.parameters.expansion(node, quoted=quoted)
        if kind == "command_substitution":
            return [Piece(self._substitution(node, quoted=quoted), quoted, expanded=True)]
        if kind == "variable_name":
            return [Piece(text_of(node), quoted, expanded=False)]
        if kind == "arithmetic_expansion":
            return [Piece(str(self._arithmetic(node)), quoted, expanded=True)]
        if kind in ("=", "==", "!=", "{", "}", "[", "]", "+", "-", "/", "*", "%", "#", ":", "."):
            return [Piece(text_of(node), quoted, expanded=False)]
        raise not_understood(node)

    def _mixed(self, node: Node, *, quoted: bool) -> list[Part]:
        """A node whose text has expansions in it: the gaps between them stand for themselves."""
        parts: list[Part] = []
        source, at = node.text or b"", node.start_byte
        for child in node.named_children:
            gap = source[at - node.start_byte : child.start_byte - node.start_byte]
            if gap:
                parts.append(Piece(unescape(decoded(gap)), quoted, expanded=False))
            parts += self.parts(child, quoted=quoted)
            at = child.end_byte
        if rest := source[at - node.start_byte :]:
            parts.append(Piece(unescape(decoded(rest)), quoted, expanded=False))
        return parts

    def _string(self, node: Node) -> list[Part]:
        """Double quotes: what is between the expansions stands for itself."""
        parts: list[Part] = [Piece("", quoted=True, expanded=False)]
        source, start = node.text or b"", node.start_byte
        at = start + source.index(b'"') + 1
        for child in node.children:
            if child.type in ('"', "string_content", "$"):
                continue
            if gap := source[at - start : child.start_byte - start]:
                parts.append(Piece(unescape_quoted(decoded(gap)), quoted=True, expanded=False))
            parts += self.parts(child, quoted=True)
            at = child.end_byte
        if rest := source[at - start : -1]:
            parts.append(Piece(unescape_quoted(decoded(rest)), quoted=True, expanded=False))
        only = [part for part in parts if isinstance(part, Fields)]
        if only and all(isinstance(part, Fields) or not part.text for part in parts):
            return list(only)
        return parts

    # ---- substitutions -------------------------------------------------------------------------

    def _substitution(self, node: Node, *, quoted: bool) -> str:
        """What a command prints, without the line ends behind it."""
        commands = node
        if text_of(node).startswith("`"):
            special = '[$`"\\\\]' if quoted else "[$`\\\\]"
            source = re.sub(rf"\\({special})", r"\1", text_of(node)[1:-1])
            commands = parse(to_bytes(source))
        inner = self.shell.subshell()
        inner.output = []
        inner.exec_is_child = True
        before = len(inner.process.children)
        try:
            self.run(inner, commands)
        except Ended as end:
            if end.outcome != Outcome.EXIT:
                raise
            inner.status = int(inner.process.exit_status or 0)
        if len(inner.process.children) > before:
            raise not_understood(node, "output of a program")
        self.shell.status = inner.status
        return "".join(inner.output).rstrip("\n").replace("\0", "")

    def _arithmetic(self, node: Node) -> int:
        """Numbers, variables, `+`, `-`, `*` and comparisons."""
        source = text_of(node)[3:-2]
        names = re.sub(
            r"\$?\b([A-Za-z_]\w*)", lambda m: self.parameters.value(m.group(1)) or "0", source
        ).replace("$#", str(len(self.shell.arguments)))
        if not re.fullmatch(r"[\d\s+*()<>=!-]{1,200}", names) or "**" in names:
            raise not_understood(node, "arithmetic")
        try:
            return calculate(names)
        except (SyntaxError, ValueError, RecursionError):
            raise not_understood(node, "arithmetic") from None
