"""Words: what quotes, variables and substitutions in a script expand to.

Comes in: a node of a word. Goes out: the fields it makes. Source: POSIX.1-2017, XCU 2.6, and bash's
manual for `${BASH_SOURCE[0]}` and its like; zsh does not split what is not quoted.
"""

import fnmatch
import re
from collections.abc import Callable
from dataclasses import dataclass

from ..budget import over
from ..ending import Ended
from ..guest.filesystem import FileError
from ..guest.text import to_bytes
from ..result import Outcome
from .arithmetic import calculate, number
from .quoting import ansi, decoded, escape, split, trimmed, unescape, unescape_quoted
from .state import LONGEST_VALUE, Shell
from .syntax import Node, not_understood, parse, text_of

_NAME = re.compile(r"(?:[A-Za-z_]\w*|[0-9]+|[@*#?$!-])")
_OPERATOR = re.compile(r":?[-=+?]|%%?|##?|//?|:(?=[-0-9 ])")
_ZSH_PATH = re.compile(r"\$\{(\w+|0|\(%\):-%[xN])((?::[AaPhtrR])+)\}")
_GLOB = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a word: text, and how the shell treats it."""

    text: str
    quoted: bool
    expanded: bool
    """Came from an expansion, so that it is split where not quoted."""


@dataclass(frozen=True, slots=True)
class Fields:
    """The arguments of `$@` in quotes: a field each."""

    texts: tuple[str, ...]


Part = Piece | Fields
Run = Callable[[Shell, Node], None]


class Expander:
    """Expands words for one shell; `run` runs a command substitution's statements."""

    def __init__(self, shell: Shell, run: Run) -> None:
        self.shell = shell
        self.run = run
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
                pattern = pattern or (not part.quoted and bool(_GLOB.search(part.text)))
                continue
            pattern = pattern or bool(_GLOB.search(part.text))
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
        if not _GLOB.search(text):
            return [text]
        folder, _, last = text.rpartition("/")
        if _GLOB.search(folder):
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
            return self._variable(node, text_of(node)[1:], quoted=quoted)
        if kind == "expansion":
            return self._expansion(node, quoted=quoted)
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

    # ---- variables -----------------------------------------------------------------------------

    def value(self, name: str) -> str | None:
        """A variable's or parameter's value, None where it is not set."""
        shell = self.shell
        if name == "0":
            return shell.script
        if name.isdigit():
            index = (number(name) or 0) - 1
            return shell.arguments[index] if 0 <= index < len(shell.arguments) else None
        special = {
            "#": str(len(shell.arguments)),
            "?": str(shell.status),
            "$": str(shell.files.mac.process_id),
            "!": shell.last_child,
            "-": "",
            "@": " ".join(shell.arguments),
            "*": " ".join(shell.arguments),
            "UID": str(shell.files.mac.user_id),
            "EUID": str(shell.files.mac.user_id),
        }
        if name in special:
            return special[name]
        if name in ("HOSTTYPE", "MACHTYPE", "CPUTYPE"):
            shell.asked.append(name)
            return shell.machine
        if name == "OSTYPE":
            return "darwin25"
        return shell.variables.get(name)

    def _variable(self, node: Node, name: str, *, quoted: bool) -> list[Part]:
        if name in ("@", "*"):
            if quoted and name == "@":
                return [Fields(tuple(self.shell.arguments))]
            if not quoted:
                return self._unquoted_arguments()
        if name in ("RANDOM", "SECONDS", "LINENO", "PPID"):
            raise not_understood(node, f"${name}")
        found = self.value(name)
        if found is None:
            self._must_be_set(name)
        return [Piece(found or "", quoted, expanded=True)]

    def _unquoted_arguments(self) -> list[Part]:
        return [Piece(" ".join(self.shell.arguments), quoted=False, expanded=True)]

    def _must_be_set(self, name: str) -> None:
        if "nounset" in self.shell.options:
            raise Ended(
                Outcome.EXIT,
                f"It exits with status 1: the variable {name} is not set (set -u).",
                call="exit",
            )

    def _expansion(self, node: Node, *, quoted: bool) -> list[Part]:
        source = text_of(node)
        zsh = _ZSH_PATH.fullmatch(source)
        if zsh and self.shell.name == "zsh":
            return [Piece(self._zsh_path(zsh.group(1), zsh.group(2)), quoted, expanded=True)]
        inner = source[2:-1]
        if inner.startswith("#") and len(inner) > 1:
            return [Piece(str(len(self.value(inner[1:]) or "")), quoted, expanded=True)]
        match = _NAME.match(inner)
        if match is None:
            raise not_understood(node, "expansion")
        name, rest = match.group(), inner[match.end() :]
        subscript = re.match(r"\[(0|@|\*)\]", rest)
        if subscript is not None:
            if name not in ("BASH_SOURCE", "FUNCNAME", *self.shell.variables):
                self._must_be_set(name)
            rest = rest[subscript.end() :]
        if not rest:
            return self._variable(node, name, quoted=quoted)
        operator = _OPERATOR.match(rest)
        if operator is None:
            raise not_understood(node, "expansion")
        found = self.value(name)
        if name == "@" and operator.group().rstrip("+-").rstrip(":") == "":
            return self._arguments_or(operator.group(), rest[operator.end() :], quoted=quoted)
        text = self._operated(node, name, found, operator.group(), rest[operator.end() :])
        return [Piece(text, quoted, expanded=True)]

    def _arguments_or(self, operator: str, operand: str, *, quoted: bool) -> list[Part]:
        """`${@:-...}` and the old `${1+"$@"}`'s cousin `${@+"$@"}`."""
        present = bool(self.shell.arguments)
        if operator.endswith("+"):
            return self._operand(operand) if present else []
        if present:
            return [Fields(tuple(self.shell.arguments))] if quoted else self._unquoted_arguments()
        return self._operand(operand)

    def _operated(
        self, node: Node, name: str, found: str | None, operator: str, operand: str
    ) -> str:
        kind = operator.lstrip(":")
        absent = found is None or (operator.startswith(":") and not found)
        if operator == ":":
            return self._substring(node, found or "", operand)
        if kind in ("-", "=", "+", "?"):
            if kind == "+":
                return "" if absent else self._operand_text(operand)
            if not absent:
                return found or ""
            value = self._operand_text(operand)
            if kind == "=":
                self.shell.set(name, value)
            if kind == "?":
                raise Ended(
                    Outcome.EXIT,
                    f"It exits with status 1: {name}: {value or 'not set'}.",
                    call="exit",
                )
            return value
        if found is None:
            self._must_be_set(name)
            return ""
        if kind in ("%", "%%", "#", "##"):
            return trimmed(found, kind, self._operand_pattern(operand))
        if kind in ("/", "//"):
            old, _, new = operand.partition("/")
            if _GLOB.search(old) or "$" in operand or "\\" in operand or old.startswith(("#", "%")):
                raise not_understood(node, "replacement")
            return found.replace(old.strip("\"'"), new.strip("\"'"), 1 if kind == "/" else -1)
        raise not_understood(node, "expansion")

    def _substring(self, node: Node, found: str, operand: str) -> str:
        match = re.fullmatch(r" ?(-?\d{1,18})(?::(-?\d{1,18}))?", operand)
        if match is None:
            raise not_understood(node, "substring")
        start = int(match.group(1))
        rest = found[start:] if start >= 0 else found[max(0, len(found) + start) :]
        if match.group(2) is None:
            return rest
        return rest[: int(match.group(2))]

    def _operand(self, operand: str) -> list[Part]:
        """The parts of the word behind an operator."""
        if not re.search(r"[$`\"'\\]", operand):
            return [Piece(operand, quoted=False, expanded=True)]
        source = f"x={operand}" if '"' in operand or "'" in operand else f'x="{operand}"'
        root = parse(to_bytes(source))
        value = root.named_children[0] if root.named_child_count == 1 else None
        if root.has_error or value is None or value.type != "variable_assignment":
            raise not_understood(root, "expansion's word")
        word = value.child_by_field_name("value")
        return self.parts(word) if word is not None else []

    def _operand_text(self, operand: str) -> str:
        parts = self._operand(operand)
        return "".join(" ".join(p.texts) if isinstance(p, Fields) else p.text for p in parts)

    def _operand_pattern(self, operand: str) -> str:
        texts = []
        for part in self._operand(operand):
            if isinstance(part, Fields):
                texts.append(" ".join(part.texts))
            else:
                quoted = part.quoted and part.expanded
                texts.append(escape(part.text) if quoted else part.text)
        return "".join(texts)

    def _zsh_path(self, name: str, modifiers: str) -> str:
        """Zsh's `${0:A:h}`: absolute and resolved, then the folder."""
        value = self.shell.script if name.startswith("(") else self.value(name) or ""
        for modifier in modifiers.split(":")[1:]:
            if modifier in "AP":
                found = self.shell.exists(value)
                value = (
                    found.path
                    if found
                    else self.shell.files.absolute(value, self.shell.process.folder)
                )
            elif modifier == "a":
                value = self.shell.files.absolute(value, self.shell.process.folder)
            elif modifier == "h":
                value = value.rstrip("/").rpartition("/")[0] or "."
            elif modifier == "t":
                value = value.rpartition("/")[2]
            elif modifier == "r":
                value = value.rpartition(".")[0] or value
        return value

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
            r"\$?\b([A-Za-z_]\w*)", lambda m: self.value(m.group(1)) or "0", source
        ).replace("$#", str(len(self.shell.arguments)))
        if not re.fullmatch(r"[\d\s+*()<>=!-]{1,200}", names) or "**" in names:
            raise not_understood(node, "arithmetic")
        try:
            return calculate(names)
        except (SyntaxError, ValueError, RecursionError):
            raise not_understood(node, "arithmetic") from None
