"""Whether a module starts Python anew in place of itself: in goes its text or bytecode, out where.

Looked for is a call of `os.exec*` in a function (or at the module's top) that also names the
interpreter: `sys.executable`, `sys.orig_argv`, or a program called python. Plover's
`scripts/dist_main.py` is the model: `os.execv(args[0], args)` with `args[0] = sys.executable`.
"""

import ast
import itertools
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from ..bundle.python_names import is_python
from ..errors import PloverTrayError
from .bytecode import Code

MAX_SOURCE = 256 << 10
"""Bytes of a module's text that are parsed. No entry module is as long; parsing can take 1,000
times the memory (seen here: 940 MB for 1 MB of one-letter lines)."""
MAX_IMPORTS = 10_000
"""Pairs of module and name taken from one module's bytecode."""

EXEC_CALLS = frozenset(
    {"execl", "execle", "execlp", "execlpe", "execv", "execve", "execvp", "execvpe"}
)
"""All that replace the process, by the documentation of `os`."""
INTERPRETER_NAMES = frozenset({"executable", "_base_executable", "orig_argv"})
"""Attributes of `sys` that name the running interpreter."""

_OTHER_SYSTEMS = frozenset(
    {"linux", "linux2", "win32", "cygwin", "nt", "java", "Linux", "Windows", "freebsd", "aix"}
)
"""What `sys.platform`, `os.name` and `platform.system()` say elsewhere than on a Mac."""
_ON_A_MAC = {"platform": "darwin", "name": "posix", "system": "Darwin"}
"""What they say on a Mac."""


class SourceError(PloverTrayError):
    """A module's text that cannot be read as Python."""


@dataclass(frozen=True, slots=True, order=True)
class ReExec:
    """One place at which a module replaces the process with Python."""

    function: str
    """`<module>` or the function's name."""
    call: str
    """Such as `os.execv`."""
    line: int | None
    """In the source; bytecode is not asked for it."""
    perhaps_elsewhere: bool = False
    """Whether the same function also asks for another system than macOS, so that the call may be
    meant for that one."""


@dataclass(frozen=True, slots=True)
class Module:
    """What of a module matters here."""

    reexecs: tuple[ReExec, ...]
    imports: frozenset[tuple[str, str]]
    """`from MODULE import NAME` anywhere in it, the module with its leading dots; from bytecode,
    where the two stand apart, every pair that could be meant."""


def in_source(data: bytes) -> Module:
    """Look through a module's text. Raises SourceError if the host's Python cannot parse it."""
    if len(data) > MAX_SOURCE:
        raise SourceError(f"The module is longer than {MAX_SOURCE >> 10} KB.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(data)
        return _look_through(tree)
    except (SyntaxError, ValueError) as error:
        raise SourceError(f"The module is not Python that can be read here ({error}).") from None
    except (RecursionError, MemoryError):
        raise SourceError("The module is nested more deeply than can be read here.") from None


def in_bytecode(code: Code) -> Module:
    """Look through a module's bytecode."""
    imports = itertools.islice(_possible_imports(code), MAX_IMPORTS)
    return Module(tuple(sorted(_in_functions(code))), frozenset(imports))


def _possible_imports(code: Code) -> Iterator[tuple[str, str]]:
    for function in _functions(code):
        for module in function.names:
            for names in function.string_tuples:
                for name in names:
                    yield module, name


def _functions(code: Code) -> Iterator[Code]:
    waiting = [code]
    while waiting:
        function = waiting.pop()
        yield function
        waiting += function.inner


def _in_functions(code: Code) -> Iterator[ReExec]:
    for function in _functions(code):
        names_python = function.names & INTERPRETER_NAMES or any(
            is_python(text) for text in function.strings
        )
        if not names_python:
            continue
        asks = function.names & _ON_A_MAC.keys() and function.strings & _OTHER_SYSTEMS
        for call in sorted(function.names & EXEC_CALLS):
            yield ReExec(function.name, f"os.{call}", None, bool(asks))


def _look_through(tree: ast.Module) -> Module:
    found: list[ReExec] = []
    imports: set[tuple[str, str]] = set()
    scopes: list[tuple[str, list[ast.AST]]] = [("<module>", list(tree.body))]
    while scopes:
        name, waiting = scopes.pop()
        calls: list[tuple[str, int]] = []
        names_python = False
        while waiting:
            node = waiting.pop()
            match node:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    scopes.append((node.name, [*node.body]))
                    waiting += node.decorator_list
                    continue
                case ast.If():
                    waiting += [node.test, *_reachable(node)]
                    continue
                case ast.ImportFrom():
                    module = "." * node.level + (node.module or "")
                    imports |= {(module, alias.name) for alias in node.names}
                case ast.Call(func=ast.Attribute(attr=called)) if called in EXEC_CALLS:
                    calls.append((called, node.lineno))
                case ast.Call(func=ast.Name(id=called)) if called in EXEC_CALLS:
                    calls.append((called, node.lineno))
                case ast.Attribute(attr=attribute) if attribute in INTERPRETER_NAMES:
                    names_python = True
                case ast.Constant(value=str(text)) if is_python(text):
                    names_python = True
            waiting += ast.iter_child_nodes(node)
        if names_python:
            found += (ReExec(name, f"os.{call}", line) for call, line in calls)
    return Module(tuple(sorted(found)), frozenset(imports))


def _reachable(node: ast.If) -> list[ast.stmt]:
    """The branches of an `if` that a Mac can take."""
    decided = _decided(node.test)
    if decided is None:
        return [*node.body, *node.orelse]
    return node.body if decided else node.orelse


def _decided(test: ast.expr) -> bool | None:
    """What a question after the operating system comes to on a Mac; None if it is no such one."""
    match test:
        case ast.Compare(
            left=asked, ops=[ast.Eq() | ast.NotEq() as how], comparators=[ast.Constant(value=value)]
        ) if (ours := _on_a_mac(asked)) is not None:
            return (ours == value) == isinstance(how, ast.Eq)
        case ast.Call(
            func=ast.Attribute(value=asked, attr="startswith"),
            args=[ast.Constant(value=str(start))],
        ) if (ours := _on_a_mac(asked)) is not None:
            return ours.startswith(start)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            decided = _decided(operand)
            return None if decided is None else not decided
        case ast.BoolOp(op=ast.And(), values=values):
            return False if any(_decided(value) is False for value in values) else None
        case ast.BoolOp(op=ast.Or(), values=values):
            return True if any(_decided(value) is True for value in values) else None
    return None


def _on_a_mac(asked: ast.expr) -> str | None:
    match asked:
        case ast.Attribute(value=ast.Name(id="sys"), attr="platform"):
            return _ON_A_MAC["platform"]
        case ast.Attribute(value=ast.Name(id="os"), attr="name"):
            return _ON_A_MAC["name"]
        case ast.Call(func=ast.Attribute(value=ast.Name(id="platform"), attr="system"), args=[]):
            return _ON_A_MAC["system"]
    return None
