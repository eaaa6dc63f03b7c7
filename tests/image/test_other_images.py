"""Images that others make, or that are made to do harm: read, or refused in one line."""

import bz2
import lzma
import plistlib
import struct
import uuid
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from image.building import EPOCH, small_app
from image.independent import on_disk, tool
from image.test_soundness import Bytes, thread_of
from plover_tray.errors import ImageError
from plover_tray.image import DmgSettings, make_dmg, read_dmg
from plover_tray.image.hfs.catalog import HfsVolume
from plover_tray.image.udif.format import (
    SECTOR,
    Checksum,
    Chunk,
    ChunkKind,
    Table,
    Trailer,
    pack_table,
    pack_trailer,
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    app = small_app(tmp_path_factory.mktemp("other"))
    (app / "Contents/data").write_bytes(bytes(range(256)) * 100)
    return app


@pytest.fixture(scope="module")
def volume(app: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An HFS+ volume with the app and a folder beside it."""
    tool("xorriso")
    folder = tmp_path_factory.mktemp("volume")
    private = folder / "XXXXHFS+ Private Data"
    private.mkdir()
    (private / "iNode77").write_bytes(b"linked")
    files = ((app, app.name), (private, private.name))
    plain = DmgSettings(files=files, format="UDZO")
    make_dmg(app, folder / "image.dmg", plain, source_date_epoch=EPOCH, backend="builtin")
    with read_dmg(folder / "image.dmg") as dmg:
        source = dmg.volume.source
        return source.read(0, source.size)


def udif(
    parts: Sequence[tuple[str, Sequence[tuple[int, int, bytes]]]],
    *,
    crc: bool = True,
    segments: int = 1,
    plist: bytes | None = None,
) -> bytes:
    """An image in the way of hdiutil: a table for each part of (kind, sectors, packed bytes)."""
    data = b""
    tables = []
    start = 0
    for number, (name, pieces) in enumerate(parts):
        chunks = []
        sector = 0
        for kind, sectors, packed in pieces:
            chunks.append(Chunk(kind, 0, sector, sectors, len(data), len(packed)))
            sector += sectors
            data += packed
        chunks.append(Chunk(ChunkKind.END, 0, sector, 0, len(data), 0))
        none = Checksum(0, 0, bytes(128))
        table = Table(1, start, sector, 0, 2056, number, bytes(24), none, tuple(chunks))
        tables.append({"Name": name, "ID": str(number), "Data": pack_table(table)})
        start += sector
    listed = plistlib.dumps({"resource-fork": {"blkx": tables}}) if plist is None else plist
    checksum = Checksum.crc32(zlib.crc32(data)) if crc else Checksum(0, 0, bytes(128))
    trailer = Trailer(
        *(4, 512, 1, 0, 0, len(data), 0, 0, 1, segments, uuid.uuid4().bytes, checksum),
        *(len(data), len(listed), bytes(64), 0, 0, bytes(40), Checksum(0, 0, bytes(128))),
        *(1, start, bytes(12)),
    )
    return data + listed + pack_trailer(trailer)


def pieces(data: bytes, step: int = 40 * SECTOR) -> list[tuple[int, int, bytes]]:
    """`data` as chunks of each kind in turn."""
    assert len(data) % SECTOR == 0
    found: list[tuple[int, int, bytes]] = []
    for number, at in enumerate(range(0, len(data), step)):
        part = data[at : at + step]
        sectors = len(part) // SECTOR
        packed = (
            (ChunkKind.ZLIB, zlib.compress(part)),
            (ChunkKind.BZIP2, bz2.compress(part)),
            (ChunkKind.LZMA, lzma.compress(part)),
            (ChunkKind.RAW, part),
        )[number % 4]
        found.append((packed[0], sectors, packed[1]))
    return found


def guid_disk(volume: bytes, sector: int = 512) -> bytes:
    """A disk with a GUID partition map; the volume is its second partition."""
    first = 40 * 512 // sector * 2
    entry = struct.Struct("<16s16sQQQ72s")
    free = entry.pack(b"\1" * 16, b"\2" * 16, 34, 38, 0, bytes(72))
    last = first + (len(volume) + sector - 1) // sector - 1
    hfs = entry.pack(b"\3" * 16, b"\4" * 16, first, last, 0, bytes(72))
    header = b"EFI PART".ljust(72, b"\0") + struct.pack("<QIII", 2, 4, 128, 0)
    disk = bytes(sector) + header.ljust(sector, b"\0") + (free + hfs).ljust(sector, b"\0")
    return disk.ljust(first * sector, b"\0") + volume + bytes(33 * sector)


def apple_disk(volume: bytes, block: int = 512) -> bytes:
    """A disk with Apple's partition map."""
    entries = b""
    for number, (kind, start, size) in enumerate(
        ((b"Apple_partition_map", 1, 3), (b"Apple_Free", 4, 4), (b"Apple_HFS", 8, 0))
    ):
        blocks = size or len(volume) // block
        head = b"PM\0\0" + struct.pack(">III", 3, start, blocks)
        entries += (head + f"p{number}".encode().ljust(32, b"\0") + kind).ljust(block, b"\0")
    disk = (b"ER" + struct.pack(">H", block)).ljust(block, b"\0") + entries
    return disk.ljust(8 * block, b"\0") + volume


def written(folder: Path, data: bytes) -> Path:
    path = folder / "image.dmg"
    path.write_bytes(data)
    return path


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % SECTOR)


@pytest.mark.parametrize("layout", ["none", "guid", "guid 4096", "apple", "apple 2048"])
@pytest.mark.parametrize("container", ["raw", "one part", "many parts"])
def test_images_of_every_layout(
    layout: str, container: str, volume: bytes, app: Path, tmp_path: Path
) -> None:
    disk = {
        "none": lambda: volume,
        "guid": lambda: guid_disk(volume),
        "guid 4096": lambda: guid_disk(volume, 4096),
        "apple": lambda: apple_disk(volume),
        "apple 2048": lambda: apple_disk(volume, 2048),
    }[layout]()
    if container == "one part":
        disk = udif([("whole disk (unknown partition : 0)", pieces(padded(disk)))])
    elif container == "many parts":
        start = disk.index(volume[1024:1100]) - 1024
        disk = udif(
            [
                ("Protective Master Boot Record (MBR : 0)", pieces(padded(disk[:512]))),
                ("GPT Header (Primary GPT Header : 1)", pieces(padded(disk[512:1024]))),
                (" (Apple_Free : 3)", [(ChunkKind.IGNORE, 6, b"")]),
                ("disk image (Apple_HFS : 4)", pieces(padded(disk[start:]))),
                (" (Apple_Free : 5)", [(ChunkKind.ZERO, 7, b"")]),
            ]
        )
    with read_dmg(written(tmp_path, disk)) as dmg:
        assert dmg.faults() == ()
        assert on_disk(dmg.extract_app()) == on_disk(app)


def test_a_comment_between_chunks(volume: bytes, tmp_path: Path) -> None:
    comment = (int(ChunkKind.COMMENT), 0, b"+beg")
    with read_dmg(written(tmp_path, udif([("disk", [comment, *pieces(volume)])]))) as dmg:
        assert dmg.apps == ("Small.app",)


def test_an_image_without_checksums_is_read(volume: bytes, tmp_path: Path) -> None:
    with read_dmg(written(tmp_path, udif([("disk", pieces(volume))], crc=False))) as dmg:
        assert dmg.faults() == ()
        assert dmg.volume.name == "Small"


def look_into(path: Path) -> None:
    with read_dmg(path) as dmg:
        dmg.check_whole()
        dmg.extract_app()


def refusal(path: Path) -> str:
    with pytest.raises(ImageError) as caught:
        look_into(path)
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "holds no HFS+ volume"),
        (b"hello" * 1000, "holds no HFS+ volume"),
        (b"encrcdsa" + bytes(1000), "is encrypted"),
        (bytes(1000) + b"cdsaencr", "is encrypted"),
        (bytes(32) + b"NXSB" + bytes(4096), "an APFS volume"),
        (bytes(1024) + b"BD" + bytes(4096), "a volume of the old HFS"),
        (b"\xeb\x3c\x90" + bytes(4096), "a FAT volume"),
        (bytes(1024) + b"H+" + bytes(4096), "blocks of 0 bytes"),
    ],
)
def test_what_holds_no_volume(data: bytes, said: str, tmp_path: Path) -> None:
    assert said in refusal(written(tmp_path, data))


def test_an_image_that_is_not_there_or_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="No such file"):
        read_dmg(tmp_path / "no.dmg")
    with pytest.raises(ImageError, match="cannot be read"):
        read_dmg(tmp_path)


def zeros(count: int) -> bytes:
    return zlib.compress(bytes(count))


@pytest.mark.parametrize(
    ("chunks", "said"),
    [
        ([(ChunkKind.ADC, 1, b"x")], "compressed in ADC"),
        ([(0x80000099, 1, b"x")], "an unknown way (0x80000099)"),
        ([(ChunkKind.ZLIB, 8, zeros(512))], "is damaged at sector 0"),
        ([(ChunkKind.ZLIB, 1, zeros(100 << 20))], "is damaged at sector 0"),
        ([(ChunkKind.BZIP2, 1, bz2.compress(bytes(50 << 20)))], "is damaged at sector 0"),
        ([(ChunkKind.LZMA, 1, lzma.compress(bytes(50 << 20)))], "is damaged at sector 0"),
        ([(ChunkKind.ZLIB, 1, zeros(512)[:-1])], "is damaged at sector 0"),
        ([(ChunkKind.ZLIB, 1, b"")], "is damaged at sector 0"),
        ([(ChunkKind.LZFSE, 1, b"bvx2" + bytes(100))], "is damaged at sector 0"),
        ([(ChunkKind.LZFSE, 1, b"bvx-" + b"\xff" * 4)], "is damaged at sector 0"),
        ([(ChunkKind.RAW, 2, bytes(512))], "has the wrong length"),
        ([(ChunkKind.ZLIB, 1 << 30, b"x")], "is larger than any"),
        ([(ChunkKind.ZERO, 0, b"")], "lists no parts"),
        ([(ChunkKind.ZERO, 1 << 40, b"")], "holds no HFS+ volume"),
    ],
)
def test_chunks_that_cannot_be(
    chunks: list[tuple[int, int, bytes]], said: str, tmp_path: Path
) -> None:
    assert said in refusal(written(tmp_path, udif([("disk", chunks)])))


def test_chunks_that_lie_over_one_another(tmp_path: Path) -> None:
    packed = zeros(512)
    chunks = [Chunk(ChunkKind.ZLIB, 0, number, 1, 0, len(packed)) for number in range(9)]
    table = Table(1, 0, 9, 0, 2056, 0, bytes(24), Checksum(0, 0, bytes(128)), tuple(chunks))
    listed = plistlib.dumps({"resource-fork": {"blkx": [{"Data": pack_table(table)}]}})
    image = udif([("disk", [(ChunkKind.ZLIB, 1, packed)])], plist=listed)
    assert "lie over one another" in refusal(written(tmp_path, image))


def test_a_stream_that_unpacks_to_more_than_it_says(tmp_path: Path) -> None:
    """lzfse's library has no bound of its own: the blocks' headers are added up first."""
    lzfse = pytest.importorskip("lzfse")
    packed = lzfse.compress(bytes(64 << 20))
    path = written(tmp_path, udif([("disk", [(ChunkKind.LZFSE, 1, packed)])]))
    with read_dmg(path) as dmg:
        (fault,) = dmg.faults()
    assert "do not add up to 512 bytes" in fault.message


@pytest.mark.parametrize(
    ("plist", "said"),
    [
        (b"<plist", "is not a property list"),
        (plistlib.dumps({}), "names no parts"),
        (plistlib.dumps({"resource-fork": {"blkx": [7]}}), "part 0 has no table"),
        (plistlib.dumps({"resource-fork": {"blkx": []}}), "lists no parts"),
        (plistlib.dumps({"resource-fork": {"blkx": [{}] * 300}}), "names no parts"),
        (plistlib.dumps({"resource-fork": {"blkx": [{"Data": b"mish"}]}}), "is damaged"),
        (
            plistlib.dumps(
                {"resource-fork": {"blkx": [{"Data": b"mish" + bytes(196) + b"\xff" * 4}]}}
            ),
            "is cut off",
        ),
    ],
)
def test_lists_that_cannot_be(plist: bytes, said: str, tmp_path: Path) -> None:
    assert said in refusal(written(tmp_path, udif([], plist=plist)))


def test_one_of_several_segments(volume: bytes, tmp_path: Path) -> None:
    said = refusal(written(tmp_path, udif([("disk", pieces(volume))], segments=3)))
    assert "is one of 3 segments" in said


def test_a_volume_larger_than_its_image(volume: bytes, tmp_path: Path) -> None:
    assert "larger than the image" in refusal(written(tmp_path, volume[: len(volume) // 2]))


def patched(volume: bytes, ending: str, offset: int, form: str, *values: int) -> bytes:
    """The volume with a field of the record of a file changed."""
    changed = Bytes(volume)
    changed.put(changed.record(ending) + offset, form, *values)
    return bytes(changed.data)


def test_a_name_that_leads_out_is_refused(volume: bytes, tmp_path: Path) -> None:
    changed = Bytes(volume)
    at = changed.record("MacOS/run") - 6
    changed.data[at : at + 6] = "../".encode("utf-16-be")[:4] + b"\0:"
    assert "holds a file with the name" in refusal(written(tmp_path, bytes(changed.data)))


def test_a_file_in_apples_compression_is_named(volume: bytes, tmp_path: Path) -> None:
    changed = Bytes(patched(volume, "MacOS/run", 41, ">B", 0x20))
    changed.put(changed.record("MacOS/run") + 88, ">Q", 0)
    said = refusal(written(tmp_path, bytes(changed.data)))
    assert "MacOS/run is kept in Apple's file compression" in said


def test_files_that_would_fill_the_disk_are_refused(volume: bytes, tmp_path: Path) -> None:
    """Many files over the same blocks are more than their volume."""
    changed = Bytes(volume)
    blocks = len(volume) // 2048
    for name in ("MacOS/run", "Contents/Info.plist"):
        at = changed.record(name) + 88
        changed.put(at, ">QIIII", len(volume), 0, blocks, 0, blocks)
    said = refusal(written(tmp_path, bytes(changed.data)))
    assert "holds more than fits on it" in said


def test_a_device_is_refused(volume: bytes, tmp_path: Path) -> None:
    said = refusal(written(tmp_path, patched(volume, "MacOS/run", 42, ">H", 0o020644)))
    assert "is a pipe or device" in said


def private(volume: bytes) -> Bytes:
    """The volume with its folder beside the app renamed as HFS+' own for hard links is."""
    changed = Bytes(volume)
    name = "\0\0\0\0HFS+ Private Data"
    opened = HfsVolume(changed)
    for record in opened.records:
        if record.name == "XXXXHFS+ Private Data" and record.parent == 2:
            at = opened.catalog.on_volume(record.offset) - 2 * len(name)
            thread = thread_of(changed, "XXXXHFS+ Private Data")
            for place in (at, thread + 10):
                changed.data[place : place + 2 * len(name)] = name.encode("utf-16-be")
            return changed
    raise AssertionError


def hard_link(changed: Bytes, ending: str, number: int) -> None:
    at = changed.record(ending)
    changed.put(at + 44, ">I", number)
    changed.data[at + 48 : at + 56] = b"hlnkhfs+"


def test_a_hard_link_is_followed(volume: bytes, tmp_path: Path) -> None:
    changed = private(volume)
    hard_link(changed, "MacOS/run", 77)
    with read_dmg(written(tmp_path, bytes(changed.data))) as dmg:
        assert "Private" not in " ".join(p for p in dmg.volume.entries if "/" not in p)
        assert (dmg.extract_app() / "Contents/MacOS/run").read_bytes() == b"linked"


def test_a_hard_link_to_nothing(volume: bytes, tmp_path: Path) -> None:
    changed = private(volume)
    hard_link(changed, "MacOS/run", 78)
    assert "is a hard link to nothing" in refusal(written(tmp_path, bytes(changed.data)))


def test_a_file_in_more_pieces_than_its_record_holds(
    volume: bytes, app: Path, tmp_path: Path
) -> None:
    """The rest of the extents are in a tree of their own, which is put behind the volume here."""
    changed = Bytes(volume)
    opened = HfsVolume(changed)
    entry = opened.entries["Small.app/Contents/data"]
    ((start, count),) = entry.fork.extents
    at = changed.record("Contents/data") + 88 + 16
    first = [number for block in range(8) for number in (start + block, 1)]
    changed.put(at, ">16I", *first)
    node_id = entry.record.node_id
    rest = struct.pack(">16I", start + 8, 1, start + 9, count - 9, *[0] * 12)
    leaf = struct.pack(">IIbBHH", 0, 0, -1, 1, 1, 0)
    leaf += struct.pack(">HBBII", 10, 0, 0, node_id, 8) + rest
    leaf = leaf.ljust(2048 - 4, b"\0") + struct.pack(">HH", 14 + 76, 14)
    ((extents, _),) = opened.header.extents.extents
    head = bytearray(volume[extents * 2048 : (extents + 1) * 2048])
    struct.pack_into(">HIIII", head, 14, 1, 1, 1, 1, 1)
    struct.pack_into(">I", head, 14 + 22, 2)
    blocks = len(volume) // 2048
    changed.data += head + leaf
    changed.put(1024 + 44, ">I", blocks + 2)
    changed.put(1024 + 192, ">QIIII", 4096, 2048, 2, blocks, 2)
    with read_dmg(written(tmp_path, bytes(changed.data))) as dmg:
        assert on_disk(dmg.extract_app()) == on_disk(app)


def test_two_apps_or_none(volume: bytes, tmp_path: Path) -> None:
    tool("xorriso")
    one, two = small_app(tmp_path, "One.app"), small_app(tmp_path, "Two.app")
    for files, said in (
        (((one, "One.app"), (two, "Two.app")), "holds 2 (One.app, Two.app)"),
        (((one, "One"),), "holds 0 (none)"),
    ):
        image = tmp_path / "apps.dmg"
        settings = DmgSettings(files=files)
        make_dmg(None, image, settings, replace_output=True, backend="builtin")
        assert said in refusal(image)
        with read_dmg(image) as dmg, pytest.raises(ImageError, match=r"holds no Three\.app"):
            dmg.extract("Three.app", tmp_path)


def test_an_app_in_a_folder_is_found(tmp_path: Path) -> None:
    tool("xorriso")
    app = small_app(tmp_path)
    (app / "Contents/Helper.app").mkdir()
    image = tmp_path / "apps.dmg"
    make_dmg(app, image, DmgSettings(files=((app, "Here/Small.app"),)), backend="builtin")
    with read_dmg(image) as dmg:
        assert dmg.apps == ("Here/Small.app",)
        assert on_disk(dmg.extract_app()) == on_disk(app)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_change_of_an_image_makes_the_reader_stumble(
    volume: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    whole = udif([("a", pieces(volume[: 8 * SECTOR])), ("b", pieces(volume))], crc=False)
    changed = bytearray(whole)
    tail = len(whole) - len(udif([("a", []), ("b", [])])) - 600
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.sampled_from([0, tail, len(whole) - 512]))
        at = data.draw(st.integers(max(start, 0), len(whole) - 9))
        value = data.draw(st.binary(min_size=1, max_size=8))
        changed[at : at + len(value)] = value
    path = tmp_path_factory.getbasetemp() / "fuzzed.dmg"
    path.write_bytes(changed)
    try:
        with read_dmg(path) as dmg:
            dmg.faults()
            _ = dmg.apps
    except ImageError as error:
        assert "\n" not in str(error)  # noqa: PT017  one error or none, both are right
