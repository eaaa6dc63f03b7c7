"""What holds other statements: lists, conditions, loops, functions, pipelines, subshells."""

import fnmatch

from ..budget import over
from ..ending import Ended
from ..result import Outcome
from .builtins import Leave, LoopControl
from .effects import shown
from .state import Shell
from .statements import SKIPPED, expander, handles, run, run_all
from .syntax import WORDS, Node, line_of, not_understood, text_of
from .tests import evaluate

MAX_LOOPS = 1_000


@handles("list")
def _list(shell: Shell, node: Node, tested: bool) -> None:
    """`a && b`, `a || b`"""
    left, operator, right = node.children[0], node.children[1].type, node.children[-1]
    run(shell, left, tested=True)
    if (shell.status == 0) == (operator == "&&"):
        run(shell, right, tested=tested)


@handles("negated_command")
def _negated(shell: Shell, node: Node, _tested: bool) -> None:
    run(shell, node.children[-1], tested=True)
    shell.status = int(shell.status == 0)


@handles("if_statement")
def _if(shell: Shell, node: Node, _tested: bool) -> None:
    if not _branch_taken(shell, node):
        shell.status = 0


def _branch_taken(shell: Shell, node: Node) -> bool:
    """Run an `if` or `elif` and say whether one of its branches ran.

    Statements stand beside the words `if`, `then`, ...: conditions up to `then`, then bodies.
    """
    branch = "condition"
    met = False
    for child in node.children:
        kind = child.type
        if kind in ("if", "fi") or kind in SKIPPED:
            continue
        if kind == "then":
            met = shell.status == 0
            branch = "body"
        elif kind == "elif_clause":
            if not met:
                met = _branch_taken(shell, child)
        elif kind == "elif":
            continue
        elif kind == "else_clause":
            if not met:
                run_all_but(shell, child, ("else",))
                met = True
        elif branch == "condition":
            run(shell, child, tested=True)
        elif met:
            run(shell, child)
    return met


def run_all_but(shell: Shell, node: Node, words: tuple[str, ...]) -> None:
    """Run a node's statements, without its own words."""
    for child in node.children:
        if child.type not in words and child.type not in SKIPPED:
            run(shell, child)


def _loop_body(shell: Shell, body: Node) -> bool:
    """Run a loop's body once; False after `break`."""
    try:
        run_all(shell, body)
    except LoopControl as control:
        return control.word == "continue"
    return True


@handles("while_statement")
def _while(shell: Shell, node: Node, _tested: bool) -> None:
    until = node.children[0].type == "until"
    body = node.child_by_field_name("body") or node.children[-1]
    conditions = [
        child
        for child in node.children[1:]
        if child.type not in SKIPPED and child.start_byte < body.start_byte
    ]
    before = len(shell.process.children)
    for _ in range(MAX_LOOPS):
        for condition in conditions:
            run(shell, condition, tested=True)
        if (shell.status == 0) == until:
            shell.status = 0
            break
        if not _loop_body(shell, body):
            break
    else:
        over("calls", f"line {line_of(node)}: its loop runs without an end")
    if len(shell.process.children) > before:
        tested = " ".join(text_of(child) for child in conditions)
        name = "until" if until else "while"
        what = f"line {line_of(node)}: starts it again ({name} {tested})"
        shell.process.does("loop", what)


@handles("for_statement")
def _for(shell: Shell, node: Node, _tested: bool) -> None:
    variable = node.child_by_field_name("variable")
    body = node.child_by_field_name("body")
    if variable is None or body is None or node.children[0].type != "for":
        raise not_understood(node)
    words = [
        child
        for child in node.children
        if child.type in WORDS and variable.end_byte < child.start_byte < body.start_byte
    ]
    listed = any(child.type == "in" for child in node.children)
    words_of = expander(shell)
    items = (
        [field for word in words for field in words_of.fields(word)]
        if listed
        else list(shell.arguments)
    )
    for item in items[:MAX_LOOPS]:
        shell.set(text_of(variable), item)
        if not _loop_body(shell, body):
            return


@handles("case_statement")
def _case(shell: Shell, node: Node, _tested: bool) -> None:
    words_of = expander(shell)
    value = node.child_by_field_name("value")
    if value is None:
        raise not_understood(node)
    subject = words_of.text(value)
    for item in node.children:
        if item.type != "case_item":
            continue
        patterns = item.children_by_field_name("value")
        if any(fnmatch.fnmatchcase(subject, words_of.pattern(each)) for each in patterns):
            after = max(each.end_byte for each in patterns)
            for child in item.children:
                if child.start_byte >= after and child.type not in (")", *SKIPPED):
                    run(shell, child)
            return
    shell.status = 0


@handles("subshell")
def _subshell(shell: Shell, node: Node, _tested: bool) -> None:
    inner = shell.subshell()
    inner.exec_is_child = True
    try:
        run_all(inner, node)
    except Leave as leaving:
        inner.status = leaving.status
    except Ended as end:
        if end.outcome != Outcome.EXIT:
            raise
        inner.status = inner.process.exit_status or 0
    shell.process.next_child = inner.process.next_child
    shell.status = inner.status


@handles("compound_statement")
def _group(shell: Shell, node: Node, _tested: bool) -> None:
    run_all(shell, node)


@handles("function_definition")
def _function(shell: Shell, node: Node, _tested: bool) -> None:
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    if name is None or body is None:
        raise not_understood(node)
    shell.functions[text_of(name)] = body
    shell.status = 0


@handles("test_command")
def _test(shell: Shell, node: Node, _tested: bool) -> None:
    shell.status = int(not evaluate(shell, expander(shell), node))
    shell.note("test", (text_of(node),), shell.status)


@handles("redirected_statement")
def _redirected(shell: Shell, node: Node, tested: bool) -> None:
    """Where output goes does not change what is run; a program's own file names are expanded."""
    body = node.child_by_field_name("body")
    _note_files(shell, node)
    if body is None:
        shell.status = 0
        return
    outer = shell.output
    goes_elsewhere = any(
        child.type == "file_redirect"
        and ">" in text_of(child)
        and not text_of(child).startswith("2")
        for child in node.children
    )
    if goes_elsewhere and outer is not None:
        shell.output = []
    try:
        run(shell, body, tested=tested)
    finally:
        shell.output = outer


def _note_files(shell: Shell, node: Node) -> None:
    """Note the files that output goes to."""
    for child in node.children:
        target = child.child_by_field_name("destination") if child.type == "file_redirect" else None
        if target is None or ">" not in text_of(child):
            continue
        if target.type == "number" or text_of(target) == "-":
            continue  # >&2, >&-
        path = expander(shell).text(target)
        if path not in ("/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty"):
            operator = text_of(child)[: target.start_byte - child.start_byte].strip()
            shell.process.does("output", f"{operator} {shown([path])}")


@handles("pipeline")
def _pipeline(shell: Shell, node: Node, _tested: bool) -> None:
    """Programs in a pipeline are all started; what flows between them is not modelled."""
    parts = [child for child in node.named_children if child.type not in SKIPPED]
    if shell.output is not None:
        raise not_understood(node, "output of a pipeline")
    for part in parts:
        inner = shell.subshell()
        inner.exec_is_child = True
        inner.output = []
        try:
            run(inner, part, tested=True)
        except Ended as end:
            if end.outcome != Outcome.EXIT:
                raise
        shell.process.next_child = inner.process.next_child
    shell.status = 0
