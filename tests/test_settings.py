"""`[tool.plover-tray]`: typed, relative to its file, and never home to a secret."""

import contextlib
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plover_tray.settings import Settings, SettingsError, _Reader, find_settings, load_settings

RECIPE = Path(__file__).parents[1] / "packaging/plover/pyproject.toml"


def settings(folder: Path, text: str) -> Settings:
    (folder / "pyproject.toml").write_text(text)
    return find_settings(folder)


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


def test_without_a_file_or_a_table_all_is_by_default(tmp_path: Path) -> None:
    assert find_settings(tmp_path) == Settings()
    assert settings(tmp_path, "[project]\nname = 'x'") == Settings()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[tool.plover-tray]\nentri = 'x'", "Did you mean 'entry'"),
        ("[tool.plover-tray]\napp = 5", "tool.plover-tray.app must be a text"),
        ("[tool.plover-tray.sign]\nhardened = 'yes'", "sign.hardened must be true or false"),
        ("[tool.plover-tray.sign]\np12-password = 'x'", "secret does not belong"),
        ("[tool.plover-tray.notarize]\ntimeout = -1", "number of seconds"),
        ("[tool.plover-tray]\nsign = 1", "sign must be a table"),
        ("[tool.plover-tray", "is not TOML"),
    ],
)
def test_what_is_wrong_is_named_on_one_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings(tmp_path, text)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


VALUES = st.recursive(
    st.one_of(st.text(), st.integers(), st.booleans(), st.floats()),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["app", "sign", "x"]), inner),
)


@given(
    st.dictionaries(st.sampled_from(["app", "ignore", "sign", "dmg", "build", "notarize"]), VALUES)
)
def test_any_table_gives_settings_or_one_error(table: dict[str, object]) -> None:
    reader = _Reader(Path("pyproject.toml"), "pyproject.toml")
    with contextlib.suppress(SettingsError):
        assert isinstance(reader.settings(table), Settings)


def test_plovers_recipe_is_read_and_its_files_are_there() -> None:
    found = load_settings(RECIPE)
    assert found.entry == "-s -m plover.scripts.dist_main"
    assert found.sign.entitlements is not None
    assert found.sign.entitlements.is_file()
    assert found.dmg.settings is not None
    assert found.dmg.settings.is_file()
    assert "plover-tray" in tomllib.loads(RECIPE.read_text())["tool"]
