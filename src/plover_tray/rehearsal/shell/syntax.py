"""A script's syntax tree: text in, tree-sitter's nodes out; the grammar is tree-sitter-bash.

What the grammar does not understand is an error node, and that ends the rehearsal with its line.
"""

from functools import cache

import tree_sitter
import tree_sitter_bash

from ..ending import Ended
from ..result import Outcome

Node = tree_sitter.Node

MAX_SCRIPT = 1 << 20
"""Bytes."""
MAX_DEPTH = 150
"""Of constructs inside one another."""
LONGEST_SHOWN = 60

WORDS = frozenset(
    {
        "word",
        "number",
        "string",
        "raw_string",
        "ansi_c_string",
        "translated_string",
        "concatenation",
        "simple_expansion",
        "expansion",
        "command_substitution",
        "arithmetic_expansion",
        "extglob_pattern",
        "regex",
        "=",
        "==",
    }
)
"""Nodes that are one word of a command."""


@cache
def _parser() -> tree_sitter.Parser:
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


def parse(source: bytes) -> Node:
    """The root node of a script."""
    return _parser().parse(source).root_node


def text_of(node: Node) -> str:
    """A node's source."""
    return (node.text or b"").decode("utf-8", "surrogateescape")


def line_of(node: Node) -> int:
    """The line a node starts in, from 1."""
    return int(node.start_point[0]) + 1


def not_understood(node: Node, what: str = "") -> Ended:
    """Make the end for a construct that has no model; the caller raises it."""
    shown = " ".join(text_of(node).split())
    if len(shown) > LONGEST_SHOWN:
        shown = shown[:LONGEST_SHOWN] + "..."
    kind = what or node.type.replace("_", " ")
    return Ended(
        Outcome.UNKNOWN_CALL,
        f"Line {line_of(node)}: {kind} ({shown}) has no model; what follows is not known.",
        call=f"line {line_of(node)}: {kind}",
    )
