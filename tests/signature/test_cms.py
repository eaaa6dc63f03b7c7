"""CMS signatures: what a real one says, and that nothing false passes."""

import random
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from plover_tray.signature.blobs import SignatureFormatError, SuperBlob
from plover_tray.signature.cms import CmsFacts, read_cms
from plover_tray.signature.codedirectory import CodeDirectory, parse_code_directory
from plover_tray.signature.constants import Slot


@pytest.fixture
def directory(apple_superblob: SuperBlob) -> CodeDirectory:
    blob = apple_superblob.find(Slot.CODE_DIRECTORY)
    assert blob is not None
    return parse_code_directory(blob.raw)


@pytest.fixture
def payload(apple_superblob: SuperBlob) -> bytes:
    blob = apple_superblob.find(Slot.CMS)
    assert blob is not None
    return blob.payload


@pytest.fixture
def read(directory: CodeDirectory) -> Callable[[bytes], CmsFacts]:
    return lambda payload: read_cms(payload, directory.raw, [directory.cdhash])


def test_a_real_signature_holds(payload: bytes, read: Callable[[bytes], CmsFacts]) -> None:
    facts = read(payload)
    assert facts.problems == ()
    assert facts.apple
    leaf, authority, root = facts.certificates
    assert (leaf.kind, leaf.team) == ("Developer ID Application", "S8XHQB96PW")
    assert leaf.issuer == authority.name
    assert authority.issuer == root.name
    assert facts.fields[0, "subject.OU"] == "S8XHQB96PW"
    assert facts.timestamp is not None
    assert datetime(2025, 1, 1, tzinfo=UTC) < facts.timestamp < leaf.not_after


def test_it_does_not_hold_for_another_code_directory(
    payload: bytes, directory: CodeDirectory
) -> None:
    other = directory.raw[:-1] + bytes([directory.raw[-1] ^ 1])
    facts = read_cms(payload, other, [directory.cdhash])
    assert "it signs another CodeDirectory" in facts.problems


def test_it_does_not_hold_for_other_cdhashes(payload: bytes, directory: CodeDirectory) -> None:
    facts = read_cms(payload, directory.raw, [bytes(20)])
    assert "it names other cdhashes" in facts.problems


def test_a_changed_signature_value_does_not_hold(
    payload: bytes, read: Callable[[bytes], CmsFacts]
) -> None:
    from asn1crypto import cms

    content = cms.ContentInfo.load(payload)
    value = content["content"]["signer_infos"][0]["signature"].native
    at = payload.index(value)
    damaged = payload[:at] + bytes([value[0] ^ 1]) + payload[at + 1 :]
    facts = read(damaged)
    assert "its signature does not match its certificate" in facts.problems
    assert "its time stamp belongs to another signature" in facts.problems


def test_a_forged_time_stamp_is_not_believed(
    payload: bytes, read: Callable[[bytes], CmsFacts]
) -> None:
    facts = read(payload)
    assert facts.timestamp is not None
    written = facts.timestamp.strftime("%Y%m%d%H%M%SZ").encode()
    assert written in payload
    forged = read(payload.replace(written, b"2099" + written[4:]))
    assert forged.timestamp is None
    assert any("time stamp" in problem for problem in forged.problems)


def test_damage_anywhere_gives_facts_or_an_error_but_no_traceback(
    payload: bytes, read: Callable[[bytes], CmsFacts]
) -> None:
    chance = random.Random(20261123)
    outcomes = {"read": 0, "refused": 0}
    for _ in range(1500):
        damaged = bytearray(payload)
        for _ in range(chance.choice((1, 1, 2, 8))):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        if chance.random() < 0.1:
            del damaged[chance.randrange(len(damaged)) :]
        try:
            read(bytes(damaged))
            outcomes["read"] += 1
        except SignatureFormatError:
            outcomes["refused"] += 1
    assert min(outcomes.values()) > 50


@pytest.mark.parametrize(
    "payload_", [b"", b"0", b"\x30\x80" * 5000, b"\x30\x84\xff\xff\xff\xff", b"x" * 2**21]
)
def test_what_is_no_cms_signature_is_refused(
    payload_: bytes, read: Callable[[bytes], CmsFacts]
) -> None:
    with pytest.raises(SignatureFormatError):
        read(payload_)
