"""Statements, one after the other: who knows what one means, and what holds for all of them.

constructs.py, assignments.py and commands.py say by `handles` which of the grammar's nodes are
theirs; interpreter.py brings them together.
"""

from collections.abc import Callable

from ..budget import over
from ..ending import Ended
from ..result import Outcome
from .expansion import Expander
from .state import Shell
from .syntax import MAX_DEPTH, Node, not_understood

Handler = Callable[[Shell, Node, bool], None]
"""Runs a statement; the last argument says whether its failure is looked at (`if`, `&&`)."""

SKIPPED = frozenset({"comment", ";", ";;", "\n", "heredoc_body"})
"""Nodes between statements that are none."""

_handlers: dict[str, Handler] = {}


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Declare who runs the statements that are nodes of a kind."""

    def declare(handler: Handler) -> Handler:
        _handlers[kind] = handler
        return handler

    return declare


def finish(shell: Shell, status: int) -> None:
    """End as `exit` does. Always raises Ended."""
    shell.process.exit_status = status & 0xFF
    raise Ended(Outcome.EXIT, f"It exits with status {status & 0xFF}.", call="exit")


def run_all(shell: Shell, node: Node) -> None:
    """Run the statements that are a node's children."""
    background = False
    children = [child for child in node.children if child.type not in SKIPPED]
    for index, child in enumerate(children):
        if child.type in ("&", "(", ")", "{", "}", "$(", "`", "do", "done"):
            continue
        following = children[index + 1].type if index + 1 < len(children) else ""
        background = following == "&"
        run(shell, child, background=background)


def run(shell: Shell, node: Node, *, tested: bool = False, background: bool = False) -> None:
    """Run one statement; `tested` where its failure is looked at (`if`, `&&`)."""
    shell.spending.time()
    shell.depth += 1
    if shell.depth > MAX_DEPTH:
        over("nesting", "its constructs stand inside one another without an end")
    try:
        if node.has_error and node.type != "program":
            _refuse_errors(node)
        handler = _handlers.get(node.type)
        if handler is None:
            raise not_understood(node, "syntax" if node.type == "ERROR" else "")
        before = len(shell.process.children)
        handler(shell, node, tested)
        if background and len(shell.process.children) > before:
            shell.process.children[-1].waited_for = False
            shell.last_child = str(shell.process.children[-1].process_id)
    finally:
        shell.depth -= 1
    if shell.status and "errexit" in shell.options and not tested and node.type in _SIMPLE:
        finish(shell, shell.status)


_SIMPLE = frozenset({"command", "test_command", "subshell", "pipeline", "redirected_statement"})


def _refuse_errors(node: Node) -> None:
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if each.type == "ERROR" or each.is_missing:
            raise not_understood(each if each.text else node, "syntax")
        waiting += [child for child in each.children if child.has_error or child.is_missing]


def expander(shell: Shell) -> Expander:
    """What expands words in this shell."""
    return Expander(shell, run_all)
