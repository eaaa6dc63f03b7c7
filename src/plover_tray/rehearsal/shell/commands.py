"""Simple commands: functions, builtins, utilities, and programs, which are taken to end well."""

from itertools import pairwise

from ..guest.filesystem import FileError
from .assignments import assign
from .builtins import BUILTINS, Leave
from .effects import FILE_COMMANDS, shown, start_child, write
from .state import Shell
from .statements import SKIPPED, expander, handles, run, run_all
from .syntax import MAX_SCRIPT, WORDS, Node, line_of, not_understood, parse, text_of
from .utilities import HARMLESS, UTILITIES, WITHOUT_EFFECT, find_program, is_unsure


@handles("command")
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
    words_of = expander(shell)
    words = words_of.fields(name)
    last = name
    for child in node.children:
        if child.start_byte < name.end_byte or child.type in SKIPPED:
            continue
        if _line_ends_between(node, last, child):
            raise not_understood(child, "syntax")
        last = child
        if child.type in WORDS:
            words += words_of.fields(child)
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
        if bare not in WITHOUT_EFFECT:
            shell.process.does("files" if bare in FILE_COMMANDS else "program", shown(words))
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
    outside = words[0].startswith("/") and not shell.files.holds(words[0])
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
