"""CodeResources: rules decide as Apple's do, seals are read and written as codesign writes them."""

import plistlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plover_tray.signature.blobs import SignatureFormatError
from plover_tray.signature.resources import (
    RULES_1,
    RULES_2,
    RULES_2_SHALLOW,
    Seal,
    compile_rules,
    make_code_resources,
    parse_code_resources,
)
from signature.parts import qt_app

QT_APPS = ("Designer", "Linguist", "Assistant")


@pytest.mark.parametrize("name", QT_APPS)
def test_our_rules_are_those_of_apples_codesign(name: str) -> None:
    path = qt_app(name) / "Contents/_CodeSignature/CodeResources"
    found = plistlib.loads(path.read_bytes())
    assert found["rules"] == RULES_1
    assert found["rules2"] == RULES_2


@pytest.mark.parametrize("name", QT_APPS)
def test_code_resources_read_and_written_are_the_same_bytes(name: str) -> None:
    data = (qt_app(name) / "Contents/_CodeSignature/CodeResources").read_bytes()
    new = parse_code_resources(data)
    found = plistlib.loads(data)
    old = {path: Seal("hash", sha1=value) for path, value in found["files"].items()}
    assert new.version == 2
    assert make_code_resources(new.files, old) == data


@pytest.mark.parametrize(
    ("path", "decision"),
    [
        ("Info.plist", "omit"),
        ("PkgInfo", "omit"),
        ("version.plist", "seal"),
        ("MacOS/Plover", "nested"),
        ("MacOS/notes.txt", "nested"),
        ("Frameworks/Python.framework", "nested"),
        ("PlugIns/x.plugin", "nested"),
        ("Library/LoginItems/x.app", "nested"),
        ("Library/Other/x", "seal"),
        ("stray.txt", "nested"),
        ("Resources/x.txt", "seal"),
        ("Resources/en.lproj/x.strings", "optional"),
        ("Resources/Base.lproj/x.nib", "seal"),
        ("Resources/en.lproj/locversion.plist", "omit"),
        ("Frameworks/x.dSYM/Contents/y", "seal"),
        ("Resources/.DS_Store", "omit"),
        ("Frameworks/.DS_Store", "omit"),
        ("embedded.provisionprofile", "seal"),
    ],
)
def test_the_heaviest_rule_decides(path: str, decision: str) -> None:
    rule = compile_rules(RULES_2).find(path)
    assert rule is not None
    kinds = {"omit": rule.omit, "optional": rule.optional, "nested": rule.nested}
    assert [kind for kind, is_so in kinds.items() if is_so] == [decision] * (decision != "seal")


def test_a_shallow_bundle_has_no_places_of_code() -> None:
    rules = compile_rules(RULES_2_SHALLOW)
    for path in ("MacOS/x", "x.txt", "Resources/x"):
        rule = rules.find(path)
        assert rule is not None
        assert not rule.nested


def document(**entries: Any) -> bytes:
    return plistlib.dumps({"files2": {}, "rules2": {"^.*": True}} | entries)


def test_seals_of_all_kinds_are_read() -> None:
    files = {
        "new": {"hash2": b"2" * 32},
        "both": {"hash": b"1" * 20, "hash2": b"2" * 32, "optional": True},
        "old": b"1" * 20,
        "link": {"symlink": "target"},
        "code": {"cdhash": b"c" * 20, "requirement": 'identifier "x"'},
    }
    found = parse_code_resources(document(files2=files)).files
    assert found["new"] == Seal("hash", sha256=b"2" * 32)
    assert found["both"] == Seal("hash", sha256=b"2" * 32, optional=True)
    assert found["old"] == Seal("hash", sha1=b"1" * 20)
    assert found["link"] == Seal("symlink", target="target")
    assert found["code"] == Seal("nested", cdhash=b"c" * 20, requirement='identifier "x"')


def test_a_seal_of_before_10_9_is_read_by_its_old_rules() -> None:
    data = plistlib.dumps({"files": {"Resources/x": b"1" * 20}, "rules": {"^Resources/": True}})
    found = parse_code_resources(data)
    assert found.version == 1
    assert found.rules.find("Resources/x") is not None
    assert found.rules.find("MacOS/x") is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a plist",
        plistlib.dumps([]),
        plistlib.dumps({}),
        document(files2=[]),
        document(rules2=3),
        document(rules2={"(": True}),
        document(rules2={"^.*": "yes"}),
        document(rules2={"^.*": {"weight": "heavy"}}),
        document(rules2={f"^{n}": True for n in range(500)}),
        document(files2={"x": 3}),
        document(files2={"x": {"cdhash": b"x"}}),
        document(files2={"x": {"symlink": 3}}),
    ],
)
def test_what_is_no_code_resources_is_refused(data: bytes) -> None:
    with pytest.raises(SignatureFormatError):
        parse_code_resources(data)


plain = st.recursive(
    st.booleans() | st.integers(-9, 9) | st.text("ab(*^[", max_size=5) | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["hash", "hash2", "symlink", "requirement", "cdhash", "weight", "nested",
                         "omit", "^a", "(", "rules2", "files2", "rules", "files"]),
        inner, max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip


@given(plain)
def test_any_property_list_is_read_or_refused(value: Any) -> None:
    try:
        found = parse_code_resources(plistlib.dumps(value))
    except SignatureFormatError:
        return
    found.rules.find("Resources/x")
