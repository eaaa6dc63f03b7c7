"""One changed byte anywhere in an image is found, and the part it is in is named."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from image.building import EPOCH, small_app
from image.independent import tool
from plover_tray.errors import ImageError
from plover_tray.image import DmgSettings, make_dmg, read_dmg
from plover_tray.image.udif.format import TRAILER_SIZE, pack_trailer, parse_trailer

Change = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small image without a background."""
    tool("xorriso")
    folder = tmp_path_factory.mktemp("damage")
    app = small_app(folder)
    (app / "Contents/data").write_bytes(bytes(range(256)) * 40)
    plain = DmgSettings(files=((app, app.name),), format="UDZO")
    make_dmg(app, folder / "image.dmg", plain, source_date_epoch=EPOCH, backend="builtin")
    return folder / "image.dmg"


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where damaged copies are written."""
    return tmp_path_factory.mktemp("damaged") / "damaged.dmg"


def complaint(path: Path) -> str:
    """What is said of an image; empty if it is whole."""
    try:
        with read_dmg(path) as dmg:
            if dmg.image is None:
                return "raw"
            return "; ".join(f"{fault.part}: {fault.message}" for fault in dmg.faults())
    except ImageError as error:
        return error.message


def test_a_whole_image_has_no_faults(image: Path) -> None:
    assert complaint(image) == ""


def test_every_byte_of_the_trailer_is_covered(image: Path, victim: Path) -> None:
    data = image.read_bytes()
    for offset in range(len(data) - TRAILER_SIZE, len(data)):
        victim.write_bytes(flipped(data, offset))
        assert complaint(victim), offset


def test_every_seventh_byte_of_the_rest_is_covered(image: Path, victim: Path) -> None:
    data = image.read_bytes()
    for offset in range(0, len(data) - TRAILER_SIZE, 7):
        victim.write_bytes(flipped(data, offset))
        assert complaint(victim), offset


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_other_value_of_any_byte_is_found(
    image: Path, victim: Path, data: st.DataObject
) -> None:
    whole = image.read_bytes()
    offset = data.draw(st.integers(0, len(whole) - 1))
    value = data.draw(st.integers(0, 255).filter(lambda v: v != whole[offset]))
    victim.write_bytes(whole[:offset] + bytes([value]) + whole[offset + 1 :])
    said = complaint(victim)
    assert said
    assert "\n" not in said


def test_a_changed_byte_in_the_data_names_the_volume(image: Path, victim: Path) -> None:
    victim.write_bytes(flipped(image.read_bytes(), 100))
    said = complaint(victim)
    assert "packed data: CRC-32 is" in said
    assert "whole disk (Apple_HFS : 0): " in said
    with read_dmg(victim) as dmg, pytest.raises(ImageError, match="is damaged: packed data"):
        dmg.check_whole()


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1],
        lambda data: data[:-TRAILER_SIZE],
        lambda data: data[-TRAILER_SIZE:],
        lambda data: data + b"\0",
        lambda data: b"\0" + data,
        lambda data: data[:-TRAILER_SIZE] + b"more" + data[-TRAILER_SIZE:],
        lambda _: b"",
    ],
)
def test_bytes_that_are_lost_or_added_are_found(change: Change, image: Path, victim: Path) -> None:
    victim.write_bytes(change(image.read_bytes()))
    said = complaint(victim)
    assert said
    if said == "raw":
        with read_dmg(victim) as dmg, pytest.raises(ImageError):
            _ = dmg.volume


def test_a_signature_after_the_list_is_no_fault(image: Path, victim: Path) -> None:
    """As codesign and rcodesign add it (read in apple-platform-rs: between list and trailer)."""
    data = image.read_bytes()
    trailer = parse_trailer(data[-TRAILER_SIZE:])
    assert trailer is not None
    start = len(data) - TRAILER_SIZE
    signed = replace(trailer, signature_offset=start, signature_length=40)
    victim.write_bytes(data[:start] + b"\xfa\xde\x0c\xc0".ljust(40) + pack_trailer(signed))
    assert complaint(victim) == ""
    misplaced = replace(trailer, signature_offset=start + 8, signature_length=32)
    victim.write_bytes(data[:start] + b"\xfa\xde\x0c\xc0".ljust(40) + pack_trailer(misplaced))
    assert "does not follow" in complaint(victim)


def flipped(data: bytes, offset: int) -> bytes:
    """`data` with all bits of one byte the other way round."""
    return data[:offset] + bytes([data[offset] ^ 0xFF]) + data[offset + 1 :]
