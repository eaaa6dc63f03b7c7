"""The launcher's settings in Info.plist: written, read back, refused."""

import plistlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plover_tray.bundle.entry import Entry
from plover_tray.bundle.launcher_config import LauncherConfig, read_config
from plover_tray.bundle.plist import parse_plist
from plover_tray.errors import BundleError

TEXT = st.text(
    st.characters(
        codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"
    ),
    min_size=1,
    max_size=12,
)
CONFIG = LauncherConfig(
    library="Frameworks/Python.framework/Versions/3.13/Python",
    home="Frameworks/Python.framework/Versions/3.13",
    version="3.13",
    interpreter="MacOS/python3.13",
    entry=Entry("module", "plover.scripts.dist_main", ("-s",), ("--gui", "qt")),
)


def settings_of(**changes: Any) -> dict[str, Any]:
    made = CONFIG.to_plist()
    for key, value in changes.items():
        made[key] = value
        if value is None:
            del made[key]
    return {"PloverTray": made}


@st.composite
def configs(draw: st.DrawFn) -> LauncherConfig:
    kinds: Any = st.sampled_from(["module", "script", "function", "code"])
    texts = st.lists(TEXT | st.just(""), max_size=3).map(tuple)
    names = TEXT.filter(lambda name: "=" not in name)
    return LauncherConfig(
        library=draw(TEXT),
        home=draw(TEXT),
        version=draw(st.sampled_from(["3.9", "3.13", "3.14"])),
        interpreter=draw(TEXT),
        entry=Entry(draw(kinds), draw(TEXT), draw(texts), draw(texts)),
        environment=draw(st.dictionaries(names, TEXT | st.just(""), max_size=3)),
        unset_environment=draw(texts),
        keep_environment=draw(texts),
        working_directory=draw(st.none() | TEXT),
        boot=draw(TEXT),
    )


@settings(deadline=None)
@given(configs(), st.sampled_from([plistlib.FMT_XML, plistlib.FMT_BINARY]))
def test_what_is_written_reads_back_through_a_plist(config: LauncherConfig, fmt: Any) -> None:
    data = plistlib.dumps({"PloverTray": config.to_plist()}, fmt=fmt)
    info, _ = parse_plist(data, "Info.plist")
    assert read_config(info) == config


def test_empty_settings_are_left_out() -> None:
    assert set(CONFIG.to_plist()) == {
        *("Schema", "Library", "Home", "Version", "Interpreter", "Boot", "Module"),
        *("Flags", "Arguments"),
    }


def test_an_app_without_the_launcher_has_no_settings() -> None:
    assert read_config({"CFBundleIdentifier": "org.example"}) is None


@pytest.mark.parametrize("value", ["text", 1, [], None, b""])
def test_settings_that_are_no_dictionary_are_refused(value: Any) -> None:
    with pytest.raises(BundleError, match="dictionary"):
        read_config({"PloverTray": value})


@pytest.mark.parametrize("schema", [None, 0, 2, "1", [1], "x" * 10_000])
def test_another_schema_is_refused_and_says_what_to_do(schema: Any) -> None:
    with pytest.raises(BundleError) as caught:
        read_config(settings_of(Schema=schema))
    assert "version" in caught.value.mend
    assert len(caught.value.message) < 200


@pytest.mark.parametrize("key", ["Library", "Home", "Version", "Interpreter", "Boot"])
@pytest.mark.parametrize("value", [None, "", 3, 3.13, ["a"], b"a", "a\0b", {"a": "b"}])
def test_a_setting_that_is_no_text_is_refused_by_name(key: str, value: Any) -> None:
    with pytest.raises(BundleError, match=rf"PloverTray\.{key}"):
        read_config(settings_of(**{key: value}))


@pytest.mark.parametrize("version", ["3", "2.7", "3.13.0", "3.x", "3.13\n", "3.1234", "٣.١"])
def test_a_version_that_is_none_of_pythons_is_refused(version: str) -> None:
    with pytest.raises(BundleError, match="Version"):
        read_config(settings_of(Version=version))


@pytest.mark.parametrize("key", ["Flags", "Arguments", "UnsetEnvironment", "KeepEnvironment"])
@pytest.mark.parametrize("value", ["text", [1], [["a"]], {"a": "b"}, ["a\0b"], [None]])
def test_a_list_that_holds_anything_but_text_is_refused_by_name(key: str, value: Any) -> None:
    with pytest.raises(BundleError, match=rf"PloverTray\.{key}"):
        read_config(settings_of(**{key: value}))


@pytest.mark.parametrize(
    "value",
    ["text", ["a"], {"a": 1}, {"a": ["b"]}, {"": "b"}, {"a=b": "c"}, {"a": "b\0"}, {"a\0": ""}],
)
def test_an_environment_that_no_process_can_have_is_refused(value: Any) -> None:
    with pytest.raises(BundleError, match="Environment"):
        read_config(settings_of(Environment=value))


def test_two_programs_or_none_are_refused() -> None:
    for made in (settings_of(Script="main.py"), settings_of(Module=None)):
        with pytest.raises(BundleError, match="exactly one"):
            read_config(made)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*CONFIG.to_plist(), "Environment", "WorkingDirectory", "Script", "Other"]),
        st.none()
        | st.integers()
        | TEXT
        | st.lists(TEXT)
        | st.dictionaries(TEXT, TEXT | st.integers()),
    )
)
def test_any_settings_are_read_or_refused(changes: dict[str, Any]) -> None:
    try:
        config = read_config(settings_of(**changes))
    except BundleError as error:
        config, message = None, str(error)
    else:
        message = ""
    assert bool(config) != bool(message)
    assert message.isprintable()
