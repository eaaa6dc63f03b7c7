"""Requirements as binary and as text, and who fulfils them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plover_tray.signature.blobs import SignatureFormatError, SuperBlob, make_blob
from plover_tray.signature.constants import Magic, Slot
from plover_tray.signature.oid import decode_oid, encode_oid
from plover_tray.signature.requirement_parser import parse_requirement_text
from plover_tray.signature.requirement_text import show_requirement, show_requirement_set
from plover_tray.signature.requirements import (
    LAYOUTS,
    Candidate,
    Expr,
    Kind,
    Match,
    MatchOp,
    Op,
    any_cdhash,
    fulfils,
    make_requirement,
    make_requirement_set,
    parse_requirement,
    parse_requirement_set,
)

FIREFOX = (
    'identifier "org.mozilla.firefox" and anchor apple generic and '
    "certificate 1[field.1.2.840.113635.100.6.2.6] /* exists */ and "
    "certificate leaf[field.1.2.840.113635.100.6.1.13] /* exists */ and "
    'certificate leaf[subject.OU] = "43AQ936H96"'
)
A, B = bytes(range(20)), bytes(range(20, 40))


def test_the_designated_requirement_of_a_developer_id_is_shown(apple_superblob: SuperBlob) -> None:
    blob = apple_superblob.find(Slot.REQUIREMENTS)
    assert blob is not None
    found = parse_requirement_set(blob.raw)
    text = show_requirement_set(found)
    assert text.startswith("designated => anchor apple generic and identifier ")
    assert "certificate leaf[subject.OU] = S8XHQB96PW" in text
    assert make_requirement_set(found) == blob.raw
    assert make_requirement_set(parse_requirement_text(text)) == blob.raw


@pytest.mark.parametrize(
    "text",
    [
        FIREFOX,
        f'cdhash H"{A.hex()}" or cdhash H"{B.hex()}"',
        '(identifier a or identifier "b.c") and ! anchor apple',
        'info[CFBundleVersion] >= "1.0" and certificate root = H"00112233"',
        'entitlement["x y"] /* exists */ or certificate 2[subject.CN] = *foo*',
        "always and never and notarized and anchor trusted and certificate leaf trusted",
        "info[a] absent or info[a] = b* or info[a] = *b or info[a] < c",
    ],
)
def test_text_is_shown_as_it_was_written(text: str) -> None:
    found = parse_requirement_text(text)
    assert show_requirement(found[Kind.DESIGNATED]) == text
    assert parse_requirement_set(make_requirement_set(found)) == found


def test_several_requirements_in_one_text_are_told_apart() -> None:
    found = parse_requirement_text("host => anchor apple designated => identifier x")
    assert show_requirement_set(found) == "host => anchor apple\ndesignated => identifier x"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "identifier",
        "and",
        "identifier x and",
        "(identifier x",
        "cdhash x",
        "certificate 9999 trusted",
        "identifier x identifier y",
        "nonsense => x",
        'identifier "x',
        "!" * 300,
        "identifier x or a",
        " or ".join(["identifier x"] * 300),
    ],
)
def test_text_that_is_no_requirement_is_refused(text: str) -> None:
    with pytest.raises(SignatureFormatError):
        parse_requirement_text(text)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        make_blob(Magic.REQUIREMENT, b"\0\0\0\x02\0\0\0\x01"),
        make_blob(Magic.REQUIREMENT, b"\0\0\0\x01\0\0\0\x63"),
        make_blob(Magic.REQUIREMENT, b"\0\0\0\x01\0\0\0\x02\0\0\xff\xff"),
        make_blob(Magic.REQUIREMENT, b"\0\0\0\x01" + b"\0\0\0\x06" * 5000),
        make_blob(Magic.REQUIREMENT, b"\0\0\0\x01\0\0\0\x0a\0\0\0\x01a\0\0\0\0\0\0\x63"),
    ],
)
def test_binary_that_is_no_requirement_is_refused(raw: bytes) -> None:
    with pytest.raises(SignatureFormatError):
        parse_requirement(raw)


def _operand(kind: str, inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Any]:
    match kind:
        case "e":
            return inner
        case "s":
            return st.integers(-(2**31), 2**31 - 1)
        case "m":
            return st.sampled_from(list(MatchOp)).flatmap(_matches)
    return st.binary(max_size=9)


def _matches(op: MatchOp) -> st.SearchStrategy[Match]:
    if op in {MatchOp.EXISTS, MatchOp.ABSENT}:
        return st.just(Match(op))
    if op.name.startswith(("ON", "BEFORE", "AFTER")):
        return st.builds(Match, st.just(op), st.integers(-(2**63), 2**63 - 1))
    return st.builds(Match, st.just(op), st.binary(max_size=9))


def _expressions(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    return st.sampled_from(list(Op)).flatmap(
        lambda op: st.tuples(*(_operand(kind, inner) for kind in LAYOUTS[op])).map(
            lambda operands: Expr(op, operands)
        )
    )


expressions = st.recursive(st.just(Expr(Op.TRUE)), _expressions, max_leaves=8)


@given(expressions)
def test_any_expression_survives_the_way_there_and_back(expression: Expr) -> None:
    assert parse_requirement(make_requirement(expression)) == expression
    assert show_requirement(expression)


@given(st.lists(st.integers(0, 1 << 40), min_size=0, max_size=6))
def test_object_identifiers_survive_the_way_there_and_back(rest: list[int]) -> None:
    text = ".".join(map(str, [1, 2, *rest]))
    assert decode_oid(encode_oid(text)) == text


def candidate(*, signed: bool = False) -> Candidate:
    fields = {(0, "subject.OU"): "TEAM"} if signed else {}
    return Candidate("org.x", frozenset({A}), signed, fields)


@pytest.mark.parametrize(
    ("text", "adhoc", "signed"),
    [
        (f'cdhash H"{A.hex()}" or cdhash H"{B.hex()}"', True, True),
        (f'cdhash H"{B.hex()}"', False, False),
        ('identifier "org.x"', True, True),
        ('identifier "org.x" and certificate leaf[subject.OU] = TEAM', False, True),
        ('identifier "org.x" and certificate leaf[subject.OU] = OTHER', False, False),
        ('identifier "org.x" and anchor apple generic', False, None),
        ('identifier "org.y" and anchor apple generic', False, False),
        ('identifier "org.x" or anchor apple generic', True, True),
        ("! anchor apple generic", True, None),
        ("always", True, True),
        ("never", False, False),
        ("notarized", None, None),
    ],
)
def test_a_requirement_is_judged_as_far_as_it_can_be_known(
    text: str, adhoc: bool | None, signed: bool | None
) -> None:
    expression = parse_requirement_text(text)[Kind.DESIGNATED]
    assert fulfils(candidate(), expression) is adhoc
    assert fulfils(candidate(signed=True), expression) is signed


def test_an_adhoc_requirement_names_every_slice() -> None:
    assert show_requirement(any_cdhash([A, B])) == (f'cdhash H"{A.hex()}" or cdhash H"{B.hex()}"')
