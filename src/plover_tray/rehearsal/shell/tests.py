"""`[ ... ]`, `[[ ... ]]` and `test`: conditions over strings and over files of the guest."""

import fnmatch
import stat
from collections.abc import Callable, Sequence

from ..guest.filesystem import FileError, Status
from .expansion import Expander
from .state import Shell
from .syntax import Node, not_understood, text_of

_NUMERIC = {
    "-eq": lambda a, b: a == b,
    "-ne": lambda a, b: a != b,
    "-lt": lambda a, b: a < b,
    "-le": lambda a, b: a <= b,
    "-gt": lambda a, b: a > b,
    "-ge": lambda a, b: a >= b,
}


def evaluate(shell: Shell, expander: Expander, node: Node) -> bool:
    """The truth of a test_command's node.

    The words of `[ ... ]` are read by their number, as `test` does; `[[ ... ]]` has a grammar.
    """
    inside = [child for child in node.children if child.type not in ("[", "]", "[[", "]]")]
    if not text_of(node).startswith("[["):
        words = [word for child in inside for word in _words(expander, child)]
        return test_words(shell, words, node)
    if len(inside) != 1:
        raise not_understood(node, "test")
    return _expression(shell, expander, inside[0])


def _words(expander: Expander, node: Node) -> list[str]:
    """The words in the tree that the grammar makes of `[ ... ]`."""
    if node.type in ("unary_expression", "binary_expression", "parenthesized_expression"):
        return [word for child in node.children for word in _words(expander, child)]
    if not node.is_named or node.type == "test_operator":
        return [text_of(node)]
    return expander.fields(node)


def _expression(shell: Shell, expander: Expander, node: Node) -> bool:
    kind = node.type
    children = node.children
    if kind == "parenthesized_expression":
        return _expression(shell, expander, children[1])
    if kind == "unary_expression":
        operator, operand = text_of(children[0]), children[-1]
        if operator == "!":
            return not _expression(shell, expander, operand)
        return unary(shell, operator, expander.text(operand), node)
    if kind == "binary_expression" and len(children) == 3:
        operator = text_of(children[1])
        if operator == "&&":
            return _expression(shell, expander, children[0]) and _expression(
                shell, expander, children[2]
            )
        if operator == "||":
            return _expression(shell, expander, children[0]) or _expression(
                shell, expander, children[2]
            )
        left = expander.text(children[0])
        if operator in ("=", "==", "!="):
            matches = fnmatch.fnmatchcase(left, expander.pattern(children[2]))
            return matches == (operator != "!=")
        return binary(operator, left, expander.text(children[2]), node, shell)
    return bool(expander.text(node))


def unary(shell: Shell, operator: str, operand: str, node: Node) -> bool:
    """`-x FILE` and the like."""
    if operator == "-z":
        return not operand
    if operator == "-n":
        return bool(operand)
    if operator == "-t":
        return False
    if operator == "-v":
        return operand in shell.variables
    try:
        found: Status | None = shell.lookup(operand, follow=operator not in ("-h", "-L"))
    except FileError:
        found = None
    if operator in ("-h", "-L"):
        return found is not None and found.link is not None
    checks: dict[str, Callable[[Status], bool]] = {
        "-e": lambda _: True,
        "-a": lambda _: True,
        "-f": lambda s: s.is_file,
        "-d": lambda s: s.is_directory,
        "-r": lambda _: True,
        "-x": lambda s: s.executable,
        "-s": lambda s: s.size > 0,
        "-w": lambda s: shell.files.writable(s.path),
        "-p": lambda s: stat.S_ISFIFO(s.mode),
    }
    if operator not in checks:
        raise not_understood(node, f"test {operator}")
    return found is not None and checks[operator](found)


def binary(operator: str, left: str, right: str, node: Node, shell: Shell) -> bool:
    """`LEFT = RIGHT` and the like."""
    if operator in ("=", "=="):
        return left == right
    if operator == "!=":
        return left != right
    if operator in ("<", ">"):
        return left < right if operator == "<" else left > right
    if operator in _NUMERIC:
        try:
            return bool(_NUMERIC[operator](int(left or "0"), int(right or "0")))
        except ValueError:
            return False
    if operator == "-ef":
        first, second = shell.exists(left), shell.exists(right)
        return first is not None and second is not None and first.path == second.path
    raise not_understood(node, f"test {operator}")


def test_words(shell: Shell, words: Sequence[str], node: Node) -> bool:
    """The command `test`, by the number of its words."""
    if not words:
        return False
    if words[0] == "!":
        return not test_words(shell, words[1:], node)
    if len(words) == 1:
        return bool(words[0])
    if len(words) == 2:
        return unary(shell, words[0], words[1], node)
    if len(words) == 3:
        return binary(words[1], words[0], words[2], node, shell)
    for operator in ("-o", "-a"):
        if operator in words:
            at = words.index(operator)
            left = test_words(shell, words[:at], node)
            right = test_words(shell, words[at + 1 :], node)
            return (left or right) if operator == "-o" else (left and right)
    raise not_understood(node, "test")
