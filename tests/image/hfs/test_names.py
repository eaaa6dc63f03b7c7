"""Names as HFS+ keeps and compares them."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image.building import small_app
from image.independent import tool
from plover_tray.image import make_dmg, read_dmg
from plover_tray.image.hfs.check import faults
from plover_tray.image.hfs.names import (
    _FOLDED,
    collision_keys,
    hfs_name,
    order,
    to_posix,
    units,
)


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("plain", "plain"),
        ("é", "e\u0301"),
        ("가", "\u1100\u1161"),
        ("Å", "A\u030a"),
        ("\u2126", "\u2126"),
        ("\uf900", "\uf900"),
        ("ṩ", "s\u0323\u0307"),
    ],
)
def test_names_are_decomposed_but_for_some_ranges(name: str, stored: str) -> None:
    assert hfs_name(name) == stored


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_decomposing_twice_changes_nothing(name: str) -> None:
    assert hfs_name(hfs_name(name)) == hfs_name(name)
    assert to_posix(to_posix(name)) == name


def test_length_is_counted_in_units_of_utf16() -> None:
    assert (units("a"), units("😀"), units(hfs_name("é"))) == (1, 2, 2)


def test_case_and_formatting_characters_do_not_count() -> None:
    assert order("README") == order("readme") == order("read\u200dme")
    assert order("Ж") == order("ж")
    assert order("ß") != order("ss")


@pytest.mark.parametrize(
    ("one", "other"),
    [("README", "readme"), ("\u00e9", "e\u0301"), ("É", "é"), ("Ⅳ", "ⅳ"), ("ა", "Ⴀ"), ("Ⓐ", "ⓐ")],
)
def test_names_that_are_one_on_a_macs_disk(one: str, other: str) -> None:
    assert set(collision_keys(one)) & set(collision_keys(other))


@pytest.mark.parametrize(("one", "other"), [("ß", "ss"), ("a", "b"), ("e", "é"), ("ﬁ", "fi")])
def test_names_that_are_two(one: str, other: str) -> None:
    assert not set(collision_keys(one)) & set(collision_keys(other))


def test_xorriso_sorts_as_our_table_does(tmp_path: Path) -> None:
    """libisofs has Apple's table too: a volume with each folded letter is in order for both."""
    tool("xorriso")
    app = small_app(tmp_path)
    folder = app / "Contents/letters"
    folder.mkdir()
    seen = set()
    for upper, lower in _FOLDED.items():
        for unit in (upper, lower):
            # A decomposed character would sort elsewhere, in both tables.
            name = f"x{chr(unit)}y"
            if unicodedata.normalize("NFD", name) == name and order(name) not in seen:
                seen.add(order(name))
                (folder / name).touch()
    image = tmp_path / "letters.dmg"
    make_dmg(app, image, backend="builtin")
    with read_dmg(image) as dmg:
        assert list(faults(dmg.volume)) == []
        found = sum("/letters/" in path for path in dmg.volume.entries)
    assert found == len(seen) > 150
