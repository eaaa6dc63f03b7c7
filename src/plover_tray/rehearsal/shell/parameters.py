"""Variables and `${...}`: what parameters of the shell expand to.

Comes in: a node of a parameter. Goes out: the parts it gives to its word. Source: POSIX.1-2017,
XCU 2.6.2, and the manuals of bash and zsh.
"""

import re
from collections.abc import Callable

from ..ending import Ended
from ..guest.text import to_bytes
from ..result import Outcome
from .arithmetic import number
from .pieces import Fields, Part, Piece
from .quoting import GLOB, escape, trimmed
from .state import Shell
from .syntax import Node, not_understood, parse, text_of

_NAME = re.compile(r"(?:[A-Za-z_]\w*|[0-9]+|[@*#?$!-])")
_OPERATOR = re.compile(r":?[-=+?]|%%?|##?|//?|:(?=[-0-9 ])")
_ZSH_PATH = re.compile(r"\$\{(\w+|0|\(%\):-%[xN])((?::[AaPhtrR])+)\}")


class Parameters:
    """Expands parameters for one shell; `parts` expands the words that stand in them."""

    def __init__(self, shell: Shell, parts: Callable[[Node], list[Part]]) -> None:
        self.shell = shell
        self._parts = parts

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
            return shell.processor
        if name == "OSTYPE":
            return "darwin25"
        return shell.variables.get(name)

    def variable(self, node: Node, name: str, *, quoted: bool) -> list[Part]:
        """The parts of `$name`."""
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

    def expansion(self, node: Node, *, quoted: bool) -> list[Part]:
        """The parts of `${...}`."""
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
            return self.variable(node, name, quoted=quoted)
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
            if GLOB.search(old) or "$" in operand or "\\" in operand or old.startswith(("#", "%")):
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
        return self._parts(word) if word is not None else []

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
