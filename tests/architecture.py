"""The map in ARCHITECTURE.md and the real source tree, read so that they can be compared.

In go the document's text and a package's folder, out come floors, modules, imports and lengths.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from launcher.sources import build_module

Imports = Mapping[str, frozenset[str]]
"""For each module, by its path below the package's folder, the modules that it imports."""

_ENTRY = re.compile(r"^- `([^`]+)`: \S", re.MULTILINE)


@dataclass(frozen=True)
class Floors:
    """One list of the document: the folder that it is about, and each room's floor."""

    folder: str
    floor: Mapping[str, int]

    def room(self, module: str) -> str | None:
        """The room that a module is in: a folder or a module; None for modules elsewhere."""
        if not module.startswith(self.folder):
            return None
        head, slash, _ = module.removeprefix(self.folder).partition("/")
        return head + slash


def floors(document: str) -> list[Floors]:
    """The lists of rooms, from the bottom up: first the package's, then those `Inside` a folder.

    Raises ValueError where a room is on two floors, or a floor is not above the one before it.
    """
    found = []
    for title, text in sections(document, "## "):
        inside = re.fullmatch(r"Inside `(.+/)`", title)
        on: dict[str, int] = {}
        for number, (name, rooms) in enumerate(sections(text, "### Floor "), start=1):
            if int(name.partition(":")[0]) != number:
                raise ValueError(f"{title}: floor {name} stands where floor {number} should")
            for room in _ENTRY.findall(rooms):
                if room in on:
                    raise ValueError(f"{title}: {room} is on two floors")
                on[room] = number
        if on:
            found.append(Floors(inside[1] if inside else "", on))
    return found


def explained(document: str) -> set[str]:
    """The modules that the document says may be long."""
    text = dict(sections(document, "## "))["Modules over 350 lines"]
    return set(_ENTRY.findall(text))


def sections(document: str, mark: str) -> list[tuple[str, str]]:
    """(title, text) of each part that begins with a line `mark` and a title."""
    parts = re.split(rf"^{re.escape(mark)}(.+)$", document, flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def imports(package: Path) -> Imports:
    """What each module imports, inside functions and for type checkers too.

    A module is a file whose folders are packages all the way up: the boot modules are none.
    """
    found = {}
    for path in package.rglob("*.py"):
        folders = path.relative_to(package).parents
        if all((package / folder / "__init__.py").exists() for folder in folders):
            named = build_module().imported_files(path, package.parent, for_types=True)
            found[_name(path, package)] = frozenset(_name(other, package) for other in named)
    return found


def _name(path: Path, package: Path) -> str:
    return path.relative_to(package).as_posix()


def circles(graph: Imports) -> list[list[str]]:
    """Groups of modules of which each reaches each by its imports."""
    reach: dict[str, set[str]] = {}
    for start in graph:
        seen: set[str] = set()
        todo = list(graph[start])
        while todo:
            module = todo.pop()
            if module not in seen:
                seen.add(module)
                todo += graph.get(module, ())
        reach[start] = seen
    groups = {
        tuple(sorted(other for other in graph if start in reach[other] and other in reach[start]))
        for start in graph
    }
    return sorted(list(group) for group in groups if group)


def against(graph: Imports, order: Floors) -> list[str]:
    """The imports that do not go to a lower floor, as `who imports whom`; unknown rooms too."""
    wrong = []
    for module, imported in sorted(graph.items()):
        own = order.room(module)
        if own is None:
            continue
        if own not in order.floor:
            wrong.append(f"{module} is in no room of the list")
            continue
        for other in sorted(imported):
            room = order.room(other)
            if room not in (None, own) and order.floor.get(room, 0) >= order.floor[own]:
                wrong.append(f"{module} imports {other}")
    return wrong


def lengths(package: Path) -> dict[str, int]:
    """Each module's number of lines, the boot modules' too."""
    files = package.rglob("*.py")
    return {_name(path, package): len(path.read_text().splitlines()) for path in files}


def long_functions(package: Path, limit: int) -> list[str]:
    """Functions of more than `limit` lines that are not mostly a table."""
    found = []
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = code_lines(node)
                if lines > limit:
                    found.append(f"{_name(path, package)}: {node.name} has {lines} lines")
    return found


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function that somebody has to follow; 0 if it is mostly a table.

    Decorators, parameters and the docstring are the table of what it takes (a command's options and
    its help, for one) and do not count. A function is a table if one statement that only holds
    literals (a list, tuple, dictionary, set or text, without calls of ours) takes up half of it.
    """
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    if not body:
        return 0
    total = _end(body[-1]) - body[0].lineno + 1
    tables = [_end(statement) - statement.lineno + 1 for statement in body if _is_table(statement)]
    return 0 if 2 * max(tables, default=0) > total else total


def _is_table(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.Return):
        return False
    allowed = ast.Constant | ast.Name | ast.Attribute | ast.Starred | ast.expr_context
    displays = ast.List | ast.Tuple | ast.Set | ast.Dict
    value = statement.value
    return isinstance(value, displays) and all(
        isinstance(node, allowed | displays) for node in ast.walk(value)
    )


def _end(node: ast.stmt) -> int:
    assert node.end_lineno is not None
    return node.end_lineno


def api_functions(package: Path) -> set[str]:
    """The public functions of api.py."""
    body = ast.parse((package / "api.py").read_text()).body
    return {
        node.name
        for node in body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    }


def root_names(package: Path) -> Iterator[str]:
    """The names of the root's modules and folders, as one would import them."""
    for path in package.iterdir():
        if path.suffix == ".py" or (path.is_dir() and path.name != "__pycache__"):
            yield path.stem
