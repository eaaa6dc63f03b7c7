"""The shell's own commands: cd, exec, export, set, shift, echo, and so on."""
# ruff: noqa: D103 - a model's name says which function it answers for

from collections.abc import Callable, Sequence

from ..ending import Ended
from ..guest.filesystem import FileError
from ..guest.text import to_text
from ..result import Outcome
from .arithmetic import number
from .effects import shown, start_child, write
from .state import Shell
from .syntax import Node, line_of, not_understood
from .tests import test_words
from .utilities import find_program, is_unsure, pwd

Execute = Callable[..., None]
Builtin = Callable[[Shell, Node, list[str], Execute], None]


class Leave(Exception):  # noqa: N818 - `return`
    """A function or sourced script returns."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class LoopControl(Exception):  # noqa: N818 - `break`, `continue`
    """A loop is left or goes on."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


def _status(words: Sequence[str], default: int) -> int:
    found = number(words[0]) if words else None
    return default if found is None else found & 0xFF


def exit_(shell: Shell, _node: Node, words: list[str], _execute: Execute) -> None:
    status = _status(words, shell.status)
    shell.process.exit_status = status
    raise Ended(Outcome.EXIT, f"It exits with status {status}.", call="exit")


def return_(shell: Shell, _node: Node, words: list[str], _execute: Execute) -> None:
    raise Leave(_status(words, shell.status))


def break_(_shell: Shell, _node: Node, _words: list[str], _execute: Execute) -> None:
    raise LoopControl("break")


def continue_(_shell: Shell, _node: Node, _words: list[str], _execute: Execute) -> None:
    raise LoopControl("continue")


def cd(shell: Shell, node: Node, words: list[str], _execute: Execute) -> None:
    """PWD keeps the path as it was entered (`-L`, the default); `-P` resolves it."""
    physical = "-P" in words
    names = [word for word in words if word not in ("-P", "-L", "--")]
    if len(names) > 1 or names == ["-"]:
        raise not_understood(node, "cd")
    name = names[0] if names else shell.variables.get("HOME", "/")
    logical = name if name.startswith("/") else f"{shell.variables.get('PWD', '/')}/{name}"
    logical = _without_dots(logical)
    path = name if physical else logical
    try:
        found = shell.lookup(path or "/")
        shell.status = 0 if found.is_directory else 1
    except FileError:
        shell.status = 1
    if shell.status == 0:
        shell.process.folder = found.path
        shell.variables["OLDPWD"] = shell.variables.get("PWD", "/")
        shell.variables["PWD"] = found.path if physical else logical or "/"
    shell.note("cd", words, shell.status)


def _without_dots(path: str) -> str:
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if kept:
                kept.pop()
        elif part not in ("", "."):
            kept.append(part)
    return "/" + "/".join(kept)


def exec_(shell: Shell, node: Node, words: list[str], _execute: Execute) -> None:
    """Without words only redirections, which change nothing here."""
    name = None
    while words and words[0].startswith("-"):
        flag = words.pop(0)
        if flag == "--":
            break
        if flag in ("-a", "-ca", "-la") and words:
            name = words.pop(0)
        elif flag not in ("-c", "-l"):
            raise not_understood(node, f"exec {flag}")
    if not words:
        shell.status = 0
        return
    target = find_program(shell, words[0])
    if target is None and words[0].startswith("/"):
        inside = shell.files.holds(words[0])
        target = words[0] if not inside and shell.exists(words[0]) is None else None
    if target is None and is_unsure(shell, words[0]):
        raise not_understood(node, f"the program {words[0]}, which a Mac may have,")
    if target is None:
        shell.note("exec", words, "there is no such program")
        shell.process.replaced = f"line {line_of(node)}: exec of {words[0]}"
        shell.process.exit_status = 127
        raise Ended(Outcome.EXIT, "It exits with status 127.", call="exit")
    argv = [name or words[0], *words[1:]]
    if shell.exec_is_child:
        start_child(shell, target, argv)
        shell.process.exit_status = 0
        raise Ended(Outcome.EXIT, "It exits with status 0.", call="exit")
    shell.note("exec", words)
    raise Ended(
        Outcome.EXEC,
        f"Line {line_of(node)}: it replaces itself with {target}.",
        call="exec",
        target=target,
        argv=argv,
        environment=shell.environment(),
    )


def set_(shell: Shell, node: Node, words: list[str], _execute: Execute) -> None:
    letters = {"e": "errexit", "u": "nounset", "x": "xtrace", "a": "allexport", "f": "noglob",
               "v": "verbose", "h": "hashall", "m": "monitor", "b": "notify", "C": "noclobber",
               "E": "errtrace"}  # fmt: skip
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if word == "--":
            shell.arguments = waiting
            break
        if word in ("-o", "+o"):
            name = waiting.pop(0) if waiting else ""
            (shell.options.add if word == "-o" else shell.options.discard)(name)
            continue
        if word[:1] not in ("-", "+") or set(word[1:]) - {*letters, "o"}:
            if word[:1] not in ("-", "+"):
                shell.arguments = [word, *waiting]
                break
            raise not_understood(node, f"set {word}")
        for letter in word[1:]:
            name = letters.get(letter) or (waiting.pop(0) if waiting else "")
            (shell.options.add if word[0] == "-" else shell.options.discard)(name)
    shell.status = 0


def shift(shell: Shell, _node: Node, words: list[str], _execute: Execute) -> None:
    count = _status(words, 1)
    shell.status = int(count > len(shell.arguments))
    if not shell.status:
        del shell.arguments[:count]


def echo(shell: Shell, _node: Node, words: list[str], _execute: Execute) -> None:
    end = "\n"
    while words and words[0] in ("-n", "-e", "-ne", "-E"):
        end = "" if "n" in words.pop(0) else end
    write(shell, " ".join(words) + end)
    shell.status = 0
    shell.note("echo", words)


def printf(shell: Shell, node: Node, words: list[str], _execute: Execute) -> None:
    """`%s` and line ends; anything else has no model."""
    if not words:
        raise not_understood(node, "printf")
    template, values = words[0], list(words[1:])
    template = template.replace("\\n", "\n").replace("\\t", "\t")
    pieces = template.replace("%%", "\0").split("%s")
    if any("%" in piece or "\\" in piece for piece in pieces):
        raise not_understood(node, "printf")
    printed = ""
    while True:
        for index, piece in enumerate(pieces):
            printed += piece
            if index < len(pieces) - 1:
                printed += values.pop(0) if values else ""
        if not values or len(pieces) == 1:
            break
    write(shell, printed.replace("\0", "%"))
    shell.status = 0


def test(shell: Shell, node: Node, words: list[str], _execute: Execute) -> None:
    shell.status = int(not test_words(shell, words, node))
    shell.note("test", words, shell.status)


def true(shell: Shell, _node: Node, _words: list[str], _execute: Execute) -> None:
    shell.status = 0


def false(shell: Shell, _node: Node, _words: list[str], _execute: Execute) -> None:
    shell.status = 1


def command(shell: Shell, node: Node, words: list[str], execute: Execute) -> None:
    """`command -v NAME` asks; `command NAME` runs."""
    if words and words[0] in ("-v", "-V"):
        found = find_program(shell, words[1]) if len(words) == 2 else None
        if len(words) == 2 and words[1] in BUILTINS:
            found = words[1]
        shell.status = int(found is None)
        if found:
            write(shell, found + "\n")
        return
    if words:
        execute(shell, node, [word for word in words if word not in ("-p", "--")])


def export(shell: Shell, _node: Node, words: list[str], _execute: Execute) -> None:
    for word in words:
        name, equals, value = word.partition("=")
        if equals:
            shell.set(name, value)
        shell.exported.add(name)
    shell.status = 0


def wait(shell: Shell, _node: Node, _words: list[str], _execute: Execute) -> None:
    for child in shell.process.children:
        child.waited_for = True
    shell.status = 0


def pwd_(shell: Shell, node: Node, words: list[str], _execute: Execute) -> None:
    answer = pwd(shell, words)
    if answer is None:
        raise not_understood(node, "pwd")
    shell.status, printed = answer
    write(shell, printed)
    shell.note("pwd", words, printed.strip())


def ulimit(shell: Shell, _node: Node, words: list[str], _execute: Execute) -> None:
    """With a value it changes a limit, for this process and all that it starts."""
    if any(not word.startswith("-") for word in words):
        shell.process.does("limit", shown(["ulimit", *words]))
    shell.status = 0


def umask(shell: Shell, _node: Node, words: list[str], _execute: Execute) -> None:
    if any(not word.startswith("-") for word in words):
        shell.process.does("mask", shown(["umask", *words]))
    shell.status = 0


def trap(shell: Shell, _node: Node, words: list[str], _execute: Execute) -> None:
    """Its commands would run at signals and at the end; nothing signals here."""
    if words and words[0] not in ("-", "-l", "-p"):
        shell.process.does("signal", shown(["trap", *words]))
    shell.status = 0


def kill(shell: Shell, _node: Node, words: list[str], _execute: Execute) -> None:
    shell.process.does("program", shown(["kill", *words]))
    shell.status = 0


def unknown_builtin(_shell: Shell, node: Node, _words: list[str], _execute: Execute) -> None:
    raise not_understood(node, to_text((node.text or b"").split(None, 1)[0]))


BUILTINS: dict[str, Builtin] = {
    "exit": exit_,
    "return": return_,
    "break": break_,
    "continue": continue_,
    "cd": cd,
    "chdir": cd,
    "exec": exec_,
    "set": set_,
    "shift": shift,
    "echo": echo,
    "printf": printf,
    "test": test,
    "true": true,
    ":": true,
    "false": false,
    "command": command,
    "builtin": command,
    "export": export,
    "wait": wait,
    "pwd": pwd_,
    "ulimit": ulimit,
    "umask": umask,
    "trap": trap,
    "shopt": true,
    "setopt": true,
    "unsetopt": true,
    "emulate": true,
    "hash": true,
    "disown": true,
    "kill": kill,
    "eval": unknown_builtin,
    "read": unknown_builtin,
    "getopts": unknown_builtin,
    "let": unknown_builtin,
    "alias": true,
}
"""By name. Those that change nothing that a rehearsal sees are `true`."""
