"""CRC-32 of zeros that are not there."""

import zlib

from hypothesis import given
from hypothesis import strategies as st

from plover_tray.image.udif.crc import crc32_of_zeros


@given(st.binary(max_size=50), st.integers(0, 100_000))
def test_it_is_zlibs(before: bytes, count: int) -> None:
    crc = zlib.crc32(before)
    assert crc32_of_zeros(crc, count) == zlib.crc32(bytes(count), crc)


def test_terabytes_take_no_time_and_add_up() -> None:
    half = crc32_of_zeros(7, 1 << 50)
    assert crc32_of_zeros(half, 1 << 50) == crc32_of_zeros(7, 1 << 51)
