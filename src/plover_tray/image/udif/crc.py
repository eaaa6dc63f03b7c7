"""CRC-32 of many zeros: in go a CRC and a count, out comes the CRC after them, without the zeros.

An image may say in 40 bytes that terabytes of zeros follow, and its checksum counts them.
"""

_POLYNOMIAL = 0xEDB88320
"""That of zlib's CRC-32, its bits in reverse."""
_ONE = 1 << 31
"""The polynomial 1 in that order of bits; x is the bit below."""


def crc32_of_zeros(crc: int, count: int) -> int:
    """`zlib.crc32(bytes(count), crc)` in a time that grows with the number of digits of `count`.

    Each zero byte multiplies the register by x^8 modulo the polynomial; so all of them do by
    x^(8 * count).
    """
    power = _ONE
    square = _ONE >> 8
    while count:
        if count & 1:
            power = _multiply(power, square)
        square = _multiply(square, square)
        count >>= 1
    return _multiply(crc ^ 0xFFFFFFFF, power) ^ 0xFFFFFFFF


def _multiply(one: int, other: int) -> int:
    """The product of two polynomials over GF(2), modulo the CRC's."""
    product = 0
    bit = _ONE
    while bit:
        if one & bit:
            product ^= other
        other = other >> 1 ^ (_POLYNOMIAL if other & 1 else 0)
        bit >>= 1
    return product
