"""`[tool.plover-tray]`: typed, relative to its file, all errors at once, never home to a secret."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plover_tray.errors import PloverTrayError
from plover_tray.settings import Settings, SettingsError, find_settings, load_settings, schema
from plover_tray.settings.files import settings_from

RECIPE = Path(__file__).parents[1] / "packaging/plover/pyproject.toml"
HERE = Path("pyproject.toml")


def settings(folder: Path, text: str) -> Settings:
    (folder / "pyproject.toml").write_text(text)
    return find_settings(folder)


def said_of(text: str) -> list[str]:
    """The lines of the error that a pyproject.toml gives."""
    with pytest.raises(SettingsError) as caught:
        settings_from(tomllib.loads(text), HERE)
    return str(caught.value).split("\n")


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    found = settings(
        tmp_path,
        """
        [tool.plover-tray]
        app = "dist/A.app"
        ignore = ["QT"]
        [tool.plover-tray.sign]
        hardened = true
        entitlements = "e.plist"
        [tool.plover-tray.dmg]
        defines = {format = "ULMO"}
        [tool.plover-tray.notarize]
        timeout = 60
        """,
    )
    assert found.app == tmp_path / "dist/A.app"
    assert found.ignore == ("QT",)
    assert found.sign.entitlements == tmp_path / "e.plist"
    assert found.sign.hardened is True
    assert found.dmg.defines == {"format": "ULMO"}
    assert found.notarize.timeout == 60.0


def test_a_path_from_the_root_stays_as_it_is(tmp_path: Path) -> None:
    assert settings(tmp_path, "[tool.plover-tray]\napp = '/A.app'").app == Path("/A.app")


def test_without_a_file_or_a_table_all_is_by_default(tmp_path: Path) -> None:
    assert find_settings(tmp_path) == Settings()
    assert settings(tmp_path, "[project]\nname = 'x'") == Settings()
    assert settings(tmp_path, "tool = 3") == Settings()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[tool.plover-tray]\nentri = 'x'", "unknown key `entri`; did you mean `entry`?"),
        ("[tool.plover-tray]\napp = 5", "tool.plover-tray.app: must be a string"),
        ("[tool.plover-tray.sign]\nhardened = 'yes'", "sign.hardened: must be true or false"),
        ("[tool.plover-tray.sign]\np12-password = 'x'", "secret does not belong"),
        ("[tool.plover-tray.notarize]\ntimeout = -1", "number of seconds"),
        ("[tool.plover-tray]\nsign = 1", "sign: must be a table"),
        ("[tool.plover-tray", "is not TOML"),
        ("a = " + "[" * 100_000, "is not TOML"),
        ("#" * (1 << 20) + "\n", "is larger than any settings file"),
    ],
)
def test_what_is_wrong_is_named_on_one_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings(tmp_path, text)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml cannot be read: No such file"):
        load_settings(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("app = 5", "app: must be a string."),
        ("entry = true", "entry: must be a string."),
        ("entry = ''", "entry: must not be empty."),
        (r'app = "a\u0000b"', "app: must not contain a NUL character."),
        ("output = ['dist']", "output: must be a string."),
        ("entry = 1979-05-27", "entry: must be a string."),
        ("ignore = 'QT'", "ignore: must be a list of strings."),
        ("ignore = ['QT', 7]", "ignore[1]: must be a string."),
        ("sign.hardened = 1", "sign.hardened: must be true or false."),
        ("sign.drop-leftovers = 'no'", "sign.drop-leftovers: must be true or false."),
        ("sign.p12 = {path = 'x'}", "sign.p12: must be a string."),
        ("sign = 'Developer ID'", "sign: must be a table."),
        ("dmg = [{name = 'x'}]", "dmg: must be a table."),
        ("dmg.defines = 'a=b'", "dmg.defines: must be a table of strings."),
        ("dmg.defines.a = 1", "dmg.defines.a: must be a string."),
        ("dmg.defines.'a b.c' = 1", 'dmg.defines."a b.c": must be a string.'),
        ("notarize.timeout = '60'", "notarize.timeout: must be a number of seconds."),
        ("notarize.timeout = true", "notarize.timeout: must be a number of seconds."),
        ("notarize.timeout = nan", "notarize.timeout: must be a number of seconds."),
        ("notarize.timeout = 0", "notarize.timeout: must be a number of seconds above 0."),
        (
            "notarize.timeout = 1e9",
            "notarize.timeout: must be a number of seconds below 10000000.",
        ),
    ],
)
def test_a_value_of_the_wrong_kind_is_told_what_it_must_be(text: str, said: str) -> None:
    assert said_of(f"[tool.plover-tray]\n{text}") == [f"pyproject.toml: tool.plover-tray.{said}"]


def test_a_table_of_ours_that_is_none() -> None:
    assert said_of("tool.plover-tray = 1") == ["pyproject.toml: tool.plover-tray: must be a table."]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("aap = 'A.app'", "tool.plover-tray: unknown key `aap`; did you mean `app`?"),
        (
            "sign.hardend = true",
            "tool.plover-tray.sign: unknown key `hardend`; did you mean `hardened`?",
        ),
        (
            "dmg.volume_name = 'A'",
            "tool.plover-tray.dmg: unknown key `volume_name`; did you mean `volume-name`?",
        ),
        (
            "dmg.define.a = 'x'",
            "tool.plover-tray.dmg: unknown table `define`; did you mean `defines`?",
        ),
        (
            "hardened = true",
            (
                "tool.plover-tray: unknown key `hardened`; "
                "did you mean `tool.plover-tray.sign.hardened`?"
            ),
        ),
        (
            "sign.entry = '-m a'",
            "tool.plover-tray.sign: unknown key `entry`; did you mean `tool.plover-tray.entry`?",
        ),
        (
            "notarize.q = 1",
            (
                "tool.plover-tray.notarize: unknown key `q`; known are `api-key`, `api-key-id`, "
                "`api-issuer`, `keychain-profile`, `timeout`."
            ),
        ),
        ('"a\\nb" = 1', "tool.plover-tray: unknown key `a\\nb`; known are"),
        ('"a\\u001bb" = 1', "tool.plover-tray: unknown key `a\\x1bb`; known are"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_right_one(text: str, said: str) -> None:
    (line,) = said_of(f"[tool.plover-tray]\n{text}")
    assert line.startswith(f"pyproject.toml: {said}")


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("sing", "did you mean `sign`?"),
        ("notarise", "did you mean `notarize`?"),
        ("check", "known are `sign`, `dmg`, `notarize`."),
        ("build", "known are `sign`, `dmg`, `notarize`."),
    ],
)
def test_a_table_for_a_command_that_has_none_is_refused(name: str, end: str) -> None:
    assert said_of(f"[tool.plover-tray.{name}]\nx = 1") == [
        f"pyproject.toml: tool.plover-tray: unknown table `{name}`; {end}"
    ]


def test_our_own_table_misspelled_is_not_passed_over() -> None:
    assert said_of("[tool.plover_tray]\napp = 'x'") == [
        "pyproject.toml: tool: unknown table `plover_tray`; did you mean `plover-tray`?"
    ]


@pytest.mark.parametrize("key", ["password", "p12-password", "P12_PASSWORD", "api-key-text"])
def test_a_secret_is_refused_and_not_repeated(key: str) -> None:
    (line,) = said_of(f"[tool.plover-tray.sign]\n{key} = 'hunter2'")
    assert line.startswith(f"pyproject.toml: tool.plover-tray.sign.{key}: a secret does not belong")
    assert "hunter2" not in line


SEVERAL = """
[tool.plover-tray]
app = 5
[tool.plover-tray.sign]
hardend = true
identity = ["x"]
password = "x"
[tool.plover-tray.notarise]
"""
SAID_OF_SEVERAL = [
    "pyproject.toml: 5 errors:",
    "tool.plover-tray.app: must be a string.",
    "tool.plover-tray.sign.identity: must be a string.",
    "tool.plover-tray.sign: unknown key `hardend`; did you mean `hardened`?",
    (
        "tool.plover-tray.sign.password: a secret does not belong in a file that is committed; "
        "take it out, and give it by environment variable or file."
    ),
    "tool.plover-tray: unknown table `notarise`; did you mean `notarize`?",
]


def test_several_errors_are_told_at_once_each_on_a_line_under_their_number() -> None:
    assert said_of(SEVERAL) == SAID_OF_SEVERAL


def test_the_command_line_keeps_those_lines(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(SEVERAL)
    words = [sys.executable, "-m", "plover_tray", "release", "--json"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "plover-tray: " + "\n  ".join(SAID_OF_SEVERAL) + "\n"
    assert json.loads(done.stdout)["error"]["message"] == "\n".join(SAID_OF_SEVERAL)


def test_a_flood_of_errors_is_cut_short() -> None:
    lines = said_of(f"[tool.plover-tray]\nignore = {[1] * 1000}")
    assert lines[0] == "pyproject.toml: 1000 errors:"
    assert lines[-1] == "And 980 more."
    assert len(lines) == 22


KEYS = st.sampled_from(["app", "ignore", "sign", "dmg", "notarize", "build", "p12", "hardened"])
MORE_KEYS = st.sampled_from(["timeout", "name", "defines", "identity", "drop-leftovers"])
VALUES = st.recursive(
    st.one_of(st.text(), st.integers(), st.booleans(), st.floats(), st.datetimes(), st.times()),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS | MORE_KEYS | st.text(), inner),
    max_leaves=8,
)
TABLES = st.dictionaries(KEYS | MORE_KEYS | st.text(), VALUES, max_size=6)


@given(TABLES | VALUES)
def test_any_table_gives_settings_or_one_error(table: object) -> None:
    try:
        found = settings_from({"tool": {"plover-tray": table}}, HERE)
    except SettingsError as error:
        lines = str(error).split("\n")
        assert all(line.isprintable() for line in lines)
        assert len(lines) == 1 or re.match(r"pyproject\.toml: \d+ errors:$", lines[0])
    else:
        assert isinstance(found, Settings)


def of_kind(node: dict[str, Any], definitions: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values of a node of our schema, and now and then another."""
    if "$ref" in node:
        node = definitions[node["$ref"].rpartition("/")[2]]
    if "properties" in node:
        keys = {k: of_kind(v, definitions) for k, v in node["properties"].items()}
        return st.fixed_dictionaries({}, optional=keys)
    right: dict[str, st.SearchStrategy[Any]] = {
        "string": st.text(),
        "boolean": st.booleans(),
        "number": st.integers() | st.floats(),
        "array": st.lists(st.text()),
        "object": st.dictionaries(st.text(), st.text()),
    }
    return right[node["type"]] | st.integers()


@given(of_kind(schema(), schema()["$defs"]))
def test_the_schema_accepts_what_is_read_and_nothing_else(table: dict[str, Any]) -> None:
    try:
        settings_from({"tool": {"plover-tray": table}}, HERE)
        read = True
    except SettingsError:
        read = False
    finite = json.loads(json.dumps(table), parse_constant=str)  # no JSON, hence no schema, has NaN
    assert jsonschema.Draft202012Validator(schema()).is_valid(finite) == read


def test_the_schema_is_one_and_plovers_recipe_keeps_to_it() -> None:
    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema())
    recipe = tomllib.loads(RECIPE.read_text())["tool"]["plover-tray"]
    jsonschema.validate(recipe, schema())
    wrongs: tuple[dict[str, object], ...] = (
        {"entri": "x"},
        {"app": 5},
        {"app": ""},
        {"ignore": "QT"},
        {"sign": {**recipe["sign"], "hardend": True}},
        {"sign": {"hardened": "yes"}},
        {"sign": {"identity": None}},
        {"notarize": {"timeout": 0}},
        {"dmg": {"defines": {"a": 1}}},
        {"build": {}},
    )
    for wrong in wrongs:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**recipe, **wrong}, schema())


def test_editors_see_what_each_key_means() -> None:
    document = schema()
    tables = [document, *document["$defs"].values()]
    assert [table["description"] for table in tables if "description" not in table] == []
    keys = {key: node for table in tables for key, node in table["properties"].items()}
    without = {
        key for key, node in keys.items() if "description" not in node and "$ref" not in node
    }
    assert without == set()
    assert keys["timeout"]["description"] == "Seconds to wait for Apple's verdict. Default: 3600."


def test_plovers_recipe_is_read_and_its_files_are_there() -> None:
    found = load_settings(RECIPE)
    assert found.entry == "-s -m plover.scripts.dist_main"
    assert found.sign.entitlements is not None
    assert found.sign.entitlements.is_file()
    assert found.dmg.settings is not None
    assert found.dmg.settings.is_file()
    assert "plover-tray" in tomllib.loads(RECIPE.read_text())["tool"]


@pytest.mark.parametrize(
    "code",
    [
        "import plover_tray",
        "import plover_tray.image",
        "from plover_tray.cli import cli; cli.main(['release', '--help'], standalone_mode=False)",
    ],
)
def test_who_reads_no_settings_does_not_wait_for_pydantic(code: str) -> None:
    check = f"{code}\nimport sys; sys.exit('pydantic' in sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True, capture_output=True)


def test_a_settings_error_is_one_of_ours() -> None:
    assert issubclass(SettingsError, PloverTrayError)
