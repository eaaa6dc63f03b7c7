"""Names as HFS+ keeps and compares them: in goes a POSIX name, out comes what the catalog holds.

HFS+ stores names as UTF-16, decomposed, at most 255 units, and finds them without regard to case.
Apple's Technical Note TN1150 ("HFS Plus Volume Format") gives both tables.
"""

import unicodedata

MAX_NAME = 255
"""UTF-16 units of one name."""

_NOT_DECOMPOSED = ((0x2000, 0x2FFF), (0xF900, 0xFAFF), (0x2F800, 0x2FAFF))
"""Ranges that HFS+ leaves composed, so that they come back as they were; known from TN1150."""

_IGNORED = frozenset(
    [*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF]
)
"""Formatting characters that do not count when names are compared; known from TN1150."""


def _folding() -> dict[int, int]:
    """The lower-case table of TN1150: only characters that do not decompose."""
    table = {0x00C6: 0x00E6, 0x00D0: 0x00F0, 0x00D8: 0x00F8, 0x00DE: 0x00FE}
    for first, last, distance in (
        (0x0041, 0x005A, 32),
        (0x0391, 0x03A1, 32),
        (0x03A3, 0x03A9, 32),
        (0x0402, 0x0402, 80),
        (0x0404, 0x0406, 80),
        (0x0408, 0x040B, 80),
        (0x040F, 0x040F, 80),
        (0x0410, 0x042F, 32),
        (0x0531, 0x0556, 48),
        (0x10A0, 0x10C5, 48),
        (0x2160, 0x216F, 16),
        (0xFF21, 0xFF3A, 32),
    ):
        table |= {c: c + distance for c in range(first, last + 1)}
    next_to = (
        "0110 0126 0132 013F 0141 014A 0152 0166 0182 0184 0187 018B 0191 0198 01A2 01A4 01A7 01AC"
        " 01B3 01B5 01B8 01BC 01E4 03E2 03E4 03E6 03E8 03EA 03EC 03EE 0460 0462 0464 0466 0468 046A"
        " 046C 046E 0470 0472 0474 0478 047A 047C 047E 0480 0490 0492 0494 0496 0498 049A 049C 049E"
        " 04A0 04A2 04A4 04A6 04A8 04AA 04AC 04AE 04B0 04B2 04B4 04B6 04B8 04BA 04BC 04BE 04C3 04C7"
        " 04CB"
    )
    table |= {code: code + 1 for code in _codes(next_to)}
    pairs = (
        "0181 0253 0186 0254 0189 0256 018A 0257 018E 01DD 018F 0259 0190 025B 0193 0260 0194 0263"
        " 0196 0269 0197 0268 019C 026F 019D 0272 019F 0275 01A9 0283 01AE 0288 01B1 028A 01B2 028B"
        " 01B7 0292 01C4 01C6 01C5 01C6 01C7 01C9 01C8 01C9 01CA 01CC 01CB 01CC 01F1 01F3 01F2 01F3"
    )
    table |= dict(zip(_codes(pairs)[::2], _codes(pairs)[1::2], strict=True))
    return table


def _codes(text: str) -> list[int]:
    return [int(code, 16) for code in text.split()]


_FOLDED = _folding()


def hfs_name(name: str) -> str:
    """`name` as the catalog of an HFS+ volume holds it, decomposed, still with `:` for POSIX's `:`.

    Decomposition is that of Unicode 3.2, which is what every Mac since 2005 writes (TN1150).
    """
    parts: list[str] = []
    run: list[str] = []
    for character in name:
        code = ord(character)
        if any(first <= code <= last for first, last in _NOT_DECOMPOSED):
            parts += [unicodedata.ucd_3_2_0.normalize("NFD", "".join(run)), character]
            run = []
        else:
            run.append(character)
    parts.append(unicodedata.ucd_3_2_0.normalize("NFD", "".join(run)))
    return "".join(parts)


def units(name: str) -> int:
    """The length of a name in UTF-16 units."""
    return len(name.encode("utf-16-be", "surrogatepass")) // 2


def to_posix(stored: str) -> str:
    """A stored name as a program on a Mac sees it: `/` and `:` change places."""
    return stored.translate({0x2F: ":", 0x3A: "/"})


def order(stored: str) -> bytes:
    """A key that sorts stored names as an HFS+ catalog does."""
    data = stored.encode("utf-16-be", "surrogatepass")
    folded = bytearray()
    for high, low in zip(data[::2], data[1::2], strict=True):
        unit = high << 8 | low
        if unit in _IGNORED:
            continue
        folded += (_FOLDED.get(unit, unit) or 0xFFFF).to_bytes(2, "big")
    return bytes(folded)


def collision_keys(name: str) -> tuple[str, str]:
    """Two keys; names in one folder that share either cannot both be kept on a Mac's disk.

    The first is HFS+' comparison, the second that of a disk formatted as APFS without regard to
    case (every Mac's own), where the app will be copied to.
    """
    decomposed = unicodedata.normalize("NFD", name)
    lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in decomposed)
    return order(hfs_name(name)).hex(), unicodedata.normalize("NFD", lowered)
