"""The source tree is as ARCHITECTURE.md says: who imports whom, in which order, how long."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from architecture import (
    Floors,
    against,
    api_functions,
    circles,
    code_lines,
    explained,
    floors,
    imports,
    lengths,
    long_functions,
    root_names,
)

PROJECT = Path(__file__).parents[1]
PACKAGE = PROJECT / "src" / "plover_tray"
BOOT = PACKAGE / "payload" / "boot"
DOCUMENT = (PROJECT / "ARCHITECTURE.md").read_text("utf-8")
LISTS = floors(DOCUMENT)
IMPORTS = imports(PACKAGE)

MAX_LOOSE = 10
MAX_MODULE = 350
MAX_FUNCTION = 60
TO_COME = {"build", "slim", "wrap", "doctor", "init", "schema"}
"""Functions that the API will have, or names of commands that have none."""


def test_the_document_has_the_package_and_two_of_its_rooms() -> None:
    assert [order.folder for order in LISTS] == ["", "rehearsal/", "image/"]
    assert len(IMPORTS) > 250
    assert sum(map(len, IMPORTS.values())) > 1000


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circles(IMPORTS) == []


@pytest.mark.parametrize("order", LISTS, ids=lambda order: order.folder or "package")
def test_every_import_goes_to_a_lower_floor(order: Floors) -> None:
    assert against(IMPORTS, order) == []


@pytest.mark.parametrize("order", LISTS, ids=lambda order: order.folder or "package")
def test_every_room_of_the_document_is_there(order: Floors) -> None:
    rooms = {order.room(module) for module in IMPORTS} - {None}
    assert set(order.floor) == rooms


def test_the_pretended_mac_imports_nothing_of_ours() -> None:
    guest = [module for module in IMPORTS if module.startswith("rehearsal/guest/")]
    assert len(guest) > 5
    others = {other for module in guest for other in IMPORTS[module]}
    assert {other for other in others if not other.startswith("rehearsal/guest/")} == set()


def test_nothing_imports_the_boot_modules_and_they_import_the_standard_library_alone() -> None:
    names = {path.stem for path in BOOT.glob("*.py")}
    assert not [module for module in IMPORTS if module.startswith("payload/boot/")]
    assert not [name for named in IMPORTS.values() for name in named if "payload/boot/" in name]
    for path in BOOT.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                tops = {alias.name.partition(".")[0] for alias in node.names}
                assert tops <= sys.stdlib_module_names, path
            elif isinstance(node, ast.ImportFrom) and node.level:
                assert (node.level, node.module in names) == (1, True), path
            elif isinstance(node, ast.ImportFrom):
                assert (node.module or "").partition(".")[0] in sys.stdlib_module_names, path


def test_few_modules_stand_loose_in_the_root() -> None:
    loose = sorted(path.name for path in PACKAGE.glob("*.py"))
    assert len(loose) <= MAX_LOOSE, loose


def test_no_room_or_root_module_hides_a_function_of_the_api() -> None:
    functions = api_functions(PACKAGE)
    assert {"check", "fix", "release"} <= functions
    assert set(root_names(PACKAGE)) & (functions | TO_COME) == set()


def test_a_long_module_is_explained_and_only_a_long_one() -> None:
    long = {module for module, lines in lengths(PACKAGE).items() if lines > MAX_MODULE}
    assert long == explained(DOCUMENT)


def test_functions_are_short_unless_they_are_tables() -> None:
    assert long_functions(PACKAGE, MAX_FUNCTION) == []


def test_importing_the_package_imports_nothing_heavy() -> None:
    heavy = ("pydantic", "lief", "unicorn", "rich", "PIL", "cryptography")
    code = f"import sys, plover_tray; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# ---- each of these can fail: a small made-up tree ------------------------------------------------

MADE_UP = """
## Rooms

### Floor 1: words

- `errors.py`: what goes wrong.

### Floor 2: rooms

- `macho/`: a format.
- `bundle/`: a folder.

### Floor 3

- `__init__.py`: the package.

## Inside `macho/`

### Floor 1

- `file.py`: reads.

### Floor 2

- `edit.py`: edits.
- `__init__.py`: the room.

## Modules over 350 lines

- `macho/file.py`: one format.
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A tree that is as MADE_UP says."""
    for name, text in {
        "__init__.py": "from .bundle import tree",
        "errors.py": "import os",
        "macho/__init__.py": "",
        "macho/file.py": "from ..errors import MachOError",
        "macho/edit.py": "from .file import read\nimport made_up.errors",
        "bundle/__init__.py": "",
        "bundle/tree.py": "def walk():\n    from .. import errors",
        "bundle/boot/start.py": "from .boot import shared",
        "bundle/boot/boot.py": "from .start import state",
    }.items():
        path = tmp_path / "made_up" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return tmp_path / "made_up"


def complaints(package: Path) -> list[str]:
    graph = imports(package)
    return [wrong for order in floors(MADE_UP) for wrong in against(graph, order)]


def test_a_tree_in_order_has_no_complaints(package: Path) -> None:
    graph = imports(package)
    assert graph["macho/edit.py"] == {"macho/file.py", "errors.py"}
    assert graph["bundle/tree.py"] == {"errors.py"}
    assert graph["__init__.py"] == {"bundle/tree.py"}
    assert (circles(graph), complaints(package)) == ([], [])


@pytest.mark.parametrize(
    ("module", "line", "complaint"),
    [
        ("errors.py", "from .macho.file import read", "errors.py imports macho/file.py"),
        ("errors.py", "import made_up.bundle", "errors.py imports bundle/__init__.py"),
        ("macho/file.py", "from ..bundle import tree", "macho/file.py imports bundle/tree.py"),
        ("macho/file.py", "from .. import tree", "macho/file.py imports __init__.py"),
        ("macho/file.py", "from .edit import cut", "macho/file.py imports macho/edit.py"),
        (
            "bundle/tree.py",
            "def late():\n    from ..macho import file",
            "bundle/tree.py imports macho/file.py",
        ),
        (
            "bundle/tree.py",
            "if TYPE_CHECKING:\n    from ..macho.file import Slice",
            "bundle/tree.py imports macho/file.py",
        ),
    ],
)
def test_an_import_against_the_order_is_told(
    package: Path, module: str, line: str, complaint: str
) -> None:
    (package / module).write_text(line + "\n")
    assert complaints(package) == [complaint]


def test_a_room_that_the_document_does_not_have_is_told(package: Path) -> None:
    (package / "helpers.py").write_text("")
    assert complaints(package) == ["helpers.py is in no room of the list"]


def test_a_circle_is_told_whole(package: Path) -> None:
    (package / "macho/file.py").write_text("def late():\n    from . import slice\n")
    (package / "macho/slice.py").write_text("if TYPE_CHECKING:\n    from .edit import cut\n")
    assert circles(imports(package)) == [["macho/edit.py", "macho/file.py", "macho/slice.py"]]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("### Floor 2: rooms", "### Floor 3: rooms", "floor 3: rooms stands where floor 2 should"),
        ("- `bundle/`: a", "- `errors.py`: again\n- `bundle/`: a", "errors.py is on two floors"),
    ],
)
def test_a_document_that_contradicts_itself_is_refused(old: str, new: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        floors(MADE_UP.replace(old, new))


def test_lines_of_modules_are_counted_and_explanations_found(package: Path) -> None:
    assert lengths(package)["bundle/tree.py"] == 2
    assert lengths(package)["bundle/boot/start.py"] == 1
    assert explained(MADE_UP) == {"macho/file.py"}
    assert explained(MADE_UP.replace(": one format", "")) == set(), "without a reason it is none"


LONG = "def f():\n" + "    g()\n" * 61


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        (LONG, 61),
        ("async " + LONG, 61),
        ("class C:\n    def f(self):\n" + "        g()\n" * 61, 61),
        ("def f():\n    '''Help.\n" + "    more\n" * 99 + "    '''\n" + "    g()\n" * 5, 0),
        ("def f(\n" + "".join(f"    a{n},\n" for n in range(99)) + "):\n    g()\n", 0),
        ("@option(\n" + "    1,\n" * 99 + ")\ndef f():\n    g()\n", 0),
        ("def f():\n    return {\n" + "        1: 'one',\n" * 99 + "    }\n", 0),
        ("def f():\n    g()\n    return [\n" + "        g(1),\n" * 99 + "    ]\n", 102),
        ("def f():\n    x = (\n" + "        1,\n" * 40 + "    )\n" + "    g()\n" * 60, 102),
    ],
)
def test_what_counts_of_a_function_is_what_must_be_followed(
    package: Path, source: str, lines: int
) -> None:
    (package / "errors.py").write_text(source)
    told = [f"errors.py: f has {lines} lines"] if lines else []
    assert long_functions(package, 60) == told


def test_a_function_of_exactly_the_limit_is_short(package: Path) -> None:
    function = ast.parse(LONG.replace("    g()\n", "", 1)).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert code_lines(function) == MAX_FUNCTION


def test_a_module_named_as_a_function_of_the_api_is_seen(package: Path) -> None:
    (package / "api.py").write_text("def check(): ...\ndef _hidden(): ...\n")
    (package / "check").mkdir()
    assert set(root_names(package)) & api_functions(package) == {"check"}
