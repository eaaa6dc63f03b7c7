"""The check of a volume: what fsck_hfs would find is found, by breaking one thing at a time."""

import struct
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from image.building import EPOCH, small_app
from image.conftest import Made
from image.independent import tool
from plover_tray.errors import ImageError
from plover_tray.image import DmgSettings, make_dmg, read_dmg
from plover_tray.image.hfs.btree import split_key
from plover_tray.image.hfs.catalog import HfsVolume
from plover_tray.image.hfs.check import faults
from plover_tray.image.hfs.records import HEADER_OFFSET


class Bytes:
    """A volume in memory that can be changed."""

    def __init__(self, data: bytes) -> None:
        self.data = bytearray(data)

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, offset: int, length: int) -> bytes:
        if offset < 0 or offset + length > len(self.data):
            raise ImageError("The volume ends too early.")
        return bytes(self.data[offset : offset + length])

    def put(self, offset: int, form: str, *values: int) -> None:
        struct.pack_into(form, self.data, offset, *values)

    def header(self, offset: int, form: str, *values: int) -> None:
        """Change both volume headers."""
        self.put(HEADER_OFFSET + offset, form, *values)
        self.put(len(self.data) - 1024 + offset, form, *values)

    def catalog(self, offset: int) -> int:
        """Where a byte of the catalog is."""
        return HfsVolume(self).catalog.on_volume(offset)

    def node(self, number: int) -> int:
        return self.catalog(number * HfsVolume(self).catalog.node_size)

    def record(self, ending: str) -> int:
        """Where the record of a file is."""
        volume = HfsVolume(self)
        (found,) = (e for path, e in volume.entries.items() if path.endswith(ending))
        return volume.catalog.on_volume(found.record.offset)


@pytest.fixture(scope="module")
def whole(made: Made) -> bytes:
    with read_dmg(made.image) as dmg:
        source = dmg.volume.source
        return source.read(0, source.size)


def complaints(volume: Bytes) -> list[str]:
    try:
        return list(faults(HfsVolume(volume)))
    except ImageError as error:
        return [error.message]


def test_a_whole_volume_has_no_faults(whole: bytes) -> None:
    assert complaints(Bytes(whole)) == []


def swap_names(v: Bytes) -> None:
    """Exchange the first letters of two names in one leaf."""
    tree = HfsVolume(v).catalog
    places = []
    for data, offset in tree.leaves():
        _, name, length = split_key(data)
        kind = int.from_bytes(data[length : length + 2], "big")
        if name in ("__init__.py", "tool.py") and kind == 2:
            places.append(tree.on_volume(offset + 8))
    one, other = places
    v.data[one : one + 2], v.data[other : other + 2] = (
        v.data[other : other + 2],
        v.data[one : one + 2],
    )


def compose(v: Bytes) -> None:
    """Write a composed character into a name, in record, thread and all."""
    tree = HfsVolume(v).catalog
    for data, offset in tree.leaves():
        if split_key(data)[1] == "private":
            v.put(tree.on_volume(offset + 8), ">H", 0x00E9)


def share_blocks(v: Bytes) -> None:
    at, other = v.record("json/tool.py"), v.record("json/scanner.py")
    v.data[at + 88 + 16 : at + 88 + 24] = v.data[other + 88 + 16 : other + 88 + 24]


def thread_of(v: Bytes, ending: str) -> int:
    """Where the thread record of a file is."""
    volume = HfsVolume(v)
    (entry,) = (e for path, e in volume.entries.items() if path.endswith(ending))
    for data, offset in volume.catalog.leaves():
        parent, name, length = split_key(data)
        if parent == entry.record.node_id and not name:
            return volume.catalog.on_volume(offset + length)
    raise AssertionError


def first_leaf(v: Bytes) -> int:
    return HfsVolume(v).catalog.header.first_leaf


def header_node(v: Bytes, offset: int) -> int:
    """Where a field of the catalog's header record is."""
    return v.node(0) + 14 + offset


CHANGES: list[tuple[str, Callable[[Bytes], object], str]] = [
    ("version", lambda v: v.header(2, ">H", 5), "of another version"),
    ("dirty", lambda v: v.header(4, ">I", 0), "not marked as cleanly unmounted"),
    ("inconsistent", lambda v: v.header(4, ">I", 0x8900), "not marked as cleanly unmounted"),
    ("longer", lambda v: v.data.extend(bytes(2048)), "and speaks of"),
    ("alternate", lambda v: v.put(len(v.data) - 1024 + 20, ">I", 7), "alternate volume header"),
    ("resource clump", lambda v: v.header(56, ">I", 0), "default resource clump size is 0"),
    ("data clump", lambda v: v.header(60, ">I", 4 << 20), "default data clump size is"),
    ("clump", lambda v: v.header(112 + 8, ">I", 100), "clump size of the allocation file is 100"),
    ("fork", lambda v: v.header(112 + 12, ">I", 3), "allocation file do not add up"),
    ("odd size", lambda v: v.header(112, ">Q", 33), "allocation file has 33 bytes"),
    ("next", lambda v: v.header(52, ">I", 1 << 30), "next allocation lies beyond"),
    ("free", lambda v: v.header(48, ">I", 77), "says 77 blocks are free"),
    ("files", lambda v: v.header(32, ">I", 7), "counts other files and folders"),
    ("folders", lambda v: v.header(36, ">I", 7), "counts other files and folders"),
    ("next id", lambda v: v.header(64, ">I", 17), "next number for a file is given"),
    ("total nodes", lambda v: v.put(header_node(v, 22), ">I", 99), "catalog says 99 nodes"),
    ("free nodes", lambda v: v.put(header_node(v, 26), ">I", 9), "catalog says 9 nodes are free"),
    ("records", lambda v: v.put(header_node(v, 6), ">I", 9), "catalog says 9 records"),
    ("last leaf", lambda v: v.put(header_node(v, 14), ">I", 1), "other first and last leaves"),
    ("kind", lambda v: v.put(v.node(first_leaf(v)) + 8, ">b", 0), "do not form a chain"),
    ("height", lambda v: v.put(v.node(first_leaf(v)) + 9, ">B", 3), "another kind than its place"),
    ("link", lambda v: v.put(v.node(first_leaf(v)) + 4, ">I", 1), "not linked to its neighbours"),
    ("order", swap_names, "are out of order"),
    ("index", lambda v: v.put(v.node(first_leaf(v)) + 14 + 5, ">B", 2), "begins with another key"),
    ("map", lambda v: v.put(v.node(0) + 14 + 106 + 128, ">B", 0), "marks other nodes than"),
    ("bitmap", lambda v: v.put(bitmap(v), ">B", 0), "bitmap marks other blocks"),
    ("mode", lambda v: v.put(v.record("MacOS/run") + 42, ">H", 0o10755), "has the file mode 10755"),
    ("flag", lambda v: v.put(v.record("MacOS/run") + 2, ">H", 0), "does not say that it has"),
    ("reserved", lambda v: v.put(v.record("MacOS/run") + 4, ">I", 3), "reserved fields"),
    ("valence", lambda v: v.put(v.record("Contents/MacOS") + 4, ">I", 9), "says it holds 9"),
    ("id", lambda v: v.put(v.record("MacOS/run") + 8, ">I", 9), "has the number 9"),
    ("thread", lambda v: v.put(thread_of(v, "MacOS/run") + 4, ">I", 9), "no thread, or another's"),
    ("thread kind", lambda v: v.put(thread_of(v, "MacOS/run"), ">H", 3), "no thread, or another's"),
    ("record", lambda v: v.put(thread_of(v, "MacOS/run"), ">H", 9), "holds a record of kind 9"),
    ("composed", compose, "is not decomposed"),
    ("shared", share_blocks, "shares blocks with something else"),
    (
        "size",
        lambda v: v.put(v.record("json/tool.py") + 88, ">Q", 1 << 20),
        "has 1048576 bytes",
    ),
    ("blocks", lambda v: v.put(v.record("json/tool.py") + 88 + 12, ">I", 9), "bytes in 9 or"),
    ("waste", lambda v: v.put(v.record("json/tool.py") + 88, ">Q", 1), "more blocks than it needs"),
    ("fork 2", lambda v: v.put(v.record("MacOS/run") + 168 + 12, ">I", 1), "has a resource fork"),
]


def bitmap(v: Bytes) -> int:
    ((start, _),) = HfsVolume(v).header.allocation.extents
    return start * 2048


@pytest.mark.parametrize(("change", "said"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES])
def test_one_thing_that_is_wrong_is_found(
    change: Callable[[Bytes], object], said: str, whole: bytes
) -> None:
    volume = Bytes(whole)
    change(volume)
    assert any(said in fault for fault in complaints(volume)), complaints(volume)


def test_two_files_of_one_number_and_one_in_no_folder(whole: bytes) -> None:
    volume = Bytes(whole)
    number = int.from_bytes(volume.read(volume.record("MacOS/run-too") + 8, 4), "big")
    volume.put(volume.record("MacOS/run") + 8, ">I", number)
    said = complaints(volume)
    assert any("given to two files" in fault for fault in said)
    assert any("threads without a file" in fault for fault in said)
    volume = Bytes(whole)
    (entry,) = (
        e for path, e in HfsVolume(volume).entries.items() if path.endswith("Resources/json")
    )
    volume.put(volume.catalog(entry.record.offset) + 8, ">I", 5000)
    assert any("lies in no folder" in fault for fault in complaints(volume))


def test_an_unused_node_that_is_not_zero(whole: bytes) -> None:
    """Volumes of ours have no unused nodes; so let the catalog forget one."""
    volume = Bytes(whole)
    tree = HfsVolume(volume).catalog
    leaf = tree.node(tree.header.last_leaf)
    # The last leaf is cut off: its neighbour ends the chain and its parent forgets it.
    volume.put(volume.node(leaf.previous), ">I", 0)
    said = complaints(volume)
    assert any("is not linked" in fault for fault in said)
    root = tree.node(tree.header.root)
    volume.put(volume.node(root.number) + 10, ">H", len(root.records) - 1)
    assert any("is unused and not zero" in fault for fault in complaints(volume))


def test_the_extents_file_is_looked_at_too(whole: bytes) -> None:
    volume = Bytes(whole)
    ((start, _),) = HfsVolume(volume).header.extents.extents
    volume.put(start * 2048 + 14 + 6, ">I", 5)
    assert any("extents file says 5 records" in fault for fault in complaints(volume))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A volume of some 200 KB whose catalog has more than one level."""
    tool("xorriso")
    folder = tmp_path_factory.mktemp("small")
    app = small_app(folder)
    for number in range(60):
        (app / f"Contents/file {number}").write_text(str(number))
    (app / "Contents/link").symlink_to("file 1")
    plain = DmgSettings(files=((app, app.name),), format="UDZO")
    make_dmg(app, folder / "small.dmg", plain, source_date_epoch=EPOCH, backend="builtin")
    with read_dmg(folder / "small.dmg") as dmg:
        source = dmg.volume.source
        assert dmg.volume.catalog.header.depth == 2
        return source.read(0, source.size)


def regions(whole: bytes) -> list[tuple[int, int]]:
    """Where the structures of the volume lie."""
    header = HfsVolume(Bytes(whole)).header
    (catalog,) = header.catalog.extents
    (extents,) = header.extents.extents
    size = header.block_size
    return [
        (1024, 1536),
        (catalog[0] * size, (catalog[0] + catalog[1]) * size),
        (extents[0] * size, (extents[0] + extents[1]) * size),
    ]


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_change_of_structures_makes_the_reader_stumble(
    small: bytes, data: st.DataObject
) -> None:
    volume = Bytes(small)
    for _ in range(data.draw(st.integers(1, 4))):
        start, end = data.draw(st.sampled_from(regions(small)))
        at = data.draw(st.integers(start, end - 8))
        value = data.draw(st.binary(min_size=1, max_size=8))
        volume.data[at : at + len(value)] = value
    try:
        opened = HfsVolume(volume)
        list(faults(opened))
        for entry in opened.entries.values():
            if entry.size < 5_000_000:
                for _ in opened.chunks(entry):
                    pass
        assert opened.name is not None
    except ImageError as error:
        assert "\n" not in str(error)  # noqa: PT017  one error or none, both are right
