"""The meaning of a script's statements, one after the other, until it execs or ends.

Comes in: a shell and a script's tree. Goes out: an `Ended`. Programs that are started as children
are noted and taken to end well; what has no model ends it with the construct and its line.
"""

import fnmatch
from itertools import pairwise

from ..budget import over
from ..ending import Ended
from ..filesystem import FileError
from ..model import Outcome
from .builtins import BUILTINS, Leave, LoopControl
from .effects import start_child, write
from .expansion import Expander
from .state import Shell
from .syntax import MAX_DEPTH, MAX_SCRIPT, Node, line_of, not_understood, parse, text_of
from .tests import evaluate
from .utilities import HARMLESS, UTILITIES, find_program, is_unsure

_SKIPPED = frozenset({"comment", ";", ";;", "\n", "heredoc_body"})
_WORDS = frozenset(
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
MAX_LOOPS = 1_000


def run_script(shell: Shell, source: bytes) -> None:
    """Run a script to its end. Always raises Ended."""
    root = parse(source)
    try:
        run_all(shell, root)
    except Leave as leaving:
        shell.status = leaving.status
    except LoopControl:
        pass
    finish(shell, shell.status)


def finish(shell: Shell, status: int) -> None:
    """End as `exit` does. Always raises Ended."""
    shell.process.exit_status = status & 0xFF
    raise Ended(Outcome.EXIT, f"It exits with status {status & 0xFF}.", call="exit")


def run_all(shell: Shell, node: Node) -> None:
    """Run the statements that are a node's children."""
    background = False
    children = [child for child in node.children if child.type not in _SKIPPED]
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
        handler = _HANDLERS.get(node.type)
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


# ---- constructs ----------------------------------------------------------------------------------


def _list(shell: Shell, node: Node, tested: bool) -> None:
    """`a && b`, `a || b`"""
    left, operator, right = node.children[0], node.children[1].type, node.children[-1]
    run(shell, left, tested=True)
    if (shell.status == 0) == (operator == "&&"):
        run(shell, right, tested=tested)


def _negated(shell: Shell, node: Node, _tested: bool) -> None:
    run(shell, node.children[-1], tested=True)
    shell.status = int(shell.status == 0)


def _if(shell: Shell, node: Node, tested: bool) -> None:
    """Statements stand beside the words `if`, `then`, ...: conditions up to `then`, then bodies."""
    branch = "condition"
    met = False
    for child in node.children:
        kind = child.type
        if kind in ("if", "fi") or kind in _SKIPPED:
            continue
        if kind == "then":
            met = shell.status == 0
            branch = "body"
        elif kind == "elif_clause":
            if not met:
                _if(shell, child, tested)
                met = bool(shell.process.notes.pop("branch taken", False))
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
    shell.process.notes["branch taken"] = met
    if node.type == "if_statement":
        shell.process.notes.pop("branch taken", None)
        if not met:
            shell.status = 0


def run_all_but(shell: Shell, node: Node, words: tuple[str, ...]) -> None:
    """Run a node's statements, without its own words."""
    for child in node.children:
        if child.type not in words and child.type not in _SKIPPED:
            run(shell, child)


def _loop_body(shell: Shell, body: Node) -> bool:
    """Run a loop's body once; False after `break`."""
    try:
        run_all(shell, body)
    except LoopControl as control:
        return control.word == "continue"
    return True


def _while(shell: Shell, node: Node, _tested: bool) -> None:
    until = node.children[0].type == "until"
    body = node.child_by_field_name("body") or node.children[-1]
    conditions = [
        child
        for child in node.children[1:]
        if child.type not in _SKIPPED and child.start_byte < body.start_byte
    ]
    for _ in range(MAX_LOOPS):
        for condition in conditions:
            run(shell, condition, tested=True)
        if (shell.status == 0) == until:
            shell.status = 0
            return
        if not _loop_body(shell, body):
            return
    over("calls", f"line {line_of(node)}: its loop runs without an end")


def _for(shell: Shell, node: Node, _tested: bool) -> None:
    variable = node.child_by_field_name("variable")
    body = node.child_by_field_name("body")
    if variable is None or body is None or node.children[0].type != "for":
        raise not_understood(node)
    words = [
        child
        for child in node.children
        if child.type in _WORDS and variable.end_byte < child.start_byte < body.start_byte
    ]
    listed = any(child.type == "in" for child in node.children)
    expander = _expander(shell)
    items = (
        [field for word in words for field in expander.fields(word)]
        if listed
        else list(shell.arguments)
    )
    for item in items[:MAX_LOOPS]:
        shell.set(text_of(variable), item)
        if not _loop_body(shell, body):
            return


def _case(shell: Shell, node: Node, _tested: bool) -> None:
    expander = _expander(shell)
    value = node.child_by_field_name("value")
    if value is None:
        raise not_understood(node)
    subject = expander.text(value)
    for item in node.children:
        if item.type != "case_item":
            continue
        patterns = item.children_by_field_name("value")
        if any(fnmatch.fnmatchcase(subject, expander.pattern(each)) for each in patterns):
            after = max(each.end_byte for each in patterns)
            for child in item.children:
                if child.start_byte >= after and child.type not in (")", *_SKIPPED):
                    run(shell, child)
            return
    shell.status = 0


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


def _group(shell: Shell, node: Node, _tested: bool) -> None:
    run_all(shell, node)


def _function(shell: Shell, node: Node, _tested: bool) -> None:
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    if name is None or body is None:
        raise not_understood(node)
    shell.functions[text_of(name)] = body
    shell.status = 0


def _assignment(shell: Shell, node: Node, _tested: bool) -> None:
    shell.status = 0
    assign(shell, node)


def assign(shell: Shell, node: Node) -> tuple[str, str]:
    """Do an assignment; name and value."""
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    if name is None or name.type != "variable_name":
        raise not_understood(node, "assignment")
    if value is not None and value.type == "array":
        raise not_understood(node, "array")
    text = _expander(shell).text(value) if value is not None else ""
    if "+=" in text_of(node)[: len(text_of(name)) + 2]:
        text = shell.variables.get(text_of(name), "") + text
    shell.set(text_of(name), text)
    return text_of(name), text


def _assignments(shell: Shell, node: Node, _tested: bool) -> None:
    for child in node.named_children:
        _assignment(shell, child, False)


def _declaration(shell: Shell, node: Node, _tested: bool) -> None:
    """export, readonly, local, declare, typeset"""
    word = node.children[0].type
    shell.status = 0
    flags = ""
    for child in node.children[1:]:
        if child.type in _SKIPPED:
            continue
        if child.type == "word" and text_of(child).startswith("-"):
            flags += text_of(child)
            if set(text_of(child)) & set("aAfnp"):
                raise not_understood(node, f"{word} {text_of(child)}")
            continue
        if child.type == "variable_assignment":
            name = assign(shell, child)[0]
        elif child.type in ("variable_name", "word"):
            name = text_of(child)
            if word in ("local", "declare", "typeset"):
                shell.variables.setdefault(name, "")
        else:
            raise not_understood(child, f"{word} of what is no name")
        if word == "export" or "x" in flags:
            shell.exported.add(name)


def _unset(shell: Shell, node: Node, _tested: bool) -> None:
    for child in node.children[1:]:
        name = text_of(child)
        if name in ("-v", "-f"):
            continue
        shell.variables.pop(name, None)
        shell.exported.discard(name)
    shell.status = 0


def _test(shell: Shell, node: Node, _tested: bool) -> None:
    shell.status = int(not evaluate(shell, _expander(shell), node))
    shell.note("test", (text_of(node),), shell.status)


def _redirected(shell: Shell, node: Node, tested: bool) -> None:
    """Where output goes does not change what is run; a program's own file names are expanded."""
    body = node.child_by_field_name("body")
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


def _pipeline(shell: Shell, node: Node, _tested: bool) -> None:
    """Programs in a pipeline are all started; what flows between them is not modelled."""
    parts = [child for child in node.named_children if child.type not in _SKIPPED]
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


# ---- commands ------------------------------------------------------------------------------------


def _expander(shell: Shell) -> Expander:
    return Expander(shell, run_all)


def _command(shell: Shell, node: Node, _tested: bool) -> None:
    """A simple command: assignments before it hold for it alone."""
    name = node.child_by_field_name("name")
    if name is None:
        raise not_understood(node)
    before = [child for child in node.children if child.type == "variable_assignment"]
    own = []
    for child, following in pairwise([*before, name]):
        # The grammar takes `A=1 B=2`, a line end and a command for one command.
        if _line_ends_between(node, child, following):
            own.append(child)
            for each in own:
                assign(shell, each)
            own = []
        else:
            own.append(child)
    expander = _expander(shell)
    words = expander.fields(name)
    last = name
    for child in node.children:
        if child.start_byte < name.end_byte or child.type in _SKIPPED:
            continue
        if _line_ends_between(node, last, child):
            raise not_understood(child, "syntax")
        last = child
        if child.type in _WORDS:
            words += expander.fields(child)
        elif child.type not in ("herestring_redirect", "file_redirect", "heredoc_redirect"):
            raise not_understood(child)
    names = [text_of(each.children[0]) for each in own]
    kept = [(word, shell.variables.get(word), word in shell.exported) for word in names]
    for each in own:
        shell.exported.add(assign(shell, each)[0])
    try:
        if words:
            execute(shell, node, words)
        else:
            shell.status = 0
    finally:
        for word, value, exported in kept:
            if value is None:
                shell.variables.pop(word, None)
            else:
                shell.variables[word] = value
            if not exported:
                shell.exported.discard(word)


def _line_ends_between(node: Node, first: Node, second: Node) -> bool:
    """Whether a line really ends between two children: without a backslash before it."""
    source = node.text or b""
    gap = source[first.end_byte - node.start_byte : second.start_byte - node.start_byte]
    return b"\n" in gap.replace(b"\\\n", b"")


def execute(shell: Shell, node: Node, words: list[str]) -> None:
    """Run a command by its words: function, builtin, utility, or a program."""
    name, rest = words[0], words[1:]
    if name in shell.functions:
        _call_function(shell, shell.functions[name], rest)
        return
    if name in (".", "source"):
        _source(shell, node, rest)
        return
    builtin = BUILTINS.get(name)
    if builtin is not None:
        builtin(shell, node, rest, execute)
        return
    answer = None
    bare = name.rpartition("/")[2] if name.startswith(("/bin/", "/usr/bin/")) else name
    if bare in UTILITIES:
        answer = UTILITIES[bare](shell, rest)
    elif bare in HARMLESS:
        answer = (0, "")
    if answer is not None:
        shell.status, printed = answer
        write(shell, printed)
        shell.note(bare, rest, printed.strip() or shell.status)
        return
    start_program(shell, node, words)


def _source(shell: Shell, node: Node, words: list[str]) -> None:
    """`.` of a file in the bundle."""
    if not words:
        raise not_understood(node, "source")
    try:
        found = shell.lookup(words[0])
        text = shell.files.read(found, shell.process.scratch, 0, MAX_SCRIPT)
    except FileError:
        shell.status = 1
        return
    shell.note(".", words)
    try:
        run_all(shell, parse(text))
    except Leave as leaving:
        shell.status = leaving.status


def _call_function(shell: Shell, body: Node, arguments: list[str]) -> None:
    kept, shell.arguments = shell.arguments, list(arguments)
    try:
        run(shell, body)
    except Leave as leaving:
        shell.status = leaving.status
    finally:
        shell.arguments = kept


def start_program(shell: Shell, node: Node, words: list[str]) -> None:
    """Start a program as a child, which is taken to end well."""
    target = find_program(shell, words[0])
    outside = words[0].startswith("/") and not words[0].startswith(shell.files.bundle + "/")
    if target is None and outside:
        target = words[0]
    if target is None and is_unsure(shell, words[0]):
        raise not_understood(node, f"the program {words[0]}, which a Mac may have,")
    if target is None:
        shell.status = 127 if shell.exists(words[0]) is None else 126
        shell.note(words[0], words[1:], f"{shell.status}: there is no such program")
        shell.process.replaced = f"line {line_of(node)}: {words[0]}"
        return
    if shell.output is not None and shell.call == "command":
        raise not_understood(node, "output of a program")
    start_child(shell, target, words)
    shell.status = 0


_HANDLERS = {
    "command": _command,
    "list": _list,
    "negated_command": _negated,
    "if_statement": _if,
    "while_statement": _while,
    "for_statement": _for,
    "case_statement": _case,
    "subshell": _subshell,
    "compound_statement": _group,
    "function_definition": _function,
    "variable_assignment": _assignment,
    "variable_assignments": _assignments,
    "declaration_command": _declaration,
    "unset_command": _unset,
    "test_command": _test,
    "redirected_statement": _redirected,
    "pipeline": _pipeline,
}
